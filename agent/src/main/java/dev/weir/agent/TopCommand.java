package dev.weir.agent;

import dev.weir.pipeline.BuildInfo;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.Components;
import dev.weir.pipeline.Factory;
import dev.weir.pipeline.StartException;
import dev.weir.pipeline.config.AgentConfig;
import dev.weir.pipeline.config.ConfigSource;
import dev.weir.pipeline.service.GraphException;
import dev.weir.pipeline.service.GraphPlan;
import dev.weir.pipeline.service.PipelineService;
import dev.weir.pipeline.telemetry.AgentTelemetry;
import dev.weir.pipeline.telemetry.TelemetryConfig;
import dev.weir.receiver.ebpftcp.EbpfTcpConfig;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * {@code weir top}: a live table of who talks to whom. It runs the agent itself with one pipeline,
 * from {@code ebpf_tcp} to the screen, so that its figures are those of the metrics.
 */
final class TopCommand {
  private static final Duration GRACE = Duration.ofSeconds(5);
  private static final Duration KEY_WAIT = Duration.ofMillis(100);
  private static final String HOME_AND_CLEAR = "\033[H\033[J";

  /**
   * What the command line asks for.
   *
   * @param once one table and the end
   * @param interval time between tables, in the notation of the configuration
   * @param limit rows at most
   * @param order order of rows at first
   * @param replay recording to play back, empty for the kernel
   * @param assignments {@code --set}: selects connections, for instance
   */
  record Request(
      boolean once,
      String interval,
      int limit,
      TopTable.Order order,
      String replay,
      List<ConfigSource> assignments) {}

  private final BuildInfo build;
  private final BuiltIn builtIn;
  private final StopSignal stopSignal;

  TopCommand(BuildInfo build, BuiltIn builtIn, StopSignal stopSignal) {
    this.build = build;
    this.builtIn = builtIn;
    this.stopSignal = stopSignal;
  }

  int run(Request request, PrintWriter out) throws CommandFailure, InterruptedException {
    TopSink sink = new TopSink();
    List<Factory<?>> factories = new ArrayList<>(builtIn.components().factories());
    factories.add(sink.factory());
    List<ConfigSource> sources = new ArrayList<>();
    sources.add(new ConfigSource.Text("weir top", yaml(request)));
    sources.addAll(request.assignments());
    AgentConfig<TelemetryConfig> config =
        Configuration.demand(Configuration.load(new Components(factories), sources));
    try {
      AgentTelemetry telemetry =
          AgentTelemetry.start(build, config.telemetry(), InstantSource.system());
      PipelineService service =
          PipelineService.build(build, GraphPlan.of(config), telemetry, InstantSource.system());
      stopSignal.arm(() -> service.requestStop("received a signal"));
      int code = ExitCode.CANNOT_START;
      try {
        service.start();
        PipelineService.End end = show(request, interval(config), sink, service, out);
        code = end.fatal() ? ExitCode.FAILED : ExitCode.OK;
        if (end.fatal()) {
          throw new CommandFailure(code, end.reason());
        }
      } finally {
        service.stop(GRACE);
        stopSignal.finished(code);
      }
      return code;
    } catch (StartException | GraphException e) {
      throw new CommandFailure(ExitCode.CANNOT_START, String.valueOf(e.getMessage()), e);
    }
  }

  private static String yaml(Request request) {
    String interval = JsonText.quoted(request.interval());
    // A recording is played as fast as it goes and shown when it has ended.
    String source =
        request.replay().isEmpty()
            ? ""
            : ", replay_speed: 0, initial_delay: "
                + interval
                + ", replay: "
                + JsonText.quoted(request.replay());
    return """
        receivers: {ebpf_tcp: {collection_interval: %s%s}}
        exporters: {%s: }
        service:
          telemetry: {metrics: {level: none}, logs: {level: warn}}
          pipelines: {metrics: {receivers: [ebpf_tcp], exporters: [%s]}}
        """
        .formatted(interval, source, TopSink.TYPE, TopSink.TYPE);
  }

