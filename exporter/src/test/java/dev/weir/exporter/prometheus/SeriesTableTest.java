package dev.weir.exporter.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.exporter.testing.RecordingLogger;
import dev.weir.pdata.Attributes;
import dev.weir.pdata.Metric;
import dev.weir.pdata.NumberPoints;
import dev.weir.pdata.Points;
import dev.weir.pdata.Resource;
import dev.weir.pdata.Scope;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.exposition.ExpositionFormat;
import dev.weir.pipeline.exposition.ExpositionWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class SeriesTableTest {
  /** Random points, endings and expiry against a plain map, over a table that grows and shrinks. */
  @Test
  void theTableAgreesWithAMap() throws IOException {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    AtomicReference<Instant> now = new AtomicReference<>(Instant.ofEpochSecond(1_000_000));
    SeriesStore store =
        new SeriesStore(
            new TestConfig()
                .withoutScopeInfo(true)
                .metricExpiration(Duration.ofSeconds(20))
                .build(),
            now::get,
            new RecordingLogger());
    record Entry(long value, long updated) {}
    Map<Integer, Entry> model = new HashMap<>();
    for (int round = 1; round <= 400; round++) {
      NumberPoints points = new NumberPoints(50);
      int span = round % 100 < 50 ? 2000 : 60;
      for (int p = 0; p < 50; p++) {
        int id = random.nextInt(span);
        long value = random.nextLong();
        int i = points.add(Attributes.of("id", "" + id), 0, round, value);
        if (random.nextInt(8) == 0) {
          points.flags(i, Points.NO_RECORDED_VALUE);
          model.remove(id);
        } else {
          model.put(id, new Entry(value, now.get().toEpochMilli()));
        }
      }
      store.accept(
          Telemetry.of(
              Signal.METRICS,
              Resource.EMPTY,
              Scope.EMPTY,
              List.of(Metric.gauge("g", "", "", points))));
      now.updateAndGet(t -> t.plusMillis(random.nextInt(1500)));
      if (random.nextInt(5) == 0) {
        store.expire();
        long cutoff = now.get().toEpochMilli() - 20_000;
        model.values().removeIf(e -> e.updated() < cutoff);
      }
      assertThat(store.series()).as("seed %d round %d", seed, round).isEqualTo(model.size());
      if (round % 20 == 0) {
        Map<String, String> expected = new TreeMap<>();
        model.forEach((id, e) -> expected.put("g{id=\"" + id + "\"}", "" + e.value()));
        assertThat(shown(store)).as("seed %d round %d", seed, round).isEqualTo(expected);
      }
    }
  }

  private static Map<String, String> shown(SeriesStore store) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ExpositionWriter writer = new ExpositionWriter(out, ExpositionFormat.TEXT);
    store.write(writer);
    writer.end();
    Map<String, String> shown = new TreeMap<>();
    out.toString(StandardCharsets.UTF_8)
        .lines()
        .filter(line -> !line.startsWith("#"))
        .forEach(
            line -> {
              int space = line.lastIndexOf(' ');
              assertThat(shown.put(line.substring(0, space), line.substring(space + 1))).isNull();
            });
    return shown;
  }
}
