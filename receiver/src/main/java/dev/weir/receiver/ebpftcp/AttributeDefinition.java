package dev.weir.receiver.ebpftcp;

import dev.weir.pdata.Key;

/**
 * The attributes of {@code ebpf_tcp}, each defined once: docs/metrics.md and the keys under {@code
 * attributes:} follow from this table.
 */
enum AttributeDefinition {
  SOURCE_ADDRESS(
      "source.address",
      false,
      "address of the side that opened, IPv4-mapped IPv6 as IPv4",
      true,
      true),
  SOURCE_PORT("source.port", false, "port of the side that opened", false, true),
  DESTINATION_ADDRESS(
      "destination.address",
      false,
      "address of the side that accepted, written likewise",
      true,
      true),
  DESTINATION_PORT("destination.port", false, "port of the side that accepted", true, true),
  REPORTER(
      "reporter", false, "`client`, `server`, `unknown`: which socket observed it", true, true),
  NETWORK_TRANSPORT("network.transport", false, "`tcp`", true, true),
  NETWORK_TYPE("network.type", false, "`ipv4`, `ipv6`: what the packets are", true, true),
  NETWORK_IO_DIRECTION(
      "network.io.direction",
      false,
      "`transmit`, `receive`, seen from the reporting socket",
      true,
      false),
  ERROR_TYPE(
      "error.type",
      false,
      "of a failed connection `refused`, `timed_out`, `host_unreachable`, `net_unreachable`,"
          + " `reset`, `aborted` (the application gave up first), `address_unavailable`, `other`;"
          + " of a closed one absent (clean), `reset`, `timed_out`",
      true,
      true),
  PROCESS_EXECUTABLE_NAME(
      "process.executable.name", true, "name of the owner's main thread", true, true),
  PROCESS_PID("process.pid", true, "the owner, in the initial PID namespace", false, true),
  CONTAINER_ID("container.id", true, "from the cgroup path", false, true),
  K8S_POD_UID("k8s.pod.uid", true, "from the cgroup path", false, true),
  NETWORK_NAMESPACE("network.namespace", false, "inode number of the namespace", false, false);

  private final String attributeName;
  private final boolean sided;
  private final String possible;
  private final boolean metrics;
  private final boolean logs;

  @SuppressWarnings("ImmutableEnumChecker") // Key is immutable
  private final Key key;

  @SuppressWarnings("ImmutableEnumChecker") // Key is immutable
  private final Key sourceKey;

  @SuppressWarnings("ImmutableEnumChecker") // Key is immutable
  private final Key destinationKey;

  AttributeDefinition(
      String attributeName, boolean sided, String possible, boolean metrics, boolean logs) {
    this.attributeName = attributeName;
    this.sided = sided;
    this.possible = possible;
    this.metrics = metrics;
    this.logs = logs;
    this.key = Key.of(attributeName);
    this.sourceKey = Key.of("source." + attributeName);
    this.destinationKey = Key.of("destination." + attributeName);
  }

  /** Returns the name in the config file: without prefix where the prefix tells the side. */
  String attributeName() {
    return attributeName;
  }

  /** Returns whether it is exported with the prefix of the side that was observed. */
  boolean sided() {
    return sided;
  }

  /** Returns what it can be, for people. */
  String possible() {
    return possible;
  }

  /** Returns whether metrics carry it by default. */
  boolean onForMetrics() {
    return metrics;
  }

  /** Returns whether log records carry it by default. */
  boolean onForLogs() {
    return logs;
  }

  /** Returns the key of an attribute without side. */
  Key key() {
    return key;
  }

  /** Returns the key of an attribute of the observed side. */
  Key key(boolean sourceSide) {
    return sourceSide ? sourceKey : destinationKey;
  }
}
