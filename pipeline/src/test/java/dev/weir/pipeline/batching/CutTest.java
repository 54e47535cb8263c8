package dev.weir.pipeline.batching;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.pdata.Attributes;
import dev.weir.pdata.Item;
import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Metric;
import dev.weir.pdata.NumberPoints;
import dev.weir.pdata.Resource;
import dev.weir.pdata.ResourceItems;
import dev.weir.pdata.Scope;
import dev.weir.pdata.ScopeItems;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.Text;
import dev.weir.pdata.otlp.OtlpFormatException;
import dev.weir.pdata.otlp.OtlpProtobuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class CutTest {

  /** Metrics of many resources, scopes and points; each point's time is its number. */
  private static Telemetry<Metric> metrics(Random random, int groups) {
    Telemetry<Metric> batch = new Telemetry<>(Signal.METRICS);
    long number = 0;
    for (int g = 0; g < groups; g++) {
      ResourceItems<Metric> group =
          new ResourceItems<>(Resource.of(Attributes.of("resource", "r" + g)));
      group.schemaUrl("schema" + g);
      for (int s = random.nextInt(3); s >= 0; s--) {
        ScopeItems<Metric> scope = new ScopeItems<>(Scope.of("scope" + s, "1"));
        scope.schemaUrl("scope schema");
        for (int m = random.nextInt(4); m > 0; m--) {
          NumberPoints points = new NumberPoints(4);
          for (int p = random.nextInt(6); p > 0; p--) {
            Attributes set = Attributes.of("a", "x".repeat(random.nextInt(200)));
            points.add(set, 0, ++number, random.nextLong());
          }
          scope.items().add(Metric.gauge("m" + m, "d", "u", points));
        }
        group.scopes().add(scope);
      }
      batch.resources().add(group);
    }
    return batch;
  }

  /** Returns where each point is, and its number. */
  private static List<String> points(Telemetry<Metric> batch) {
    List<String> points = new ArrayList<>();
    for (ResourceItems<Metric> group : batch.resources()) {
      for (ScopeItems<Metric> scope : group.scopes()) {
        for (Metric metric : scope.items()) {
          for (int i = 0; i < metric.points().size(); i++) {
            points.add(
                group.resource().attributes()
                    + group.schemaUrl()
                    + scope.scope().name()
                    + scope.schemaUrl()
                    + metric.name()
                    + metric.points().time(i)
                    + "="
                    + metric.numbers().integer(i));
          }
        }
      }
    }
    return points;
  }

  @Test
  void allPointsAreInThePiecesOnceAndInOrder() {
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      Telemetry<Metric> batch = metrics(random, 1 + random.nextInt(4));
      List<String> all = points(batch);
      int max = 1 + random.nextInt(10);
      List<String> cut = new ArrayList<>();
      Telemetry<Metric> rest = batch;
      while (rest != null) {
        Cut<Metric> next = Cut.byItems(rest, max);
        assertThat(next.front().count()).as("seed %d", seed).isLessThanOrEqualTo(max);
        if (next.rest() != null) {
          assertThat(next.front().count()).as("seed %d", seed).isEqualTo(max);
        }
        cut.addAll(points(next.front()));
        rest = next.rest();
      }
      assertThat(cut).as("seed %d", seed).isEqualTo(all);
    }
  }

  @Test
  void piecesOfSoManyBytesAreAsLargeAsTheyCanBe() {
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      Telemetry<Metric> batch = metrics(random, 1 + random.nextInt(4));
      List<String> all = points(batch);
      int max = 100 + random.nextInt(1000);
      List<String> cut = new ArrayList<>();
      Telemetry<Metric> rest = batch;
      while (rest != null) {
        Telemetry<Metric> before = rest.copy();
        Cut<Metric> next = Cut.byBytes(rest, max);
        int items = next.front().count();
        int size = OtlpProtobuf.encode(next.front()).length;
        if (size > max) {
          assertThat(items).as("seed %d", seed).isLessThanOrEqualTo(1);
        }
        if (next.rest() != null && next.rest().count() > 0) {
          Telemetry<Metric> oneMore = Cut.byItems(before, items + 1).front();
          assertThat(OtlpProtobuf.size(oneMore)).as("seed %d", seed).isGreaterThan(max);
        }
        cut.addAll(points(next.front()));
        rest = next.rest();
      }
      assertThat(cut).as("seed %d", seed).isEqualTo(all);
    }
  }

  @Test
  void groupsOnOneSideOfTheCutStayEncoded() throws OtlpFormatException {
    Telemetry<LogRecord> batch = new Telemetry<>(Signal.LOGS);
    for (int g = 0; g < 5; g++) {
      batch.resources().addAll(logs(10).resources());
    }
    Telemetry<LogRecord> received = OtlpProtobuf.decode(Signal.LOGS, OtlpProtobuf.encode(batch));
    Cut<LogRecord> cut = Cut.byItems(received, 25);
    assertThat(opened(cut.front())).isEqualTo(1);
    assertThat(opened(Objects.requireNonNull(cut.rest()))).isEqualTo(1);
    assertThat(cut.front().count()).isEqualTo(25);
  }

  private static Telemetry<LogRecord> logs(int n) {
    List<LogRecord> records = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      records.add(new LogRecord().body(Text.of("record " + i)));
    }
    return Telemetry.of(Signal.LOGS, Resource.EMPTY, Scope.of("s", ""), records);
  }

  private static <T extends Item> long opened(Telemetry<T> batch) {
    return batch.resources().stream().filter(group -> group.encoded() == null).count();
  }
}
