package dev.weir.pipeline.exposition;

import java.util.Arrays;
import java.util.Optional;

/** How OpenTelemetry names become Prometheus names: the Collector's four strategies. */
public enum TranslationStrategy {
  /** Underscores for what Prometheus did not always allow, suffixes for unit and type. */
  UNDERSCORE_ESCAPING_WITH_SUFFIXES("UnderscoreEscapingWithSuffixes", false, true),
  /** Underscores for what Prometheus did not always allow, no suffixes. */
  UNDERSCORE_ESCAPING_WITHOUT_SUFFIXES("UnderscoreEscapingWithoutSuffixes", false, false),
  /** Names stay as they are, with suffixes for unit and type. */
  NO_UTF8_ESCAPING_WITH_SUFFIXES("NoUTF8EscapingWithSuffixes", true, true),
  /** Names stay as they are. */
  NO_TRANSLATION("NoTranslation", true, false);

  private final String configName;
  private final boolean keepsNames;
  private final boolean addsSuffixes;

  TranslationStrategy(String configName, boolean keepsNames, boolean addsSuffixes) {
    this.configName = configName;
    this.keepsNames = keepsNames;
    this.addsSuffixes = addsSuffixes;
  }

  /** Returns the strategy that is written so in a config file. */
  public static Optional<TranslationStrategy> named(String configName) {
    return Arrays.stream(values()).filter(s -> s.configName.equals(configName)).findFirst();
  }

  /** Returns how it is written in a config file. */
  public String configName() {
    return configName;
  }

  /** Returns whether names outside of the old character set stay as they are. */
  public boolean keepsNames() {
    return keepsNames;
  }

  /** Returns whether unit and type become suffixes of a metric's name. */
  public boolean addsSuffixes() {
    return addsSuffixes;
  }
}
