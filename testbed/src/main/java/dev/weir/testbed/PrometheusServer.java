package dev.weir.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
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
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** A real Prometheus that scrapes one endpoint each second. */
public final class PrometheusServer implements AutoCloseable {
  private final Path directory;
  private final Process process;
  private final URI base;
  private final HttpClient http = HttpClient.newHttpClient();

  private PrometheusServer(String target) {
    String prometheus = Command.require("prometheus", "prometheus");
    try {
      directory = Files.createTempDirectory("weir-prometheus-");
      Path config = directory.resolve("prometheus.yml");
      Files.writeString(
          config,
          """
          global: {scrape_interval: 1s, scrape_timeout: 1s}
          scrape_configs:
            - job_name: weir
              honor_labels: true
              static_configs: [{targets: ['%s']}]
          """
              .formatted(target));
      int port = Ports.free();
      base = URI.create("http://127.0.0.1:" + port);
      process =
          new ProcessBuilder(
                  prometheus,
                  "--config.file=" + config,
                  "--storage.tsdb.path=" + directory.resolve("data"),
                  "--web.listen-address=127.0.0.1:" + port,
                  "--log.level=debug")
              .redirectErrorStream(true)
              .redirectOutput(directory.resolve("log").toFile())
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts it for one target, {@code host:port}, and returns when it is ready. */
  public static PrometheusServer scraping(String target) {
    PrometheusServer server = new PrometheusServer(target);
    try {
      server.await("ready", () -> server.status("/-/ready") == 200);
      return server;
    } catch (Throwable t) {
      server.close();
      throw t;
    }
  }

  /** Waits until the target has been scraped and is healthy. */
  public void awaitHealthy() {
    await("healthy", () -> targets().stream().allMatch(t -> "up".equals(t.get("health"))));
  }

  /** Returns what it says about each target: health, lastError and more. */
  public List<Map<?, ?>> targets() {
    Map<?, ?> answer = Json.object(get("/api/v1/targets?state=active"));
    List<Map<?, ?>> targets = new ArrayList<>();
    for (Object target : Json.array(Json.object(answer, "data"), "activeTargets")) {
      if (target instanceof Map<?, ?> map) {
        targets.add(map);
      }
    }
    return targets;
  }

  /** Evaluates a query that yields one number; empty if it yields nothing. */
  public OptionalDouble query(String promql) {
    String encoded = URLEncoder.encode(promql, StandardCharsets.UTF_8);
    Map<?, ?> answer = Json.object(get("/api/v1/query?query=" + encoded));
    List<?> result = Json.array(Json.object(answer, "data"), "result");
    if (result.isEmpty()) {
      return OptionalDouble.empty();
    }
    if (result.size() == 1 && result.getFirst() instanceof Map<?, ?> only) {
      return OptionalDouble.of(
          Double.parseDouble(String.valueOf(Json.array(only, "value").get(1))));
    }
    throw new AssertionError(promql + " yields more than one value: " + result);
  }

  /** Waits until a query yields this number, at most 2^53. */
  public void awaitQuery(String promql, long expected) {
    await(
        promql + " = " + expected,
        () -> {
          OptionalDouble value = query(promql);
          return value.isPresent() && value.getAsDouble() == (double) expected;
        });
  }

  /** Returns the warnings and errors that it has logged. */
  public List<String> complaints() {
    return log()
        .lines()
        .filter(l -> l.contains("level=warn") || l.contains("level=error"))
        .toList();
  }

  /** Returns everything that it has logged. */
  public String log() {
    try {
      return Files.readString(directory.resolve("log"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Has {@code promtool check metrics} read an exposition; returns what it has to say. */
  public static Command checkMetrics(String exposition) {
    String promtool = Command.require("promtool", "prometheus");
    try {
      Path file = Files.createTempFile("weir-", ".metrics");
      try {
        Files.writeString(file, exposition);
        return Command.attempt(
            List.of("sh", "-c", promtool + " check metrics < " + file), Duration.ofSeconds(30));
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void await(String what, Callable<Boolean> condition) {
    Awaitility.await("Prometheus: " + what)
        .atMost(Duration.ofSeconds(30))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(100))
        .until(
            () -> {
              if (!process.isAlive()) {
                throw new AssertionError("Prometheus has ended:\n" + log());
              }
              return condition.call();
            });
  }

  private int status(String path) {
    try {
      return http.send(request(path), HttpResponse.BodyHandlers.discarding()).statusCode();
    } catch (IOException e) {
      return 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  private String get(String path) {
    try {
      HttpResponse<String> response =
          http.send(request(path), HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() != 200) {
        throw new AssertionError(path + ": " + response.statusCode() + " " + response.body());
      }
      return response.body();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  private HttpRequest request(String path) {
    return HttpRequest.newBuilder(base.resolve(path)).timeout(Duration.ofSeconds(10)).build();
  }

  /** Ends it and removes its files. */
  @Override
  public void close() {
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
}
