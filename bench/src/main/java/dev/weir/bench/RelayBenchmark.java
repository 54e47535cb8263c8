package dev.weir.bench;

import dev.weir.bench.RelaySide.Program;
import dev.weir.pdata.Signal;
import java.io.IOException;
import java.io.PrintStream;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Weir and the Collector side by side as relays of OTLP, with the same YAML: items a CPU second of
 * the process once it is warm, memory at a given rate, a scrape, the start. Both run at the same
 * time, and the load goes to one and then to the other.
 */
final class RelayBenchmark implements Benchmark {
  private static final int REQUESTS = 16;
  private static final double WARM_UP_SECONDS = 15;
  private static final double WINDOW_SECONDS = 4;
  private static final int PAIRS = 5;
  private static final int STARTS = 5;
  private static final int SERIES = 10_000;
  private static final int SCRAPES = 15;
  private static final double MOST_START_SECONDS = 0.6;
  private static final double MOST_IDLE_MEBIBYTES = 80 * 1e6 / (1 << 20);

  private final boolean memory;

  private RelayBenchmark(boolean memory) {
    this.memory = memory;
  }

  /** Items a CPU second. */
  static RelayBenchmark throughput() {
    return new RelayBenchmark(false);
  }

  /** Memory, scrape, start. */
  static RelayBenchmark footprint() {
    return new RelayBenchmark(true);
  }

  @Override
  public String name() {
    return memory ? "footprint" : "relay";
  }

  @Override
  public String about() {
    return memory
        ? "memory, scrape and start of Weir and the Collector as OTLP gateways"
        : "OTLP in and out, items a CPU second: Weir and the Collector side by side";
  }

  @Override
  public List<Result> run(Settings settings, PrintStream progress) throws Exception {
    List<Result> results = new ArrayList<>();
    if (memory) {
      starts(settings, results);
      rates(settings, progress, results);
      scrapes(settings, progress, results);
    } else {
      for (Work work : Work.values()) {
        relay(work, settings, progress, results);
      }
    }
    return results;
  }

  /** Figures of both. */
  private record Both(Sample weir, Sample collector) {
    static Both empty() {
      return new Both(new Sample(), new Sample());
    }

    Sample of(Program program) {
      return program == Program.WEIR ? weir : collector;
    }
  }

  /** What is relayed, and how many times the Collector it must be. */
  @SuppressWarnings("ImmutableEnumChecker") // a Signal has no state that changes
  private enum Work {
    METRICS(Signal.METRICS, false, "none", 2),
    METRICS_GZIP(Signal.METRICS, false, "gzip", 1.5),
    TRACES(Signal.TRACES, false, "none", 1.5),
    LOGS(Signal.LOGS, false, "none", 1.5),
    METRICS_HTTP(Signal.METRICS, true, "none", 1.5);

    private static final double MOST_BYTES_RATIO = 1.2;

    final Signal<?> signal;
    final boolean http;
    final String compression;
    final double least;

    Work(Signal<?> signal, boolean http, String compression, double least) {
      this.signal = signal;
      this.http = http;
      this.compression = compression;
      this.least = least;
    }

    String text() {
      return String.format(
          Locale.ROOT,
          "%s over %s, out %s",
          signal.signalName(),
          http ? "HTTP" : "gRPC",
          compression);
    }

    String yaml(RelaySink sink) {
      String exporter =
          http
              ? """
                otlp_http:
                  endpoint: http://127.0.0.1:%d
                  compression: %s
              """
                  .formatted(sink.httpPort(), compression)
              : """
                otlp_grpc:
                  endpoint: 127.0.0.1:%d
                  compression: %s
                  tls: {insecure: true}
              """
                  .formatted(sink.grpcPort(), compression);
      return RECEIVER
          + """
          processors:
            memory_limiter: {check_interval: 1s, limit_mib: 400}
            batch:
          exporters:
          """
          + exporter.indent(0)
          + TELEMETRY
          + """
            pipelines:
              %s:
                receivers: [otlp]
                processors: [memory_limiter, batch]
                exporters: [%s]
          """
              .formatted(signal.signalName(), http ? "otlp_http" : "otlp_grpc");
    }
  }

  private static final String RECEIVER =
      """
      receivers:
        otlp:
          protocols:
            grpc: {endpoint: "127.0.0.1:@GRPC@"}
            http: {endpoint: "127.0.0.1:@HTTP@"}
      """;

