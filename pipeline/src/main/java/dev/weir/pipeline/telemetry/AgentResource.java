package dev.weir.pipeline.telemetry;

import dev.weir.pipeline.BuildInfo;
import java.io.IOException;
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
   * @param environment the environment variables
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
    found.putAll(overrides);
    found.values().removeIf(String::isEmpty);
    return found;
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
