package dev.weir.receiver.ebpftcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weir.bpf.ConnectionRecord;
import dev.weir.bpf.Outcome;
import dev.weir.bpf.OverflowEntry;
import dev.weir.bpf.TcpField;
import dev.weir.pdata.Metric;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.Consumer;
import dev.weir.pipeline.Receiver;
import dev.weir.pipeline.StartException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.helpers.NOPLogger;

class RecordingTest {
  @TempDir Path dir;

  private static TestRecord some(Random random) {
    TestRecord record = random.nextBoolean() ? TestRecord.whole() : TestRecord.opened();
    return record
        .client("10.0.0." + random.nextInt(9), 1024 + random.nextInt(9999), "10.1.0.1", 443)
        .io(random.nextInt(10_000), random.nextInt(10_000))
        .segments(3, 4, random.nextInt(2), 0, 0, 0)
        .times(1000, 1500, 9000 + random.nextInt(100_000_000))
        .rtt(random.nextInt(5000), random.nextInt(5000))
        .outcome(random.nextInt(5) == 0 ? Outcome.RESET : Outcome.NONE);
  }

  /** Runs a receiver until it has taken everything and returns the last value of each point. */
  private static Map<String, String> run(
      ScriptedSource source, EbpfTcpConfig config, boolean untilReplayed) throws StartException {
    List<Telemetry<Metric>> batches = new CopyOnWriteArrayList<>();
    Consumer<Metric> consumer =
        batch -> {
          batches.add(batch);
          return dev.weir.pipeline.Outcome.accepted();
        };
    Receiver receiver =
        EbpfTcpReceiverFactory.create((probe, log) -> source)
            .maker()
            .make(TestContext.of("ebpf_tcp", Map.of(Signal.METRICS, consumer)), config);
    receiver.start(new TestContext.TestHost());
    if (untilReplayed) {
      await().until(() -> !batches.isEmpty());
    } else {
      await().until(() -> source.snapshots.get() >= 2);
    }
    receiver.stop(Duration.ofSeconds(10));
    Map<String, String> values = new TreeMap<>();
    for (Telemetry<Metric> batch : batches) {
      for (Metric metric : batch.resources().getFirst().scopes().getFirst().items()) {
        for (int i = 0; i < metric.points().size(); i++) {
          values.put(metric.name() + metric.points().attributes(i), value(metric, i));
        }
      }
    }
    return values;
  }

  private static String value(Metric metric, int i) {
    return switch (metric.kind()) {
      case GAUGE -> Double.toString(metric.numbers().real(i));
      case SUM -> Long.toString(metric.numbers().integer(i));
      default -> metric.histograms().count(i) + " " + metric.histograms().sum(i);
    };
  }

  private static ScriptedSource script(long seed) {
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    ScriptedSource source = new ScriptedSource();
    for (int i = 0; i < 2000; i++) {
      source.ring.add(some(random));
    }
    for (int i = 0; i < 50; i++) {
      source.live.add(
          TestRecord.live()
              .client("10.0.0." + random.nextInt(9), 5, "10.1.0.1", 443)
              .rtt(1 + random.nextInt(900), 7));
    }
    TestOverflow entry =
        TestOverflow.of(ConnectionRecord.ROLE_CLIENT, "10.0.0.1", "10.1.0.1", 443, "curl")
            .put(OverflowEntry.SUM_SENT, 777)
            .put(OverflowEntry.SUM_OPENED, 7);
    source.overflow.add(entry);
    source.totals.add(entry.sum);
    return source;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void aReplayGivesWhatTheRecordedRunGave(long seed) throws StartException {
    Path file = dir.resolve("run.weir");
    TestConfigs configs = TestConfigs.defaults().interval(Duration.ofMillis(50));
    Map<String, String> live = run(script(seed), configs.record(file).config(), false);

    Map<String, String> replayed = run(new ScriptedSource(), configs.replay(file).config(), true);

    assertThat(replayed).isEqualTo(live).isNotEmpty();
    assertThat(live.keySet()).anyMatch(k -> k.contains("otel.metric.overflow"));
  }

  @Test
  void furtherFieldsOfLiveConnectionsAreRecordedAndPlayed() throws StartException {
    Path file = dir.resolve("fields.weir");
    TestConfigs configs =
        TestConfigs.defaults()
            .interval(Duration.ofMillis(50))
            .gauge(MetricDefinition.INFO_SND_CWND)
            .gauge(MetricDefinition.INFO_RTO);
    RecordingWriter writer =
        RecordingWriter.open(file, 1 << 30, 42, true, () -> 1000, NOPLogger.NOP_LOGGER);
    ScriptedSource source = new ScriptedSource();
    // More than a frame of the recording holds.
    for (int i = 0; i < 400; i++) {
      source.live.add(TestRecord.live().client("10.0.0." + i % 2, 5, "10.1.0.1", 443));
      source.live.add(
          TestRecord.fields(3).field(TcpField.SND_CWND, 10 + i % 2).field(TcpField.RTO, 200_000));
    }
    try (RecordingSource recording = new RecordingSource(source, writer)) {
      recording.snapshot((m, at) -> {});
    }

    Map<String, String> replayed = run(new ScriptedSource(), configs.replay(file).config(), true);

    assertThat(replayed.entrySet())
        .filteredOn(e -> e.getKey().startsWith("tcp.info.snd_cwnd"))
        .extracting(Map.Entry::getValue)
        .containsExactlyInAnyOrder("10.0", "11.0");
    assertThat(replayed.entrySet())
        .filteredOn(e -> e.getKey().startsWith("tcp.info.rto"))
        .extracting(Map.Entry::getValue)
        .containsExactly("0.2", "0.2");
  }

  private static int version(Path file) throws IOException {
    return ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.nativeOrder()).getInt(12);
  }

