package dev.weir.conformance;

import dev.weir.testbed.AgentProcess;
import dev.weir.testbed.Namespaces;
import dev.weir.testbed.Ports;
import dev.weir.testbed.Scrape;
import dev.weir.testbed.Scrape.Sample;
import dev.weir.testbed.Traffic;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The agent, running with ebpf_tcp to prometheus and to an access log in JSON. */
final class RunningAgent implements AutoCloseable {
  private final AgentProcess process;
  private final URI own;
  private final String endpoint;
  private final Path log;

  private RunningAgent(AgentProcess process, URI own, String endpoint, Path log) {
    this.process = process;
    this.own = own;
    this.endpoint = endpoint;
    this.log = log;
  }

  /** Starts with these keys of {@code ebpf_tcp}, and waits for the first answer. */
  static RunningAgent with(String receiverKeys) {
    return with(receiverKeys, AgentProcess.agent());
  }

  /** Starts in the given way. */
  static RunningAgent with(String receiverKeys, AgentProcess.Launch launch) {
    int scrape = Ports.free();
    int telemetry = Ports.free();
    Path log = newFile();
    String endpoint = "localhost:" + scrape;
    AgentProcess process =
        launch
            .config(
                """
            receivers:
              ebpf_tcp: {%1$s}
            exporters:
              prometheus: {endpoint: 'localhost:%2$d'}
              access_log: {path: %4$s, format: json, flush_interval: 100ms, on_overflow: block}
            service:
              telemetry:
                metrics:
                  readers: [{pull: {exporter: {prometheus: {host: localhost, port: %3$d}}}}]
              pipelines:
                metrics: {receivers: [ebpf_tcp], exporters: [prometheus]}
                logs: {receivers: [ebpf_tcp], exporters: [access_log]}
            """
                    .formatted(receiverKeys, scrape, telemetry, log))
            .scrapedAt(URI.create("http://" + endpoint + "/metrics"))
            .startAndAwaitScrape();
    return new RunningAgent(
        process, URI.create("http://localhost:" + telemetry + "/metrics"), endpoint, log);
  }

  private static Path newFile() {
    try {
      Path file = Files.createTempFile("weir-access-", ".log");
      // For an agent that runs as another user.
      if (!file.toFile().setWritable(true, false) || !file.toFile().setReadable(true, false)) {
        throw new IOException("cannot open " + file + " to all");
      }
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  AgentProcess process() {
    return process;
  }

  /** {@code host:port} of the prometheus exporter. */
  String endpoint() {
    return endpoint;
  }

  /** The page of the prometheus exporter as of now. */
  Scrape page() {
    return process.scrape();
  }

  /** The agent's own metrics. */
  Scrape own() {
    return Scrape.parse(process.get(own));
  }

  /** Series of connections that the client of this pair opened, as one end reported them. */
  static Predicate<Sample> between(Namespaces net, String reporter) {
    Set<String> clients = Set.of(net.client4(), net.client6());
    return s -> clients.contains(s.label("source_address")) && s.label("reporter").equals(reporter);
  }

  private static Predicate<Sample> io(Predicate<Sample> which, String direction) {
    return which.and(Scrape.labels("network_io_direction", direction));
  }

  /** What one end counted, under the names of the traffic's own bookkeeping. */
  static Traffic.Tally tally(Scrape scrape, Predicate<Sample> which) {
    return new Traffic.Tally(
        0,
        (long) scrape.sum("tcp_connection_opened_total", which),
        (long) scrape.sum("tcp_connection_closed_total", which),
        (long) scrape.sum("tcp_connection_failed_total", which),
        (long) scrape.sum("tcp_io_bytes_total", io(which, "transmit")),
        (long) scrape.sum("tcp_io_bytes_total", io(which, "receive")),
        "");
  }

  /** Awaits that all of {@code known} has ended, and asserts that every figure is equal. */
  Scrape assertExact(Namespaces net, List<Traffic.Result> known) {
    Traffic.Tally client = sum(known.stream().map(Traffic.Result::client).toList());
    Traffic.Tally server = sum(known.stream().map(Traffic.Result::server).toList());
    Predicate<Sample> atClient = between(net, "client");
    Predicate<Sample> atServer = between(net, "server");
    Scrape last;
    try {
      last =
          process.awaitScrape(
              s ->
                  tally(s, atClient).equals(client)
                      && tally(s, atServer).equals(server)
                      && active(s, atClient.or(atServer)) == 0);
    } catch (AssertionError e) {
      // What came is compared below: that says more.
      last = process.scrape();
    }
    SoftAssertions all = new SoftAssertions();
    all.assertThat(tally(last, atClient)).as("client").isEqualTo(client);
    all.assertThat(tally(last, atServer)).as("server").isEqualTo(server);
    all.assertThat(active(last, atClient.or(atServer))).as("active").isZero();
    all.assertAll();
    return last;
  }

  static double active(Scrape scrape, Predicate<Sample> which) {
    return scrape.sum("tcp_connection_active", which);
  }

  private static Traffic.Tally sum(List<Traffic.Tally> tallies) {
    long[] s = new long[5];
    for (Traffic.Tally t : tallies) {
      s[0] += t.opened();
      s[1] += t.closed();
      s[2] += t.failed();
      s[3] += t.sent();
      s[4] += t.received();
    }
    return new Traffic.Tally(0, s[0], s[1], s[2], s[3], s[4], "");
  }

  /** {@code error_type} of what one end counted under that name, with its sum; empty for none. */
  static Map<String, Long> byErrorType(Scrape scrape, String name, Predicate<Sample> which) {
    Map<String, Long> sums = new TreeMap<>();
    for (Sample s : scrape.of(name, which)) {
      if (s.value() != 0) {
        sums.merge(s.label("error_type"), (long) s.value(), Long::sum);
      }
    }
    return sums;
  }

  /**
   * Lines of the access log so far about connections that the client of this pair opened. Others
   * are not even read: whatever else this machine does at the same time is in the log too.
   */
  List<Map<?, ?>> events(Namespaces net) {
    String four = "\"source.address\":\"" + net.client4() + "\"";
    String six = "\"source.address\":\"" + net.client6() + "\"";
    try (Stream<String> lines = Files.lines(log)) {
      List<Map<?, ?>> events = new ArrayList<>();
      lines
          .filter(line -> line.endsWith("}") && (line.contains(four) || line.contains(six)))
          .forEach(
              line -> {
                if (new Yaml(new SafeConstructor(new LoaderOptions())).load(line)
                    instanceof Map<?, ?> event) {
                  events.add(event);
                }
              });
      return events;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    process.close();
    try {
      Files.deleteIfExists(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
