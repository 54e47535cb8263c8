package dev.weir.bench;

import dev.weir.testbed.Ports;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** An agent between the load and the sink: Weir or the Collector, run with the same YAML. */
final class RelaySide implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final double TICK_SECONDS = 0.01; // the same on every Linux

  /** Which program. */
  enum Program {
    WEIR,
    COLLECTOR
  }

  final int grpcPort = Ports.free();
  final int httpPort = Ports.free();
  final int pagePort = Ports.free();
  private final Path config;
  private final Path log;
  private final Process process;
  private final double startSeconds;

  /**
   * Starts it and waits until it listens.
   *
   * @param yaml the config, in which {@code @GRPC@}, {@code @HTTP@}, {@code @PAGE@} and
   *     {@code @OWN@} stand for ports
   */
  RelaySide(Program program, Path executable, String yaml)
      throws IOException, InterruptedException {
    config = Files.createTempFile("relay-", ".yaml");
    log = Files.createTempFile("relay-", ".log");
    Files.writeString(
        config,
        yaml.replace("@GRPC@", Integer.toString(grpcPort))
            .replace("@HTTP@", Integer.toString(httpPort))
            .replace("@PAGE@", Integer.toString(pagePort))
            .replace("@OWN@", Integer.toString(Ports.free())));
    long begin = System.nanoTime();
    process =
        new ProcessBuilder(executable.toString(), "--config", config.toString())
            .redirectInput(new File("/dev/null"))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(log.toFile())
            .start();
    while (!listens(grpcPort) || (yaml.contains("@HTTP@") && !listens(httpPort))) {
      if (process.waitFor(2, TimeUnit.MILLISECONDS)
          || System.nanoTime() - begin > PATIENCE.toNanos()) {
        process.destroyForcibly();
        throw new IOException(program + " does not listen: " + Files.readString(log));
      }
    }
    startSeconds = (System.nanoTime() - begin) / 1e9;
  }

  private static boolean listens(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  /** Returns how long it took from the start of the process until it listened. */
  double startSeconds() {
    return startSeconds;
  }

  /** Returns CPU seconds, user and system, since the start. */
  double cpuSeconds() throws IOException {
    byte[] bytes = Files.readAllBytes(Path.of("/proc/" + process.pid() + "/stat"));
    String stat = new String(bytes, StandardCharsets.UTF_8);
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * TICK_SECONDS;
  }

  /** Returns resident memory in mebibytes. */
  double residentMebibytes() throws IOException {
    return Files.readAllLines(Path.of("/proc/" + process.pid() + "/smaps_rollup")).stream()
        .filter(line -> line.startsWith("Rss:"))
        .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024)
        .findFirst()
        .orElseThrow();
  }

  /** Reads the page of its prometheus exporter, and returns how many lines are samples. */
  long scrape(HttpClient http) throws IOException, InterruptedException {
    URI page = URI.create("http://127.0.0.1:" + pagePort + "/metrics");
    return http.send(
            HttpRequest.newBuilder(page).build(),
            HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8))
        .body()
        .lines()
        .filter(line -> line.startsWith("network_flow_"))
        .count();
  }

  @Override
  public void close() throws IOException {
    process.destroy();
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    Files.delete(config);
    Files.delete(log);
  }
}
