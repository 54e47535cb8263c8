package dev.weir.conformance.oracle;

import dev.weir.testbed.AgentProcess;
import dev.weir.testbed.Ports;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/**
 * One of the two that are compared, as a process of its own: the real Collector, or Weir as {@link
 * AgentProcess} finds it.
 *
 * <p>In its configuration {@code @name@} stands for a free port of the loopback address, the same
 * one wherever that name comes, and {@code @dir@} for a directory of this process alone; in the
 * values of environment variables too.
 *
 * <p>With the system property {@code weir.oracle.self=true} the Collector plays Weir's part too:
 * what differs then is not Weir's fault but the comparison's.
 */
final class Subject implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Pattern PLACE = Pattern.compile("@([a-z_0-9]+)@");

  /** Which of the two. */
  enum Kind {
    /** The real Collector. */
    COLLECTOR("Everything is ready."),
    /** Weir. */
    WEIR(" is running.");

    private final String ready;

    Kind(String ready) {
      this.ready = ready;
    }

    private Kind played() {
      return Boolean.getBoolean("weir.oracle.self") ? COLLECTOR : this;
    }

    private String ready() {
      return played().ready;
    }

    private List<String> command() {
      return played() == COLLECTOR ? List.of(Oracle.otelcol().toString()) : AgentProcess.command();
    }
  }

  private final Kind kind;
  private final Path directory;
  private final Map<String, Integer> ports = new TreeMap<>();
  private final Process process;
  private final HttpClient http = HttpClient.newHttpClient();

  private Subject(
      Kind kind, String configuration, Map<String, String> environment, List<String> arguments) {
    this.kind = kind;
    try {
      directory = Files.createTempDirectory("weir-subject-");
      Path file = directory.resolve("config.yaml");
      Files.writeString(file, filledIn(configuration));
      List<String> line = new ArrayList<>(kind.command());
      line.addAll(List.of("--config", file.toString()));
      line.addAll(arguments);
      ProcessBuilder builder =
          new ProcessBuilder(line)
              .redirectOutput(directory.resolve("out").toFile())
              .redirectError(directory.resolve("err").toFile())
              .redirectInput(new File("/dev/null"));
      builder.environment().remove("JAVA_TOOL_OPTIONS");
      environment.forEach((name, value) -> builder.environment().put(name, filledIn(value)));
      process = builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts and waits until it says that it runs. */
  static Subject start(Kind kind, String configuration) {
    return start(kind, configuration, Map.of(), List.of());
  }

  /** Starts with these environment variables and arguments and waits until it says that it runs. */
  static Subject start(
      Kind kind, String configuration, Map<String, String> environment, List<String> arguments) {
    for (int attempt = 1; ; attempt++) {
      Subject subject = new Subject(kind, configuration, environment, arguments);
      try {
        subject.awaitRunning();
        return subject;
      } catch (Throwable t) {
        boolean portWasTaken = subject.log().contains("ddress already in use");
        subject.close();
        // A port that was free may be somebody's a moment later: that says nothing about this one.
        if (!portWasTaken || attempt == 3) {
          throw t;
        }
      }
    }
  }

  private String filledIn(String configuration) {
    return PLACE
        .matcher(configuration)
        .replaceAll(
            place ->
                Matcher.quoteReplacement(
                    place.group(1).equals("dir")
                        ? directory.toString()
                        : Integer.toString(
                            ports.computeIfAbsent(place.group(1), n -> Ports.free()))));
  }

  private void awaitRunning() {
    try {
      Awaitility.await()
          .atMost(LIMIT)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(20))
          .until(() -> log().contains(kind.ready()) || !process.isAlive());
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(kind + " does not start\n" + this, e);
    }
    if (!process.isAlive()) {
      throw new AssertionError(kind + " has not started\n" + this);
    }
  }

  Kind kind() {
    return kind;
  }

  /** Returns the port that a name of the configuration stands for. */
  int port(String name) {
    Integer port = ports.get(name);
    if (port == null) {
      throw new AssertionError("no @" + name + "@ in the configuration");
    }
    return port;
  }

  /** Returns a path in the directory that is {@code @dir@}. */
  Path file(String name) {
    return directory.resolve(name);
  }

  /** Returns what it has written to standard error so far: its log. */
  String log() {
    return read("err");
  }

  /** Returns what it has written to standard output so far. */
  String output() {
    return read("out");
  }

  private String read(String name) {
    try {
      return new String(Files.readAllBytes(directory.resolve(name)), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Gets a page of one of its ports; {@code accept} may be empty. */
  HttpResponse<String> get(String portName, String path, String accept) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port(portName) + path))
            .timeout(Duration.ofSeconds(10));
    if (!accept.isEmpty()) {
      request.header("Accept", accept);
    }
    try {
      return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Scrapes one of its ports. */
  Exposition scrape(String portName, String accept) {
    HttpResponse<String> answer = get(portName, "/metrics", accept);
    if (answer.statusCode() != 200) {
      throw new AssertionError(kind + ": " + answer.statusCode() + " " + answer.body());
    }
    return Exposition.parse(
        answer.body(), answer.headers().firstValue("Content-Type").orElse("none"));
  }

  /** Sends SIGTERM. */
  void terminate() {
    process
        .descendants()
        .filter(p -> p.info().command().orElse("").endsWith("/java"))
        .findFirst()
        .orElse(process.toHandle())
        .destroy();
  }

  /** Waits for the end and returns the exit code. */
  int exitCode() {
    try {
      if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        throw new AssertionError(kind + " does not end\n" + this);
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Ends it if it still runs, by SIGKILL, and removes its files. */
  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    http.close();
    try {
      process.waitFor();
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public String toString() {
    return kind
        + (process.isAlive() ? " runs" : " ended with exit code " + process.exitValue())
        + "\n-- standard output\n"
        + output()
        + "\n-- standard error\n"
        + log();
  }
}
