package dev.weir.pipeline.config;

import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.Components;
import dev.weir.pipeline.Factory;
import dev.weir.pipeline.config.ConfigNode.Entry;
import dev.weir.pipeline.config.ConfigNode.MapNode;
import dev.weir.pipeline.config.ConfigNode.NullNode;
import dev.weir.pipeline.config.ConfigNode.ScalarNode;
import dev.weir.pipeline.config.Expansion.ExpansionException;
import dev.weir.pipeline.config.YamlReader.Document;
import java.net.http.HttpClient;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Loads a configuration: reads the sources, merges them, expands {@code ${...}}, decodes everything
 * by its schema, validates it as a whole. Reports all that is wrong, not only the first; never
 * throws because of what a source says.
 *
 * <p>Immutable and thread safe, as far as the environment is.
 *
 * @param <T> the config record of {@code service::telemetry}
 */
public final class ConfigLoader<T> {
  private static final Pattern WINDOWS_DRIVE = Pattern.compile("[A-Za-z]:.*", Pattern.DOTALL);
  private static final Pattern URI =
      Pattern.compile("([A-Za-z][A-Za-z0-9+.-]+):(.*)", Pattern.DOTALL);

  private final Map<ComponentKind, Map<String, Factory<?>>> factories;
  private final Schema<T> telemetry;
  private final Function<String, @Nullable String> environment;
  private final Supplier<Downloads> downloads;
  private final Set<String> secretKeys = new HashSet<>();

  /**
   * Makes a loader.
   *
   * @param components everything that a configuration can name
   * @param telemetry the schema of {@code service::telemetry}
   * @param environment gives the value of an environment variable, null if it is unset
   * @throws IllegalArgumentException if two components of one kind have one name or alias
   */
  public ConfigLoader(
      Components components, Schema<T> telemetry, Function<String, @Nullable String> environment) {
    this(
        components,
        telemetry,
        environment,
        () -> new Downloads(HttpClient::newBuilder, Downloads.PATIENCE));
  }

  ConfigLoader(
      Components components,
      Schema<T> telemetry,
      Function<String, @Nullable String> environment,
      Supplier<Downloads> downloads) {
    Map<ComponentKind, Map<String, Factory<?>>> byKind = new EnumMap<>(ComponentKind.class);
    for (ComponentKind kind : ComponentKind.values()) {
      byKind.put(kind, new HashMap<>());
    }
    secretKeys.addAll(telemetry.secretKeys());
    for (Factory<?> factory : components.factories()) {
      secretKeys.addAll(factory.type().schema().secretKeys());
      Stream.concat(Stream.of(factory.type().name()), factory.type().aliases().stream())
          .forEach(
              name -> {
                Map<String, Factory<?>> named = byKind.get(factory.kind());
                if (named == null || named.put(name, factory) != null) {
                  throw new IllegalArgumentException(
                      "two " + factory.kind().section() + " are called \"" + name + "\"");
                }
              });
    }
    this.factories = byKind;
    this.telemetry = telemetry;
    this.environment = environment;
    this.downloads = downloads;
  }

  /**
   * Loads what the sources say. Later ones have precedence over earlier ones; assignments over all.
   */
  public LoadResult<T> load(List<ConfigSource> sources) {
    return load(sources, new Findings(secretKeys, true));
  }

  /**
   * Loads what the sources say without asking whether it makes sense: what a value must satisfy,
   * and what must hold between the parts, becomes a warning. Such a configuration is for showing
   * only.
   */
  public LoadResult<T> loadUnvalidated(List<ConfigSource> sources) {
    return load(sources, new Findings(secretKeys, false));
  }

  private LoadResult<T> load(List<ConfigSource> sources, Findings findings) {
    Providers providers = new Providers(environment, downloads.get(), findings);
    MapNode merged = null;
    int number = 0;
    for (ConfigSource source : inPrecedence(sources)) {
      number++;
      MapNode root = read(source, number, providers, findings);
      if (root != null) {
        merged = merged == null ? root : ConfigMerge.merge(merged, root);
      }
    }
    if (number == 0) {
      findings.error(Location.NONE, "", "at least one config flag must be provided");
    }
    AgentConfig<T> config = null;
    if (merged != null && !findings.hasErrors()) {
      MapNode expanded = (MapNode) new Expansion(providers, findings).expand(merged);
      config = new ConfigDecoder<>(factories, telemetry, findings).decode(expanded);
    }
    return config == null || findings.hasErrors()
        ? new LoadResult.Failed<>(findings.errors(), findings.warnings())
        : new LoadResult.Loaded<>(config, findings.warnings());
  }