  @Test
  void onlyARecordingWithFurtherFieldsHasTheVersionThatOlderReadersRefuse()
      throws StartException, IOException {
    Path plain = dir.resolve("plain.weir");
    Path fields = dir.resolve("fields.weir");
    TestConfigs configs = TestConfigs.defaults().interval(Duration.ofMillis(50));

    run(script(4), configs.record(plain).config(), false);
    run(
        script(4),
        TestConfigs.defaults()
            .interval(Duration.ofMillis(50))
            .gauge(MetricDefinition.INFO_RTO)
            .record(fields)
            .config(),
        false);

    // Readers before the second version took 1 alone, and name the version that they refuse.
    assertThat(version(plain)).isEqualTo(1);
    assertThat(version(fields)).isEqualTo(2);
    try (ReplaySource replay = open(fields)) {
      assertThat(replay.drain((m, at) -> {})).isPositive();
    }
  }

  @Test
  void aRecordingOfTheFirstVersionIsPlayedWithTheFieldsThatItHas()
      throws StartException, IOException {
    // So they were written before such recordings had a version of their own.
    Path file = dir.resolve("early.weir");
    ScriptedSource source = new ScriptedSource();
    source.live.add(TestRecord.live().client("10.0.0.1", 5, "10.1.0.1", 443));
    source.live.add(TestRecord.fields(3).field(TcpField.RTO, 200_000));
    RecordingWriter writer =
        RecordingWriter.open(file, 1 << 20, 0, false, System::nanoTime, NOPLogger.NOP_LOGGER);
    try (RecordingSource recording = new RecordingSource(source, writer)) {
      recording.snapshot((m, at) -> {});
    }

    TestConfigs configs =
        TestConfigs.defaults()
            .interval(Duration.ofMillis(50))
            .gauge(MetricDefinition.INFO_RTO)
            .replay(file);
    assertThat(version(file)).isEqualTo(1);
    assertThat(run(new ScriptedSource(), configs.config(), true).entrySet())
        .filteredOn(e -> e.getKey().startsWith("tcp.info.rto"))
        .extracting(Map.Entry::getValue)
        .containsExactly("0.2");
  }

  private Path recorded(int records) throws StartException {
    Path file = dir.resolve("some.weir");
    Random random = new Random(5);
    RecordingWriter writer =
        RecordingWriter.open(file, 1 << 30, 42, false, () -> 1000, NOPLogger.NOP_LOGGER);
    ScriptedSource source = new ScriptedSource();
    RecordingSource recording = new RecordingSource(source, writer);
    for (int i = 0; i < records; i++) {
      source.ring.add(some(random));
    }
    assertThat(recording.drain((m, at) -> {})).isEqualTo(records);
    recording.close();
    assertThat(source.closed).isTrue();
    return file;
  }

  private static ReplaySource open(Path file) throws StartException {
    return ReplaySource.open(file, 0, System::nanoTime, NOPLogger.NOP_LOGGER);
  }

  @Test
  void aFileThatIsCutOffAnywhereIsPlayedUpToThere() throws StartException, IOException {
    byte[] whole = Files.readAllBytes(recorded(700));
    int last = -1;
    for (int length = RecordingFormat.HEADER_SIZE; length < whole.length; length += 4999) {
      Path cut = Files.write(dir.resolve("cut"), java.util.Arrays.copyOf(whole, length));
      try (ReplaySource source = open(cut)) {
        int n = source.drain((m, at) -> {});
        assertThat(source.exhausted()).isTrue();
        assertThat(n).isGreaterThanOrEqualTo(last).isLessThanOrEqualTo(700);
        last = n;
      }
    }
    assertThat(last).isGreaterThan(300);
  }

