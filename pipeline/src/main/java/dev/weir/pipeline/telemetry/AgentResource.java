package dev.weir.pipeline.telemetry;

import dev.weir.pipeline.BuildInfo;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/** Finds out who the agent is. Names: OpenTelemetry's semantic conventions. */
final class AgentResource {
  private AgentResource() {}

  /**
   * Returns the attributes, sorted by name.
   *
   * @param overrides what the config says; an empty value takes an attribute away
   * @param environment the environment variables, which come after the config and before what is
   *     found
   * @param root the root of the file system; tests have their own
   */
  static Map<String, String> detect(
      BuildInfo build, Map<String, String> overrides, Map<String, String> environment, Path root) {
    Map<String, String> found = new TreeMap<>();
    found.put("service.name", build.command());
    found.put("service.version", build.version());
    found.put("service.instance.id", UUID.randomUUID().toString());
    found.put("host.name", firstLine(root.resolve("proc/sys/kernel/hostname")));
    found.put("host.id", firstLine(root.resolve("etc/machine-id")));
    found.put(
        "k8s.node.name",
        environment.getOrDefault("K8S_NODE_NAME", environment.getOrDefault("NODE_NAME", "")));
    found.putAll(fromEnvironment(environment));
    found.putAll(overrides);
    found.values().removeIf(String::isEmpty);
    return found;
  }

  /**
   * Returns what {@code OTEL_RESOURCE_ATTRIBUTES} and {@code OTEL_SERVICE_NAME} say, in the form of
   * OpenTelemetry's specification: {@code key=value,key=value}, with values percent-encoded. What
   * has another form is left out whole, as the specification demands.
   */
  private static Map<String, String> fromEnvironment(Map<String, String> environment) {
    Map<String, String> attributes = new TreeMap<>();
    String text = environment.getOrDefault("OTEL_RESOURCE_ATTRIBUTES", "");
    try {
      for (String pair : text.isBlank() ? new String[0] : text.split(",", -1)) {
        int equals = pair.indexOf('=');
        if (equals < 1) {
          attributes.clear();
          break;
        }
        attributes.put(
            pair.substring(0, equals).strip(),
            URLDecoder.decode(
                pair.substring(equals + 1).strip().replace("+", "%2B"), StandardCharsets.UTF_8));
      }
    } catch (IllegalArgumentException e) {
      attributes.clear();
    }
    String service = environment.getOrDefault("OTEL_SERVICE_NAME", "");
    if (!service.isEmpty()) {
      attributes.put("service.name", service);
    }
    return attributes;
  }

  /** Returns the part that stands on each line of the log: the service, and what the user set. */
  static Map<String, String> forLogs(Map<String, String> all, Map<String, String> overrides) {
    Map<String, String> part = new TreeMap<>(all);
    part.keySet().removeIf(k -> !k.startsWith("service.") && !overrides.containsKey(k));
    return part;
  }

  private static String firstLine(Path file) {
    try {
      return Files.readString(file).lines().findFirst().orElse("").strip();
    } catch (IOException e) {
      return ""; // not on this system: an attribute less
    }
  }
}