  private static List<ConfigSource> inPrecedence(List<ConfigSource> sources) {
    return Stream.concat(
            sources.stream().filter(source -> !(source instanceof ConfigSource.Assignment)),
            sources.stream().filter(ConfigSource.Assignment.class::isInstance))
        .toList();
  }

  private @Nullable MapNode read(
      ConfigSource source, int number, Providers providers, Findings findings) {
    return switch (source) {
      case ConfigSource.Text text -> parse(text.name(), text.yaml(), findings);
      case ConfigSource.Assignment set -> assignment(set.text(), findings);
      case ConfigSource.Uri uri -> uri(uri.uri(), number, providers, findings);
    };
  }

  private @Nullable MapNode uri(String uri, int number, Providers providers, Findings findings) {
    String scheme = "file";
    String opaque = uri;
    if (uri.contains(":") && !WINDOWS_DRIVE.matcher(uri).matches()) {
      var parts = URI.matcher(uri);
      if (!parts.matches()) {
        findings.error(Location.NONE, "", "invalid uri: \"" + uri + "\"");
        return null;
      }
      scheme = parts.group(1);
      opaque = parts.group(2);
    }
    try {
      return switch (scheme) {
        case "file" -> parse(opaque, Providers.file(opaque), findings);
        case "yaml" -> parse("yaml(" + number + ")", opaque, findings);
        case "http", "https" -> parse(Downloads.shown(uri), providers.download(uri), findings);
        case "env" -> {
          String name = "env:" + opaque;
          yield parse(name, providers.variable(opaque, Location.of(name), ""), findings);
        }
        default -> {
          findings.error(
              Location.NONE,
              "",
              "unsupported scheme on URI \""
                  + uri
                  + "\" (supported: "
                  + String.join(", ", Providers.SCHEMES)
                  + ")");
          yield null;
        }
      };
    } catch (ExpansionException e) {
      findings.error(Location.NONE, "", String.valueOf(e.getMessage()));
      return null;
    }
  }

  private static @Nullable MapNode parse(String name, String text, Findings findings) {
    findings.source(name, text);
    Document document = YamlReader.read(name, text);
    document
        .problems()
        .forEach(problem -> findings.error(problem.location(), problem.path(), problem.message()));
    return switch (document.root()) {
      case null -> null;
      case MapNode map -> ConfigMerge.split(map);
      case NullNode nothing -> new MapNode(Map.of(), nothing.location(), null);
      case ConfigNode other -> {
        findings.error(
            other.location(),
            "",
            "expected a map of the sections receivers, processors, exporters, connectors,"
                + " extensions and service, got "
                + (other instanceof ScalarNode ? "a scalar" : "a list"));
        yield null;
      }
    };
  }

  /** Reads {@code a.b.c=value}; the value is YAML. */
  private static @Nullable MapNode assignment(String text, Findings findings) {
    int equals = text.indexOf('=');
    if (equals < 0) {
      findings.error(
          Location.NONE,
          "",
          "invalid argument \"" + text + "\" for \"--set\" flag: missing equal sign");
      return null;
    }
    String key = text.substring(0, equals).strip();
    Location at = Location.of("--set " + key);
    findings.source(at.file(), ""); // the value may be a secret: nothing of it is quoted
    Document document = YamlReader.readAt(at, text.substring(equals + 1).strip());
    document.problems().forEach(problem -> findings.error(at, problem.path(), problem.message()));
    if (document.root() == null) {
      return null;
    }
    String path = key.replace(".", "::");
    Entry entry = new Entry(at, document.root());
    return ConfigMerge.split(new MapNode(Map.of(path, entry), at, null));
  }
}