  private static final String TELEMETRY =
      """
      service:
        telemetry:
          metrics:
            readers: [{pull: {exporter: {prometheus: {host: localhost, port: @OWN@}}}}]
      """;

  private static Path executable(Program program, Settings settings) {
    return program == Program.WEIR ? settings.dist().resolve("bin/weir") : settings.collector();
  }

  private static void relay(
      Work work, Settings settings, PrintStream progress, List<Result> results) throws Exception {
    List<byte[]> requests = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      requests.add(RelayPayload.request(work.signal, i));
    }
    Both speed = Both.empty();
    Sample ratio = new Sample();
    Sample bytes = new Sample();
    try (RelaySink sink = new RelaySink();
        RelaySide weir = side(Program.WEIR, settings, work.yaml(sink));
        RelaySide collector = side(Program.COLLECTOR, settings, work.yaml(sink));
        RelayLoad toWeir = load(work, weir, requests);
        RelayLoad toCollector = load(work, collector, requests)) {
      for (Program program : Program.values()) {
        double seconds = Math.max(1, WARM_UP_SECONDS * settings.scale());
        measure(program == Program.WEIR ? toWeir : toCollector, weir, sink, seconds);
      }
      for (int round = 0; round < Math.min(PAIRS, settings.pairs()); round++) {
        double[] ofWeir = {};
        double[] ofCollector = {};
        for (int i = 0; i < 2; i++) {
          // Every other round backwards: what drifts slowly cancels.
          boolean own = (round + i) % 2 == 0;
          Program program = own ? Program.WEIR : Program.COLLECTOR;
          double seconds = Math.max(1, WINDOW_SECONDS * settings.scale());
          double[] figures =
              measure(own ? toWeir : toCollector, own ? weir : collector, sink, seconds);
          speed.of(program).add(figures[0] / 1000);
          if (own) {
            ofWeir = figures;
          } else {
            ofCollector = figures;
          }
        }
        ratio.add(ofWeir[0] / ofCollector[0]);
        bytes.add(ofWeir[1] / ofCollector[1]);
        progress.printf(
            Locale.ROOT,
            "relay: %s, round %d: %,.0f and %,.0f items a CPU second%n",
            work.text(),
            round + 1,
            ofWeir[0],
            ofCollector[0]);
      }
    }
    results.add(Result.figure(work.text() + ": Weir", "1000/CPU s", speed.weir()));
    results.add(Result.figure(work.text() + ": Collector", "1000/CPU s", speed.collector()));
    results.add(
        new Result(
            work.text() + ": Weir over Collector",
            "times",
            ratio,
            "at least " + Result.number(work.least),
            ratio.median() >= work.least));
    if (!work.compression.equals("none")) {
      results.add(
          Result.atMost(
              work.text() + ": bytes of Weir over Collector",
              "times",
              bytes,
              Work.MOST_BYTES_RATIO));
    }
  }

  private static RelaySide side(Program program, Settings settings, String yaml)
      throws IOException, InterruptedException {
    return new RelaySide(program, executable(program, settings), yaml);
  }

  private static RelayLoad load(Work work, RelaySide side, List<byte[]> requests) {
    return work.http
        ? RelayLoad.http(work.signal, side.httpPort, requests)
        : RelayLoad.grpc(work.signal, side.grpcPort, requests);
  }

  /** Returns items a CPU second, and bytes an item on their way out. */
  private static double[] measure(RelayLoad load, RelaySide side, RelaySink sink, double seconds)
      throws IOException, InterruptedException {
    double cpu = side.cpuSeconds();
    long items = sink.items();
    long bytes = sink.bytes();
    long sent = load.run(seconds, 0) * RelayPayload.ITEMS;
    awaitItems(sink, items + sent);
    cpu = side.cpuSeconds() - cpu;
    return new double[] {sent / cpu, (double) (sink.bytes() - bytes) / sent};
  }

  /** Whatever was accepted must arrive; the batch processor holds the last of it for 0.2 s. */
  private static void awaitItems(RelaySink sink, long wanted)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + 20_000_000_000L;
    while (sink.items() < wanted) {
      if (System.nanoTime() - end > 0) {
        throw new IOException(
            wanted - sink.items() + " of the items that were accepted did not arrive");
      }
      Thread.sleep(1);
    }
    if (sink.items() > wanted) {
      throw new IOException(sink.items() - wanted + " items more arrived than were sent");
    }
  }

  private static void starts(Settings settings, List<Result> results) throws Exception {
    try (RelaySink sink = new RelaySink()) {
      for (Program program : Program.values()) {
        Sample seconds = new Sample();
        Sample idle = new Sample();
        for (int i = 0; i < Math.min(STARTS, settings.pairs()); i++) {
          try (RelaySide side = side(program, settings, Work.METRICS.yaml(sink))) {
            seconds.add(side.startSeconds());
            if (i == 0) {
              Thread.sleep(settings.amount(12_000, 1000));
              for (int s = 0; s < 10; s++) {
                Thread.sleep(settings.amount(1000, 100));
                idle.add(side.residentMebibytes());
              }
            }
          }
        }
        boolean own = program == Program.WEIR;
        String name = own ? "Weir" : "Collector";
        results.add(
            own
                ? Result.atMost("start to listening: Weir", "s", seconds, MOST_START_SECONDS)
                : Result.figure("start to listening: Collector", "s", seconds));
        results.add(
            own
                ? Result.atMost("idle with OTLP in and out: Weir", "MiB", idle, MOST_IDLE_MEBIBYTES)
                : Result.figure("idle with OTLP in and out: " + name, "MiB", idle));
      }
    }
  }

  private static void rates(Settings settings, PrintStream progress, List<Result> results)
      throws Exception {
    List<byte[]> requests = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      requests.add(RelayPayload.request(Signal.METRICS, i));
    }
    for (int rate : new int[] {10_000, 50_000}) {
      Both memory = Both.empty();
      for (Program program : Program.values()) {
        Sample sample = memory.of(program);
        try (RelaySink sink = new RelaySink();
            RelaySide side = side(program, settings, Work.METRICS.yaml(sink));
            RelayLoad load = load(Work.METRICS, side, requests)) {
          int perSecond = rate / RelayPayload.ITEMS;
          load.run(Math.max(1, 10 * settings.scale()), perSecond);
          for (int s = 0; s < settings.amount(20, 2); s++) {
            load.run(1, perSecond);
            sample.add(side.residentMebibytes());
          }
          progress.printf(
              Locale.ROOT, "footprint: %s at %,d: %.0f MiB%n", program, rate, sample.median());
        }
      }
      String what = String.format(Locale.ROOT, "resident at %,d points a second: ", rate);
      Sample collector = memory.collector();
      results.add(
          Result.atMost(what + "Weir", "MiB", memory.weir(), Math.ceil(collector.median())));
      results.add(Result.figure(what + "Collector", "MiB", collector));
    }
  }

  private static void scrapes(Settings settings, PrintStream progress, List<Result> results)
      throws Exception {
    int series = settings.amount(SERIES, 1000) / 10 * 10;
    byte[] request = RelayPayload.series(series);
    String yaml =
        """
        receivers:
          otlp:
            protocols:
              grpc: {endpoint: "127.0.0.1:@GRPC@", max_recv_msg_size_mib: 64}
        exporters:
          prometheus: {endpoint: "127.0.0.1:@PAGE@"}
        """
            + TELEMETRY
            + """
              pipelines:
                metrics: {receivers: [otlp], exporters: [prometheus]}
            """;
    Both cost = Both.empty();
    try (HttpClient http = HttpClient.newHttpClient()) {
      for (Program program : Program.values()) {
        Sample sample = cost.of(program);
        try (RelaySide side = side(program, settings, yaml);
            RelayLoad load = RelayLoad.grpc(Signal.METRICS, side.grpcPort, List.of(request))) {
          load.once(request);
          for (int i = 0; i < SCRAPES; i++) {
            double cpu = side.cpuSeconds();
            long lines = side.scrape(http);
            if (lines != series) {
              throw new IOException(program + " shows " + lines + " of " + series + " series");
            }
            if (i >= SCRAPES / 3) {
              sample.add((side.cpuSeconds() - cpu) * 1000);
            }
          }
          progress.printf(
              Locale.ROOT, "footprint: %s, a scrape: %.0f ms%n", program, sample.median());
        }
      }
    }
    Sample collector = cost.collector();
    String what = String.format(Locale.ROOT, "a scrape of %,d series: ", series);
    results.add(
        new Result(
            what + "Weir",
            "ms CPU",
            cost.weir(),
            "a third: " + Result.number(collector.median() / 3),
            cost.weir().median() <= collector.median() / 3));
    results.add(Result.figure(what + "Collector", "ms CPU", collector));
  }
}