  private static Duration interval(AgentConfig<?> config) {
    for (AgentConfig.Configured<?> receiver : config.components(ComponentKind.RECEIVER).values()) {
      if (receiver.config() instanceof EbpfTcpConfig ebpfTcp) {
        return ebpfTcp.collectionInterval();
      }
    }
    return Duration.ofSeconds(1);
  }

  private static PipelineService.End show(
      Request request, Duration interval, TopSink sink, PipelineService service, PrintWriter out)
      throws InterruptedException {
    Ended ended = new Ended();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                service.awaitEnd();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              ended.now();
            });
    show(request, interval, sink, ended, out);
    service.requestStop("the table was closed");
    return service.awaitEnd();
  }

  /** Shows tables until somebody asks for the end. */
  private static void show(
      Request request, Duration interval, TopSink sink, Ended ended, PrintWriter out)
      throws InterruptedException {
    try (Terminal terminal = request.once() ? null : Terminal.open()) {
      TopTable.Order order = request.order();
      // The first table of a live view compares with what the counters were at the start.
      int wanted = request.once() && request.replay().isEmpty() ? 2 : 1;
      long deadline = System.nanoTime() + interval.toNanos() * 2 + GRACE.toNanos();
      TopSnapshot before = null;
      TopSnapshot now = null;
      int seen = 0;
      while (!ended.yet()) {
        TopSnapshot next = sink.next(KEY_WAIT);
        if (next != null) {
          before = now;
          now = next;
          seen++;
        }
        TopTable.Order asked = terminal == null ? order : keys(terminal, order, ended);
        boolean due = next != null && seen >= wanted;
        if (request.once() && (due || System.nanoTime() - deadline > 0)) {
          print(before, now, order, request.limit(), out);
          return;
        }
        if (!request.once() && (due || asked != order)) {
          order = asked;
          draw(terminal, before, now, order, request.limit(), out);
        }
      }
    }
  }

  private static TopTable.Order keys(Terminal terminal, TopTable.Order order, Ended ended) {
    TopTable.Order result = order;
    for (Character key = terminal.key(); key != null; key = terminal.key()) {
      switch (key) {
        case 'q', 'Q', 3 -> ended.now();
        case 's' -> result = TopTable.Order.RATE;
        case 'b' -> result = TopTable.Order.TOTAL;
        case 'r' -> result = TopTable.Order.RTT;
        case 't' -> result = TopTable.Order.RETRANSMITS;
        case 'c' -> result = TopTable.Order.CONNECTIONS;
        default -> {
          // Not a key of ours.
        }
      }
    }
    return result;
  }

  private static void draw(
      @Nullable Terminal terminal,
      @Nullable TopSnapshot before,
      @Nullable TopSnapshot now,
      TopTable.Order order,
      int limit,
      PrintWriter out) {
    if (terminal == null) {
      print(before, now, order, limit, out);
      out.println();
      out.flush();
      return;
    }
    TopTable table = table(before, now, order);
    int rows = Math.min(limit, Math.max(1, terminal.lines() - 4));
    out.print(HOME_AND_CLEAR);
    out.println(
        String.format(
            Locale.ROOT,
            "%d pairs over %.1f s, by %s   sort: s rate, b bytes, r RTT, t retransmits,"
                + " c connections   q quit",
            table.rows().size(),
            table.seconds(),
            order.words()));
    out.print(table.text(rows, terminal.columns()));
    out.flush();
  }

  private static void print(
      @Nullable TopSnapshot before,
      @Nullable TopSnapshot now,
      TopTable.Order order,
      int limit,
      PrintWriter out) {
    out.print(table(before, now, order).text(limit, Integer.MAX_VALUE));
    out.flush();
  }

  private static TopTable table(
      @Nullable TopSnapshot before, @Nullable TopSnapshot now, TopTable.Order order) {
    return now == null ? new TopTable(List.of(), 0) : TopTable.between(before, now, order);
  }

  /** Whether somebody asked for the end: a key, a signal, or a component that cannot go on. */
  private static final class Ended {
    private volatile boolean ended;

    void now() {
      ended = true;
    }

    boolean yet() {
      return ended;
    }
  }
}