  @Test
  void aDamagedFrameEndsTheReplay() throws StartException, IOException {
    Path file = recorded(700);
    byte[] whole = Files.readAllBytes(file);
    Random random = new Random(11);
    for (int round = 0; round < 200; round++) {
      byte[] damaged = whole.clone();
      int at = RecordingFormat.HEADER_SIZE + random.nextInt(whole.length - 40);
      damaged[at] ^= (byte) (1 << random.nextInt(8));
      Path bad = Files.write(dir.resolve("bad"), damaged);
      try (ReplaySource source = open(bad)) {
        int n = 0;
        while (!source.exhausted()) {
          n += source.drain((m, offset) -> {});
        }
        assertThat(n).as("flipped at %d", at).isLessThanOrEqualTo(700);
        assertThat(source.records()).isEqualTo(n);
      }
    }
  }

  @Test
  void whatIsNoRecordingIsRefused() throws IOException, StartException {
    Path text = Files.writeString(dir.resolve("text"), "receivers:\n");
    assertThatThrownBy(() -> open(text))
        .isInstanceOf(StartException.class)
        .hasMessageContaining("is not a recording");
    assertThatThrownBy(() -> open(dir.resolve("absent")))
        .isInstanceOf(StartException.class)
        .hasMessageContaining("cannot read")
        .hasMessageContaining("absent");

    byte[] other = Files.readAllBytes(recorded(1));
    ByteBuffer.wrap(other).order(ByteOrder.nativeOrder()).putInt(12, 9);
    Path version = Files.write(dir.resolve("version"), other);
    assertThatThrownBy(() -> open(version))
        .hasMessageContaining("another version (format 9), this one plays formats 1 and 2");
    byte[] swapped = Files.readAllBytes(dir.resolve("some.weir"));
    ByteBuffer.wrap(swapped)
        .order(ByteOrder.nativeOrder())
        .putInt(8, Integer.reverseBytes(RecordingFormat.ORDER));
    Path order = Files.write(dir.resolve("order"), swapped);
    assertThatThrownBy(() -> open(order)).hasMessageContaining("byte order");
  }

  @Test
  void recordingStopsAtItsLimitAndMeasuringGoesOn() throws StartException, IOException {
    Path file = dir.resolve("small");
    ScriptedSource source = new ScriptedSource();
    RecordingSource recording =
        new RecordingSource(
            source,
            RecordingWriter.open(file, 4096, 0, false, System::nanoTime, NOPLogger.NOP_LOGGER));
    int seen = 0;
    Random random = new Random(3);
    for (int i = 0; i < 100; i++) {
      source.ring.add(some(random));
      seen += recording.drain((m, at) -> {});
    }
    recording.close();

    assertThat(seen).isEqualTo(100);
    assertThat(Files.size(file)).isLessThanOrEqualTo(4096).isGreaterThan(3000);
    try (ReplaySource replay = open(file)) {
      assertThat(replay.drain((m, at) -> {})).isEqualTo(18);
    }
  }

  @Test
  void aFullDiskEndsTheRecordingOnly() throws StartException {
    ScriptedSource source = new ScriptedSource();
    RecordingSource recording =
        new RecordingSource(
            source,
            RecordingWriter.open(
                Path.of("/dev/null"), 1 << 20, 0, false, System::nanoTime, NOPLogger.NOP_LOGGER));
    source.ring.add(some(new Random(3)));
    assertThat(recording.drain((m, at) -> {})).isEqualTo(1);
    recording.close();

    assertThatThrownBy(
            () ->
                RecordingWriter.open(
                    Path.of("/dev/full"),
                    1 << 20,
                    0,
                    false,
                    System::nanoTime,
                    NOPLogger.NOP_LOGGER))
        .isInstanceOf(StartException.class)
        .hasMessageContaining("cannot write /dev/full");
  }

  @Test
  void aReplayKeepsToTheRecordedPace() throws StartException, IOException {
    Path file = dir.resolve("paced");
    long[] clock = {1_000_000};
    RecordingWriter writer =
        RecordingWriter.open(file, 1 << 20, 0, false, () -> clock[0], NOPLogger.NOP_LOGGER);
    ScriptedSource scripted = new ScriptedSource();
    RecordingSource recording = new RecordingSource(scripted, writer);
    for (int i = 0; i < 3; i++) {
      scripted.ring.add(some(new Random(i)));
      recording.drain((m, at) -> {});
      clock[0] += 1_000_000_000L;
    }
    recording.close();

    long[] now = {77};
    try (ReplaySource replay = ReplaySource.open(file, 2, () -> now[0], NOPLogger.NOP_LOGGER)) {
      assertThat(replay.drain((m, at) -> {})).isEqualTo(1);
      now[0] += 499_999_999L;
      assertThat(replay.drain((m, at) -> {})).isZero();
      now[0] += 1;
      assertThat(replay.drain((m, at) -> {})).isEqualTo(1);
      now[0] += 500_000_000L;
      assertThat(replay.drain((m, at) -> {})).isEqualTo(1);
      assertThat(replay.exhausted()).isTrue();
    }
  }
}
