package dev.weir.agent;

import dev.weir.pipeline.Components;
import dev.weir.pipeline.config.AgentConfig;
import dev.weir.pipeline.config.ConfigLoader;
import dev.weir.pipeline.config.ConfigSource;
import dev.weir.pipeline.config.LoadResult;
import dev.weir.pipeline.telemetry.TelemetryConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** From what the command line names to a typed configuration. */
final class Configuration {
  private static final String FILE = "config.yaml";

  private Configuration() {}

  /**
   * Returns the sources to load: what the command line names, or the built-in configuration if it
   * names no file.
   *
   * @param home where the distribution lies, or null if the agent does not run from one
   */
  static List<ConfigSource> withDefault(List<ConfigSource> named, @Nullable Path home) {
    if (named.stream().anyMatch(source -> !(source instanceof ConfigSource.Assignment))) {
      return named;
    }
    List<ConfigSource> sources = new ArrayList<>();
    sources.add(builtIn(home));
    sources.addAll(named);
    return sources;
  }

  private static ConfigSource builtIn(@Nullable Path home) {
    if (home != null && Files.isRegularFile(home.resolve(FILE))) {
      return new ConfigSource.Uri("file:" + home.resolve(FILE));
    }
    try (InputStream text = Configuration.class.getResourceAsStream(FILE)) {
      if (text == null) {
        throw new IllegalStateException("the resource dev/weir/agent/config.yaml is missing");
      }
      return new ConfigSource.Text(
          "built-in " + FILE, new String(text.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Loads the sources, with the environment of this process. */
  static LoadResult<TelemetryConfig> load(Components components, List<ConfigSource> sources) {
    return loader(components).load(sources);
  }

  /** Loads the sources for showing: what makes no sense is only a warning. */
  static LoadResult<TelemetryConfig> loadUnvalidated(
      Components components, List<ConfigSource> sources) {
    return loader(components).loadUnvalidated(sources);
  }

  private static ConfigLoader<TelemetryConfig> loader(Components components) {
    return new ConfigLoader<>(components, TelemetryConfig.SCHEMA, System::getenv);
  }

  /**
   * Returns the configuration.
   *
   * @throws CommandFailure with everything that is wrong, if anything is
   */
  static AgentConfig<TelemetryConfig> demand(LoadResult<TelemetryConfig> result)
      throws CommandFailure {
    return switch (result) {
      case LoadResult.Loaded<TelemetryConfig> loaded -> loaded.config();
      case LoadResult.Failed<TelemetryConfig> failed ->
          throw new CommandFailure(
              ExitCode.CANNOT_START,
              failed.errors().size() == 1
                  ? failed.render()
                  : failed.errors().size() + " errors in the configuration:\n" + failed.render());
    };
  }
}
