package dev.weir.conformance.oracle;

import dev.weir.testbed.Command;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The programs of the oracle: in the directory that the system property {@code weir.oracle} names,
 * else where {@code build/oracle.sh} keeps them.
 */
final class Oracle {
  private Oracle() {}

  /** The root of the repository. */
  static Path repository() {
    // Tests run in the directory of their module.
    return Path.of("..").toAbsolutePath().normalize();
  }

  /** Returns the real Collector. */
  static Path otelcol() {
    return program("otelcol");
  }

  /** Returns the real Collector's load generator. */
  static Path telemetrygen() {
    return program("telemetrygen");
  }

  private static Path program(String name) {
    Path program = home().resolve(name);
    if (!Files.isExecutable(program)) {
      throw missing(program + " is not there");
    }
    return program;
  }

  private static Path home() {
    String property = System.getProperty("weir.oracle", "");
    if (!property.isEmpty()) {
      return Path.of(property);
    }
    String script = repository().resolve("build/oracle.sh").toString();
    Command where = Command.attempt(List.of(script, "--where"), Duration.ofSeconds(10));
    if (where.exitCode() != 0) {
      throw missing("the real Collector has not been built");
    }
    return Path.of(where.out().strip());
  }

  private static AssertionError missing(String what) {
    return new AssertionError(
        what + ": run build/oracle.sh (it needs Go), or leave out the tests tagged 'oracle'");
  }
}
