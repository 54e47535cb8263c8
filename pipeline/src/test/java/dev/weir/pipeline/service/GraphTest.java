package dev.weir.pipeline.service;

import static dev.weir.pipeline.service.Rehearsal.BUILD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.pdata.Metric;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.telemetry.OwnTelemetry;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class GraphTest {
  private final Rehearsal rehearsal = new Rehearsal();

  private Graph build() throws GraphException {
    return Graph.build(BUILD, rehearsal.plan(), OwnTelemetry.none(), InstantSource.system());
  }

  private static List<String> names(Graph graph) {
    return graph.pipelines().stream().map(part -> part.node().toString()).toList();
  }

  @Test
  void exportersComeFirstAndReceiversLastAndDownstreamBeforeUpstream() throws GraphException {
    rehearsal
        .receiver("r")
        .receiver("s")
        .processor("p")
        .processor("q")
        .exporter("e")
        .exporter("f")
        .connector("c")
        .pipeline("metrics/in", "r", "p", "c e")
        .pipeline("metrics/out", "c s", "p q", "f");

    assertThat(names(build()))
        .containsExactly(
            "exporter \"f\" (metrics)",
            "exporter \"e\" (metrics)",
            "processor \"q\" (metrics/out)",
            "processor \"p\" (metrics/out)",
            "connector \"c\" (metrics to metrics)",
            "processor \"p\" (metrics/in)",
            "receiver \"r\"",
            "receiver \"s\"");
  }

  @Test
  void aReceiverIsMadeOnceForAllPipelinesAndAnExporterOnceForEachSignal() throws GraphException {
    rehearsal
        .receiver("r")
        .exporter("e")
        .pipeline("metrics", "r", "", "e")
        .pipeline("metrics/2", "r", "", "e")
        .pipeline("logs", "r", "", "e");

    assertThat(names(build()))
        .containsExactly("exporter \"e\" (metrics)", "exporter \"e\" (logs)", "receiver \"r\"");

    assertThat(rehearsal.sendMetric("r")).isEqualTo(Outcome.accepted());
    assertThat(
            Objects.requireNonNull(rehearsal.output("r", Signal.LOGS)).consume(Rehearsal.logs(1)))
        .isEqualTo(Outcome.accepted());
    assertThat(rehearsal.got("e/metrics")).hasSize(2);
    assertThat(rehearsal.got("e/logs")).hasSize(1);
  }

  @Test
  void aReceiverHasNoOutputForASignalThatNoPipelineTakes() throws GraphException {
    rehearsal.receiver("r").exporter("e").pipeline("metrics", "r", "", "e");
    build();
    assertThat(rehearsal.output("r", Signal.LOGS)).isNull();
  }

  @Test
  void whatNoPipelineNamesIsNotMade() throws GraphException {
    rehearsal.receiver("r").receiver("idle").exporter("e").pipeline("metrics", "r", "", "e");
    build();
    assertThat(rehearsal.contexts).containsOnlyKeys("r");
  }

  @Test
  void readersShareOneBatchAndEachWriterHasItsOwn() throws GraphException {
    rehearsal.mutating.addAll(List.of("w1", "w2"));
    rehearsal
        .receiver("r")
        .exporter("e1")
        .exporter("w1")
        .exporter("e2")
        .exporter("w2")
        .pipeline("metrics", "r", "", "e1 w1 e2 w2");
    build();
    Telemetry<Metric> batch = Rehearsal.metrics(1);
    Objects.requireNonNull(rehearsal.output("r", Signal.METRICS)).consume(batch);

    assertThat(rehearsal.got("e1/metrics").getFirst()).isSameAs(batch);
    assertThat(rehearsal.got("e2/metrics").getFirst()).isSameAs(batch);
    assertThat(rehearsal.got("w1/metrics").getFirst()).isNotSameAs(batch);
    assertThat(rehearsal.got("w2/metrics").getFirst())
        .isNotSameAs(batch)
        .isNotSameAs(rehearsal.got("w1/metrics").getFirst());
  }

  @Test
  void theLastWriterGetsTheOriginalWhenNobodyOnlyReads() throws GraphException {
    rehearsal.mutating.addAll(List.of("w1", "w2"));
    rehearsal.receiver("r").exporter("w1").exporter("w2").pipeline("metrics", "r", "", "w1 w2");
    build();
    Telemetry<Metric> batch = Rehearsal.metrics(1);
    Objects.requireNonNull(rehearsal.output("r", Signal.METRICS)).consume(batch);

    assertThat(rehearsal.got("w1/metrics").getFirst()).isNotSameAs(batch);
    assertThat(rehearsal.got("w2/metrics").getFirst()).isSameAs(batch);
  }

  @Test
  void whatAWriterWritesIsNotSeenByAReader() throws GraphException {
    rehearsal.mutating.add("w");
    rehearsal.answers.put(
        "w",
        batch -> {
          metric(batch).numbers().set(0, 99);
          metric(batch).name("changed");
          return Outcome.accepted();
        });
    rehearsal.receiver("r").exporter("w").exporter("e").pipeline("metrics", "r", "", "w e");
    build();
    rehearsal.sendMetric("r");

    Metric read = metric(rehearsal.got("e/metrics").getFirst());
    assertThat(read.name()).isEqualTo("level");
    assertThat(read.numbers().integer(0)).isZero();
    assertThat(metric(rehearsal.got("w/metrics").getFirst()).numbers().integer(0)).isEqualTo(99);
  }

  @Test
  void aPipelineWithAWritingProcessorGetsItsOwnBatch() throws GraphException {
    rehearsal.mutating.add("p");
    rehearsal
        .receiver("r")
        .processor("p")
        .processor("q")
        .exporter("e")
        .exporter("f")
        .pipeline("metrics/1", "r", "q p", "e")
        .pipeline("metrics/2", "r", "q", "f");
    build();
    Telemetry<Metric> batch = Rehearsal.metrics(1);
    Objects.requireNonNull(rehearsal.output("r", Signal.METRICS)).consume(batch);

    assertThat(rehearsal.got("e/metrics").getFirst()).isNotSameAs(batch);
    assertThat(rehearsal.got("f/metrics").getFirst()).isSameAs(batch);
  }

  @Test
  void aConnectorPassesOnTheCapabilityOfWhatFollows() throws GraphException {
    rehearsal.mutating.add("w");
    rehearsal
        .receiver("r")
        .connector("c")
        .exporter("e")
        .exporter("w")
        .pipeline("metrics/in", "r", "", "e c")
        .pipeline("metrics/out", "c", "", "w");
    build();
    Telemetry<Metric> batch = Rehearsal.metrics(1);
    Objects.requireNonNull(rehearsal.output("r", Signal.METRICS)).consume(batch);

    assertThat(rehearsal.got("e/metrics").getFirst()).isSameAs(batch);
    assertThat(rehearsal.got("w/metrics").getFirst()).isNotSameAs(batch);
  }

  @Test
  void anExceptionRefusesTheBatchAndTheOthersStillGetIt() throws GraphException {
    rehearsal.answers.put(
        "bad",
        _ -> {
          throw new IllegalStateException("broken");
        });
    rehearsal.receiver("r").exporter("bad").exporter("e").pipeline("metrics", "r", "", "bad e");
    build();

    assertThat(rehearsal.sendMetric("r"))
        .isInstanceOfSatisfying(
            Outcome.Refused.class,
            refused ->
                assertThat(refused.reason())
                    .isEqualTo(
                        "exporter \"bad\" (metrics) failed: java.lang.IllegalStateException:"
                            + " broken"));
    assertThat(rehearsal.got("e/metrics")).hasSize(1);
    assertThat(rehearsal.sendMetric("r")).isInstanceOf(Outcome.Refused.class);
  }

  @Test
  void aConnectorThatFeedsItselfIsACycle() {
    rehearsal
        .receiver("r")
        .exporter("e")
        .connector("nop/forward")
        .pipeline("metrics/in", "r", "", "nop/forward")
        .pipeline("metrics/out", "nop/forward", "", "e nop/forward");

    assertThatThrownBy(this::build)
        .isInstanceOf(GraphException.class)
        .hasMessage(
            "cycle detected: connector \"nop/forward\" (metrics to metrics) -> connector"
                + " \"nop/forward\" (metrics to metrics)");
  }

  @Test
  void aCycleNamesTheProcessorsOnItsWay() {
    rehearsal
        .receiver("r")
        .exporter("e")
        .processor("p")
        .connector("a")
        .connector("b")
        .pipeline("logs/in", "r", "", "a")
        .pipeline("logs/1", "a", "p", "b e")
        .pipeline("logs/2", "b", "", "a");

    assertThatThrownBy(this::build)
        .isInstanceOf(GraphException.class)
        .hasMessage(
            "cycle detected: connector \"a\" (logs to logs) -> processor \"p\" in pipeline"
                + " \"logs/1\" -> connector \"b\" (logs to logs) -> connector \"a\" (logs to"
                + " logs)");
  }

  @Test
  void aDiamondOfConnectorsIsNoCycle() throws GraphException {
    rehearsal
        .receiver("r")
        .exporter("e")
        .connector("a")
        .connector("b")
        .pipeline("logs/in", "r", "", "a b")
        .pipeline("logs/1", "a", "", "b e")
        .pipeline("logs/2", "b", "", "e");

    build();
    assertThat(
            Objects.requireNonNull(rehearsal.output("r", Signal.LOGS)).consume(Rehearsal.logs(1)))
        .isEqualTo(Outcome.accepted());
    // in -> b -> 2; in -> a -> 1 -> e; in -> a -> 1 -> b -> 2
    assertThat(rehearsal.got("e/logs")).hasSize(3);
  }

  @Test
  void aConnectorThatLeadsNowhereIsAnError() {
    rehearsal
        .receiver("r")
        .exporter("e")
        .connector("c")
        .pipeline("metrics/in", "r", "", "c")
        .pipeline("logs/out", "c", "", "e");

    assertThatThrownBy(this::build)
        .isInstanceOf(GraphException.class)
        .hasMessage(
            "connector \"c\" used as exporter in [metrics/in] pipeline but not used in any"
                + " supported receiver pipeline");
  }

  @Test
  void aConnectorThatNothingFeedsIsAnError() {
    rehearsal.receiver("r").exporter("e").connector("c").pipeline("logs/out", "c", "", "e");

    assertThatThrownBy(this::build)
        .isInstanceOf(GraphException.class)
        .hasMessage(
            "connector \"c\" used as receiver in [logs/out] pipeline but not used in any"
                + " supported exporter pipeline");
  }

  @Test
  void aSignalThatAComponentCannotDoIsAnError() {
    rehearsal.receiver("r", Signal.LOGS).exporter("e").pipeline("metrics", "r", "", "e");
    assertThatThrownBy(this::build)
        .isInstanceOf(GraphException.class)
        .hasMessage(
            "failed to create \"r\" receiver for data type \"metrics\": telemetry type is not"
                + " supported");

    Rehearsal traces = new Rehearsal().receiver("r").exporter("e").pipeline("traces", "r", "", "e");
    assertThatThrownBy(
            () -> Graph.build(BUILD, traces.plan(), OwnTelemetry.none(), InstantSource.system()))
        .hasMessage(
            "failed to create \"e\" exporter for data type \"traces\": telemetry type is not"
                + " supported");
  }

  private static Metric metric(Telemetry<?> batch) {
    return (Metric) batch.resources().getFirst().scopes().getFirst().items().getFirst();
  }
}
