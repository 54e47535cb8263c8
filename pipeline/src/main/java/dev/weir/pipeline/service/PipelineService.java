package dev.weir.pipeline.service;

import dev.weir.pipeline.BuildInfo;
import dev.weir.pipeline.Component;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.ComponentStatus;
import dev.weir.pipeline.Extension;
import dev.weir.pipeline.Host;
import dev.weir.pipeline.Host.Status;
import dev.weir.pipeline.StartException;
import dev.weir.pipeline.config.AgentConfig;
import dev.weir.pipeline.service.Graph.Part;
import dev.weir.pipeline.telemetry.AgentTelemetry;
import dev.weir.pipeline.telemetry.OwnTelemetry;
import dev.weir.pipeline.telemetry.TelemetryConfig;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * The running agent: a graph and its lifecycle.
 *
 * <pre>{@code
 * PipelineService service = PipelineService.open(build, config, InstantSource.system());
 * onSignal(name -> service.requestStop("received " + name));
 * service.start();
 * PipelineService.End end = service.awaitEnd();
 * List<String> errors = service.stop(Duration.ofSeconds(30));
 * return service.exitCode();
 * }</pre>
 *
 * <p>Start order: extensions, exporters, processors and connectors, receivers. Stop is the exact
 * reverse: receivers first, each hands what it holds downstream. Thread safe: {@link #requestStop}
 * and {@link #stop} may be called by any thread at any time, also while {@link #start} runs.
 */
public final class PipelineService {
  /** What an orderly stop may take unless the caller says otherwise. */
  public static final Duration DEFAULT_GRACE = Duration.ofSeconds(30);

  /**
   * How long a component may go on past its share before it is left behind: enough for a thread to
   * be scheduled on a busy machine.
   */
  private static final Duration SLACK = Duration.ofMillis(500);

  /**
   * Why the agent ends.
   *
   * @param fatal whether a component could not go on, so that the exit code is not 0
   * @param reason for a person
   */
  public record End(boolean fatal, String reason) {}

  private final BuildInfo build;
  private final Graph graph;
  private final OwnTelemetry telemetry;
  private final Logger logger;
  private final StatusBoard board;
  private final AtomicReference<@Nullable End> end = new AtomicReference<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final AtomicBoolean startCalled = new AtomicBoolean();
  private final AtomicReference<@Nullable CompletableFuture<List<String>>> stopping =
      new AtomicReference<>();
  private final ReentrantLock lifecycle = new ReentrantLock();

  /** What has started, the latest first. Guarded by {@link #lifecycle}. */
  private final Deque<Part> started = new ArrayDeque<>();

  /** Guarded by {@link #lifecycle}. */
  private boolean ready;

  private PipelineService(
      BuildInfo build, Graph graph, OwnTelemetry telemetry, InstantSource clock) {
    this.build = build;
    this.graph = graph;
    this.telemetry = telemetry;
    this.logger = telemetry.logger("service", Map.of());
    this.board = new StatusBoard(clock);
  }

  /**
   * Opens the agent's own telemetry (log outputs and the port of its metrics), then makes and
   * connects all components, and starts none.
   *
   * @throws StartException if the telemetry cannot be opened; the message is for the user
   * @throws GraphException if the config makes no sense; the message is for the user
   */
  public static PipelineService open(
      BuildInfo build, AgentConfig<TelemetryConfig> config, InstantSource clock)
      throws StartException, GraphException {
    AgentTelemetry telemetry = AgentTelemetry.start(build, config.telemetry(), clock);
    boolean built = false;
    try {
      PipelineService service = build(build, GraphPlan.of(config), telemetry, clock);
      built = true;
      return service;
    } catch (GraphException e) {
      throw new GraphException("failed to build pipelines: " + e.getMessage(), e);
    } finally {
      if (!built) {
        telemetry.stop(Duration.ZERO); // also after an Error: its threads would keep the JVM alive
      }
    }
  }

  /**
   * Makes and connects all components and throws them away: what {@code weir validate} does after
   * decoding. Opens nothing.
   *
   * @throws GraphException if the config makes no sense; the message is for the user
   */
  public static void validate(BuildInfo build, AgentConfig<?> config) throws GraphException {
    Graph.build(build, GraphPlan.of(config), OwnTelemetry.none(), InstantSource.system());
  }

  /**
   * Makes and connects all components, and starts none.
   *
   * @param telemetry is stopped at the end of {@link #stop}, after everything else
   * @throws GraphException if the plan makes no sense
   */
  public static PipelineService build(
      BuildInfo build, GraphPlan plan, OwnTelemetry telemetry, InstantSource clock)
      throws GraphException {
    return new PipelineService(build, Graph.build(build, plan, telemetry, clock), telemetry, clock);
  }

  /**
   * Starts everything. If that fails, what had started is stopped again, within {@link
   * #DEFAULT_GRACE}. If a stop is requested meanwhile, nothing more is started and this returns;
   * {@link #awaitEnd} then returns at once.
   *
   * @throws StartException if a component cannot start; the message is for the user
   * @throws IllegalStateException if called twice
   */
  public void start() throws StartException {
    if (!startCalled.compareAndSet(false, true)) {
      throw new IllegalStateException("A service starts only once.");
    }
    StartException failure;
    lifecycle.lock();
    try {
      failure = startAll();
    } finally {
      lifecycle.unlock();
    }
    if (failure != null) {
      end(new End(true, failure.getMessage() == null ? "" : failure.getMessage()));
      stop(DEFAULT_GRACE);
      throw failure;
    }
  }

  private @Nullable StartException startAll() {
    logger
        .atInfo()
        .addKeyValue("Version", build.version())
        .addKeyValue("NumCPU", Runtime.getRuntime().availableProcessors())
        .log("Starting {}...", build.command());
    logger.info("Starting extensions...");
    for (Part part : graph.extensions()) {
      StartException failure = startOne(part, "failed to start extensions: ");
      if (failure != null) {
        return failure;
      }
    }
    for (Part part : graph.pipelines()) {
      StartException failure = startOne(part, "cannot start pipelines: ");
      if (failure != null) {
        return failure;
      }
    }
    if (end.get() == null) {
      ready = true;
      tellExtensions(Extension::ready);
      logger.info("Everything is ready. Begin running and processing data.");
    }
    return null;
  }

  private @Nullable StartException startOne(Part part, String prefix) {
    if (end.get() != null) {
      return null;
    }
    Node node = part.node();
    report(node, Status.STARTING, "");
    try {
      part.component().start(new NodeHost(node));
    } catch (VirtualMachineError e) {
      throw e;
    } catch (Throwable e) { // a StartException, or a bug; a missing native library is an Error
      boolean bug = !(e instanceof StartException);
      String why = bug || e.getMessage() == null ? e.toString() : e.getMessage();
      report(node, Status.PERMANENT_ERROR, why);
      logger
          .atError()
          .setCause(bug ? e : null)
          .addKeyValue("error", why)
          .addKeyValue("type", capitalized(node.kind()))
          .addKeyValue("id", node.id().toString())
          .log("Failed to start component");
      return new StartException(
          prefix + "failed to start \"" + node.id() + "\" " + node.kind().word() + ": " + why, e);
    }
    started.push(part);
    board.started(node);
    return null;
  }

  /**
   * Asks for the end, from any thread, for instance a signal handler; returns at once. Whoever
   * waits in {@link #awaitEnd} goes on.
   */
  public void requestStop(String reason) {
    end(new End(false, reason));
  }

  /** Waits until somebody asks for the end or a component is fatal; the caller then stops. */
  public End awaitEnd() throws InterruptedException {
    ended.await();
    End why = end.get();
    return why == null ? new End(false, "") : why;
  }

  /**
   * Stops everything, the latest started first, and last of all the own telemetry. Each component
   * gets a share of what is left of {@code grace}; what it does not use goes to the next ones. A
   * component that overruns its share is left behind and named. Whoever calls this while a stop is
   * under way waits for that one and gets the same result.
   *
   * @return what went wrong, one line a component; empty if all is well
   */
  public List<String> stop(Duration grace) {
    CompletableFuture<List<String>> mine = new CompletableFuture<>();
    CompletableFuture<List<String>> first = stopping.compareAndExchange(null, mine);
    if (first != null) {
      return join(first);
    }
    end(new End(false, "stopped"));
    List<String> errors = List.of("stopping failed: please report this bug");
    try {
      errors = List.copyOf(stopWithin(grace));
      return errors;
    } finally {
      mine.complete(errors);
    }
  }

  /** Returns 0 after an orderly end, 1 after a failed start, a fatal error or a failed stop. */
  public int exitCode() {
    End why = end.get();
    CompletableFuture<List<String>> stop = stopping.get();
    boolean stopFailed = stop != null && stop.isDone() && !join(stop).isEmpty();
    return (why != null && why.fatal()) || stopFailed ? 1 : 0;
  }

  /** Returns the health of every component, in the order of start. */
  public List<ComponentStatus> statuses() {
    return board.all();
  }

  /**
   * Returns where a person finds what each component makes ({@link Component#shownAt}), by the
   * component's kind and ID, in the order of start; without those that are nowhere in particular.
   */
  public Map<String, String> shownAt() {
    Map<String, String> places = new LinkedHashMap<>();
    lifecycle.lock();
    try {
      for (Part part : started.reversed()) {
        String place = part.component().shownAt();
        if (!place.isEmpty()) {
          places.putIfAbsent(part.node().kind().word() + " " + part.node().id(), place);
        }
      }
    } finally {
      lifecycle.unlock();
    }
    return places;
  }

  private List<String> stopWithin(Duration grace) {
    long deadline = System.nanoTime() + grace.toNanos();
    try {
      if (!lifecycle.tryLock(grace.toNanos(), TimeUnit.NANOSECONDS)) {
        return List.of("a component was still starting after " + grace.toMillis() + " ms");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of("interrupted while a component was starting");
    }
    try {
      return stopAll(deadline);
    } finally {
      lifecycle.unlock();
    }
  }

  private List<String> stopAll(long deadline) {
    List<String> errors = new ArrayList<>();
    logger.info("Starting shutdown...");
    if (ready) {
      tellExtensions(Extension::notReady);
    }
    int weights = 0;
    for (Part part : started) {
      weights += weight(part.node().kind());
    }
    boolean extensions = false;
    while (!started.isEmpty()) {
      Part part = started.pop();
      if (part.node().kind() == ComponentKind.EXTENSION && !extensions) {
        extensions = true;
        logger.info("Stopping extensions...");
      }
      int weight = weight(part.node().kind());
      long left = Math.max(0, deadline - System.nanoTime());
      String error = stopOne(part, Duration.ofNanos(left / weights * weight));
      weights -= weight;
      if (error != null) {
        errors.add(error);
      }
    }
    logger.info("Shutdown complete.");
    telemetry.stop(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
    return errors;
  }

  /**
   * How the time that is left is divided. Exporters have queues to empty over a network; receivers
   * and extensions only close what they opened.
   */
  private static int weight(ComponentKind kind) {
    return switch (kind) {
      case RECEIVER, EXTENSION -> 1;
      case PROCESSOR, CONNECTOR -> 2;
      case EXPORTER -> 4;
    };
  }

  /** Stops one component in a thread of its own, so that one that hangs holds up nobody else. */
  private @Nullable String stopOne(Part part, Duration grace) {
    Node node = part.node();
    report(node, Status.STOPPING, "");
    AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
    Component component = part.component();
    Thread thread =
        Thread.ofPlatform()
            .daemon()
            .name("stop " + node.kind().word() + " " + node.id())
            .uncaughtExceptionHandler((_, e) -> thrown.set(e))
            .start(() -> component.stop(grace));
    boolean done = joinFully(thread, grace.plus(SLACK));
    String error = null;
    Throwable e = thrown.get();
    if (!done) {
      thread.interrupt();
      error = node + " did not stop within " + grace.toMillis() + " ms";
    } else if (e != null) {
      error = "failed to stop " + node + ": " + e;
    }
    if (error == null) {
      report(node, Status.STOPPED, "");
    } else {
      report(node, Status.PERMANENT_ERROR, error);
      node.logger()
          .atError()
          .setCause(e)
          .addKeyValue("error", error)
          .log("Failed to stop component");
    }
    return error;
  }

  /**
   * Waits for a thread; an interrupt is kept for later, as an orderly stop is under way already.
   */
  private static boolean joinFully(Thread thread, Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return thread.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static List<String> join(CompletableFuture<List<String>> stop) {
    try {
      return stop.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of("interrupted while another thread stopped the agent");
    } catch (ExecutionException e) {
      return List.of(String.valueOf(e.getCause()));
    }
  }

  private void tellExtensions(java.util.function.Consumer<Extension> news) {
    for (Part part : graph.extensions()) {
      try {
        if (started.contains(part) && part.component() instanceof Extension extension) {
          news.accept(extension);
        }
      } catch (RuntimeException e) {
        part.node().logger().atError().setCause(e).log("An extension threw an exception.");
      }
    }
  }

  private void end(End why) {
    if (end.compareAndSet(null, why)) {
      ended.countDown();
    }
  }

  private void report(Node node, Status status, String message) {
    if (!board.report(node, status, message)) {
      node.logger()
          .atDebug()
          .addKeyValue("status", status)
          .log("A change of status that cannot follow the one before was ignored");
    }
  }

  private static String capitalized(ComponentKind kind) {
    return kind.word().substring(0, 1).toUpperCase(Locale.ROOT) + kind.word().substring(1);
  }

  /** The host of one component: it knows whose health is reported. */
  private final class NodeHost implements Host {
    private final Node node;

    private NodeHost(Node node) {
      this.node = node;
    }

    @Override
    public @Nullable Extension extension(ComponentId id) {
      for (Part part : graph.extensions()) {
        if (part.node().id().equals(id) && part.component() instanceof Extension extension) {
          return extension;
        }
      }
      return null;
    }

    @Override
    public void report(ComponentId id, Status status, String message) {
      PipelineService.this.report(node, status, message);
    }

    @Override
    public List<ComponentStatus> statuses() {
      return board.all();
    }

    @Override
    public void fatal(ComponentId id, String message) {
      PipelineService.this.report(node, Status.FATAL_ERROR, message);
      node.logger()
          .atError()
          .addKeyValue("error", message)
          .log("Asynchronous error received, terminating process");
      end(new End(true, node + ": " + message));
    }
  }
}
