package dev.weir.pipeline.service;

import static dev.weir.pipeline.service.Rehearsal.BUILD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentStatus;
import dev.weir.pipeline.Host;
import dev.weir.pipeline.Host.Status;
import dev.weir.pipeline.StartException;
import dev.weir.pipeline.telemetry.OwnTelemetry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class PipelineServiceTest {
  private static final Duration GRACE = Duration.ofSeconds(10);
  private final Rehearsal rehearsal =
      new Rehearsal()
          .receiver("r")
          .processor("p")
          .exporter("e")
          .extension("x")
          .extension("y")
          .pipeline("metrics", "r", "p", "e");

  private PipelineService build() throws GraphException {
    return PipelineService.build(
        BUILD, rehearsal.plan(), OwnTelemetry.none(), InstantSource.system());
  }

  @Test
  void startsFromTheExportersUpAndStopsFromTheReceiversDown() throws Exception {
    PipelineService service = build();
    service.start();
    assertThat(rehearsal.diary)
        .containsExactly(
            "start extension x",
            "start extension y",
            "start exporter e (metrics)",
            "start processor p",
            "start receiver r",
            "ready extension x",
            "ready extension y");
    rehearsal.diary.clear();

    assertThat(service.stop(GRACE)).isEmpty();
    assertThat(rehearsal.diary)
        .containsExactly(
            "not ready extension x",
            "not ready extension y",
            "stop receiver r",
            "stop processor p",
            "stop exporter e (metrics)",
            "stop extension y",
            "stop extension x");
    assertThat(service.exitCode()).isZero();
    assertThat(service.statuses()).allMatch(s -> s.status() == Status.STOPPED);
  }

  @Test
  void aFailedStartStopsWhatHadStartedAndNothingElse() throws Exception {
    rehearsal.startFailures.put("processor p", "no room");
    PipelineService service = build();

    assertThatThrownBy(service::start)
        .isInstanceOf(StartException.class)
        .hasMessage("cannot start pipelines: failed to start \"p\" processor: no room");
    assertThat(rehearsal.diary)
        .containsExactly(
            "start extension x",
            "start extension y",
            "start exporter e (metrics)",
            "fail processor p",
            "stop exporter e (metrics)",
            "stop extension y",
            "stop extension x");
    assertThat(service.exitCode()).isEqualTo(1);
    assertThat(service.awaitEnd().fatal()).isTrue();
    assertThat(service.statuses())
        .filteredOn(s -> s.id().equals(ComponentId.parse("p")))
        .singleElement()
        .satisfies(
            s -> {
              assertThat(s.status()).isEqualTo(Status.PERMANENT_ERROR);
              assertThat(s.message()).isEqualTo("no room");
            });
  }

  @Test
  void anExtensionThatCannotStartSaysSo() throws Exception {
    rehearsal.startFailures.put("extension y", "no port");
    assertThatThrownBy(build()::start)
        .hasMessage("failed to start extensions: failed to start \"y\" extension: no port");
  }

  @Test
  void stoppingWithoutStartDoesNothing() throws Exception {
    PipelineService service = build();
    assertThat(service.stop(GRACE)).isEmpty();
    assertThat(rehearsal.diary).isEmpty();
    assertThat(service.exitCode()).isZero();
  }

  @Test
  void stoppingTwiceStopsOnceAndGivesTheSame() throws Exception {
    rehearsal.stops.put(
        "processor p",
        () -> {
          throw new IllegalStateException("broken");
        });
    PipelineService service = build();
    service.start();
    List<String> first = service.stop(GRACE);
    assertThat(first)
        .containsExactly(
            "failed to stop processor \"p\" (metrics): java.lang.IllegalStateException: broken");
    assertThat(service.stop(GRACE)).isEqualTo(first);
    assertThat(rehearsal.diary.stream().filter(l -> l.equals("stop receiver r"))).hasSize(1);
    assertThat(rehearsal.diary).endsWith("stop extension x");
    assertThat(service.exitCode()).isEqualTo(1);
  }

  @Test
  void aSignalEndsTheWait() throws Exception {
    PipelineService service = build();
    service.start();
    Thread signal = Thread.ofPlatform().start(() -> service.requestStop("received SIGTERM"));
    assertThat(service.awaitEnd()).isEqualTo(new PipelineService.End(false, "received SIGTERM"));
    signal.join();
    service.stop(GRACE);
    assertThat(service.exitCode()).isZero();
  }

  @Test
  void aSignalDuringStartStartsNothingMore() throws Exception {
    PipelineService service = build();
    rehearsal.starts.put("exporter e (metrics)", () -> service.requestStop("early"));
    service.start();
    assertThat(rehearsal.diary).endsWith("start exporter e (metrics)");
    assertThat(service.awaitEnd().reason()).isEqualTo("early");
    assertThat(service.stop(GRACE)).isEmpty();
    assertThat(rehearsal.diary)
        .endsWith("stop exporter e (metrics)", "stop extension y", "stop extension x");
  }

  @Test
  void aComponentThatHangsInItsStartDoesNotHoldUpTheStopForEver() throws Exception {
    CountDownLatch starting = new CountDownLatch(1);
    CountDownLatch released = new CountDownLatch(1);
    PipelineService service = build();
    rehearsal.starts.put(
        "processor p",
        () -> {
          starting.countDown();
          try {
            released.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    Thread main =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    service.start();
                  } catch (StartException e) {
                    throw new IllegalStateException(e);
                  }
                });
    starting.await();
    assertThat(service.stop(Duration.ofMillis(50)))
        .containsExactly("a component was still starting after 50 ms");
    assertThat(service.exitCode()).isEqualTo(1);
    released.countDown();
    main.join();
  }

  @Test
  void anErrorInStartIsAFailedStart() throws Exception {
    rehearsal.starts.put(
        "receiver r",
        () -> {
          throw new UnsatisfiedLinkError("libbpf.so.1");
        });
    PipelineService service = build();
    assertThatThrownBy(service::start)
        .isInstanceOf(StartException.class)
        .hasMessageContaining("failed to start \"r\" receiver")
        .hasMessageContaining("libbpf.so.1");
    assertThat(rehearsal.diary).endsWith("stop extension y", "stop extension x");
  }

  @Test
  void aFatalComponentEndsTheAgentInOrderWithExitCodeOne() throws Exception {
    PipelineService service = build();
    service.start();
    Host host = Objects.requireNonNull(rehearsal.hosts.get("receiver r"));
    host.fatal(ComponentId.parse("r"), "the kernel went away");

    assertThat(service.awaitEnd())
        .isEqualTo(new PipelineService.End(true, "receiver \"r\": the kernel went away"));
    service.stop(GRACE);
    assertThat(rehearsal.diary).endsWith("stop extension y", "stop extension x");
    assertThat(service.exitCode()).isEqualTo(1);
  }

  @Test
  void aComponentThatHangsIsLeftBehindAndNamed() throws Exception {
    CountDownLatch released = new CountDownLatch(1);
    rehearsal.stops.put(
        "processor p",
        () -> {
          try {
            released.await();
          } catch (InterruptedException e) {
            released.countDown();
          }
        });
    PipelineService service = build();
    service.start();
    List<String> errors = service.stop(Duration.ofMillis(300));

    assertThat(errors)
        .singleElement()
        .asString()
        .startsWith("processor \"p\" (metrics) did not stop within");
    assertThat(rehearsal.diary)
        .endsWith("stop exporter e (metrics)", "stop extension y", "stop extension x");
    await().untilAsserted(() -> assertThat(released.getCount()).isZero());
  }

  @Test
  void theTimeToStopIsDividedAndWhatIsNotUsedGoesOn() throws Exception {
    PipelineService service = build();
    service.start();
    service.stop(Duration.ofSeconds(9));
    // Weights: receiver 1, processor 2, exporter 4, two extensions 1 each: 9 in all.
    assertThat(rehearsal.graces.get("receiver r"))
        .isBetween(Duration.ofMillis(900), Duration.ofSeconds(1));
    assertThat(rehearsal.graces.get("processor p")).isGreaterThan(Duration.ofSeconds(2));
    assertThat(rehearsal.graces.get("exporter e (metrics)")).isGreaterThan(Duration.ofSeconds(5));
    assertThat(rehearsal.graces.get("extension x")).isGreaterThan(Duration.ofSeconds(7));
  }

  @Test
  void statusFollowsTheCollectorsRules() throws Exception {
    PipelineService service = build();
    service.start();
    Host host = Objects.requireNonNull(rehearsal.hosts.get("exporter e (metrics)"));
    ComponentId id = ComponentId.parse("e");

    assertThat(status(service)).isEqualTo(Status.OK);
    host.report(id, Status.RECOVERABLE_ERROR, "peer away");
    assertThat(status(service)).isEqualTo(Status.RECOVERABLE_ERROR);
    host.report(id, Status.OK, "");
    assertThat(status(service)).isEqualTo(Status.OK);
    host.report(id, Status.STARTING, "");
    assertThat(status(service)).isEqualTo(Status.OK);
    host.report(id, Status.PERMANENT_ERROR, "bad key");
    host.report(id, Status.OK, "");
    assertThat(status(service)).isEqualTo(Status.PERMANENT_ERROR);
    assertThat(host.statuses()).isEqualTo(service.statuses());
    service.stop(GRACE);
    assertThat(status(service)).isEqualTo(Status.STOPPED);
  }

  @Test
  void theSamePlanRunsTwice() throws Exception {
    for (int i = 0; i < 2; i++) {
      PipelineService service = build();
      service.start();
      assertThat(rehearsal.sendMetric("r").taken()).isTrue();
      assertThat(service.stop(GRACE)).isEmpty();
    }
    assertThat(rehearsal.got("e/metrics")).hasSize(2);
  }

  @Test
  void aRunningExtensionIsFoundByItsId() throws Exception {
    PipelineService service = build();
    service.start();
    Host host = Objects.requireNonNull(rehearsal.hosts.get("receiver r"));
    assertThat(host.extension(ComponentId.parse("x"))).isNotNull();
    assertThat(host.extension(ComponentId.parse("z"))).isNull();
    service.stop(GRACE);
  }

  private static Status status(PipelineService service) {
    return service.statuses().stream()
        .filter(s -> s.place().equals("metrics") && s.kind().word().equals("exporter"))
        .map(ComponentStatus::status)
        .findFirst()
        .orElseThrow();
  }
}
