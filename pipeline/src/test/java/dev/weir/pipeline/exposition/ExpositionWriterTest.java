package dev.weir.pipeline.exposition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ExpositionWriterTest {
  private static final long NO_TIME = ExpositionWriter.NO_TIME;

  @FunctionalInterface
  private interface Samples {
    void write(ExpositionWriter writer) throws IOException;
  }

  private static String page(ExpositionFormat format, Samples samples) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ExpositionWriter writer = new ExpositionWriter(out, format);
    samples.write(writer);
    writer.end();
    return out.toString(StandardCharsets.UTF_8);
  }

  private static void everyKind(ExpositionWriter writer) throws IOException {
    Labels labels = Labels.of("b", "2", "a", "1");
    RenderedExemplar exemplar =
        new RenderedExemplar(
            Labels.of("trace_id", "0af7651916cd43dd8448eb211c80319c"),
            0.5,
            1_700_000_000_123_456_789L);
    writer.begin(new MetricFamily("requests_total", MetricType.COUNTER, "How many."));
    writer.integer(labels, 5_368_709_120L, NO_TIME, exemplar);
    writer.created(labels, 1_700_000_000_000_000_000L);
    writer.begin(new MetricFamily("restarts", MetricType.COUNTER, "Without the suffix."));
    writer.integer(Labels.NONE, 3, NO_TIME, null);
    writer.begin(new MetricFamily("temperature", MetricType.GAUGE, ""));
    writer.real(labels, -1.5, 1_700_000_000_007L, null);
    writer.real(Labels.of("a", "2"), 20, NO_TIME, null);
    writer.begin(new MetricFamily("rtt_seconds", MetricType.HISTOGRAM, "Round trips."));
    writer.histogram(
        labels,
        Thresholds.bounds(0.005, 1, 1_000_000),
        new long[] {99, 1, 2, 3, 4},
        1,
        10,
        12.25,
        NO_TIME,
        new RenderedExemplar[] {null, exemplar, null, null});
    writer.histogram(Labels.NONE, Thresholds.bounds(), new long[0], 0, 7, Double.NaN, NO_TIME);
    writer.begin(new MetricFamily("sizes", MetricType.SUMMARY, "Sizes."));
    writer.summary(
        labels, Thresholds.quantiles(0.5, 1), new double[] {3, Double.NaN}, 0, 2, 4.5, NO_TIME);
    writer.begin(new MetricFamily("whatever", MetricType.UNKNOWN, "No type."));
    writer.real(Labels.NONE, Double.POSITIVE_INFINITY, NO_TIME, null);
  }

  @Test
  void everyKindInTheTextFormat() throws IOException {
    assertThat(page(ExpositionFormat.TEXT, ExpositionWriterTest::everyKind))
        .isEqualTo(
            """
            # HELP requests_total How many.
            # TYPE requests_total counter
            requests_total{a="1",b="2"} 5368709120
            # HELP restarts Without the suffix.
            # TYPE restarts counter
            restarts 3
            # HELP temperature\s
            # TYPE temperature gauge
            temperature{a="1",b="2"} -1.5 1700000000007
            temperature{a="2"} 20
            # HELP rtt_seconds Round trips.
            # TYPE rtt_seconds histogram
            rtt_seconds_bucket{a="1",b="2",le="0.005"} 1
            rtt_seconds_bucket{a="1",b="2",le="1"} 3
            rtt_seconds_bucket{a="1",b="2",le="1e+06"} 6
            rtt_seconds_bucket{a="1",b="2",le="+Inf"} 10
            rtt_seconds_sum{a="1",b="2"} 12.25
            rtt_seconds_count{a="1",b="2"} 10
            rtt_seconds_bucket{le="+Inf"} 7
            rtt_seconds_count 7
            # HELP sizes Sizes.
            # TYPE sizes summary
            sizes{a="1",b="2",quantile="0.5"} 3
            sizes{a="1",b="2",quantile="1"} NaN
            sizes_sum{a="1",b="2"} 4.5
            sizes_count{a="1",b="2"} 2
            # HELP whatever No type.
            # TYPE whatever untyped
            whatever +Inf
            """);
  }

  @Test
  void everyKindInOpenMetrics() throws IOException {
    assertThat(page(ExpositionFormat.OPEN_METRICS, ExpositionWriterTest::everyKind))
        .isEqualTo(
            """
            # HELP requests How many.
            # TYPE requests counter
            requests_total{a="1",b="2"} 5368709120 # {trace_id="0af7651916cd43dd8448eb211c80319c"} 0.5 1700000000.123
            requests_created{a="1",b="2"} 1700000000.000
            # HELP restarts Without the suffix.
            # TYPE restarts unknown
            restarts 3
            # HELP temperature\s
            # TYPE temperature gauge
            temperature{a="1",b="2"} -1.5 1700000000.007
            temperature{a="2"} 20.0
            # HELP rtt_seconds Round trips.
            # TYPE rtt_seconds histogram
            rtt_seconds_bucket{a="1",b="2",le="0.005"} 1
            rtt_seconds_bucket{a="1",b="2",le="1.0"} 3 # {trace_id="0af7651916cd43dd8448eb211c80319c"} 0.5 1700000000.123
            rtt_seconds_bucket{a="1",b="2",le="1e+06"} 6
            rtt_seconds_bucket{a="1",b="2",le="+Inf"} 10
            rtt_seconds_sum{a="1",b="2"} 12.25
            rtt_seconds_count{a="1",b="2"} 10
            rtt_seconds_bucket{le="+Inf"} 7
            # HELP sizes Sizes.
            # TYPE sizes summary
            sizes{a="1",b="2",quantile="0.5"} 3.0
            sizes{a="1",b="2",quantile="1.0"} NaN
            sizes_sum{a="1",b="2"} 4.5
            sizes_count{a="1",b="2"} 2
            # HELP whatever No type.
            # TYPE whatever unknown
            whatever +Inf
            # EOF
            """);
  }

  @Test
  void namesOutsideOfTheOldSetAreQuotedOrEscapedAsTheClientAsks() throws IOException {
    Samples samples =
        writer -> {
          writer.begin(new MetricFamily("tcp.io \"x\"", MetricType.COUNTER, "Bytes."));
          writer.integer(Labels.of("k8s.pod", "a", "zone", "b"), 1, NO_TIME, null);
          writer.begin(new MetricFamily("tcp.rtt", MetricType.HISTOGRAM, "Time."));
          writer.histogram(
              Labels.NONE, Thresholds.bounds(1), new long[] {1, 1}, 0, 2, 3.5, NO_TIME);
        };
    assertThat(page(new ExpositionFormat(false, true), samples))
        .isEqualTo(
            """
            # HELP "tcp.io \\"x\\"" Bytes.
            # TYPE "tcp.io \\"x\\"" counter
            {"tcp.io \\"x\\"","k8s.pod"="a",zone="b"} 1
            # HELP "tcp.rtt" Time.
            # TYPE "tcp.rtt" histogram
            {"tcp.rtt_bucket",le="1"} 1
            {"tcp.rtt_bucket",le="+Inf"} 2
            {"tcp.rtt_sum"} 3.5
            {"tcp.rtt_count"} 2
            """);
    assertThat(page(ExpositionFormat.TEXT, samples))
        .startsWith("# HELP tcp_io__x_ Bytes.\n")
        .contains("tcp_io__x_{k8s_pod=\"a\",zone=\"b\"} 1\n", "tcp_rtt_bucket{le=\"1\"} 1\n");
  }

  @Test
  void backslashesQuotesAndLineFeedsAreEscaped() throws IOException {
    Samples samples =
        writer -> {
          writer.begin(new MetricFamily("m", MetricType.GAUGE, "a\\b \"c\"\nd"));
          writer.integer(Labels.of("l", "a\\b \"c\"\nd é 漢 😀"), 1, NO_TIME, null);
        };
    assertThat(page(ExpositionFormat.TEXT, samples))
        .isEqualTo(
            """
            # HELP m a\\\\b "c"\\nd
            # TYPE m gauge
            m{l="a\\\\b \\"c\\"\\nd é 漢 😀"} 1
            """);
    assertThat(page(ExpositionFormat.OPEN_METRICS, samples))
        .startsWith("# HELP m a\\\\b \\\"c\\\"\\nd\n");
  }

  @Test
  void aLoneSurrogateDoesNotBreakThePage() throws IOException {
    assertThat(
            page(
                ExpositionFormat.TEXT,
                writer -> {
                  writer.begin(new MetricFamily("m", MetricType.GAUGE, ""));
                  writer.integer(Labels.of("l", "\uD83D"), 1, NO_TIME, null);
                }))
        .endsWith("m{l=\"?\"} 1\n");
  }

  @Test
  void aLineLongerThanTheBufferIsWrittenWhole() throws IOException {
    String huge = "x".repeat(200_000);
    String page =
        page(
            ExpositionFormat.TEXT,
            writer -> {
              writer.begin(new MetricFamily("m", MetricType.GAUGE, huge));
              for (int i = 0; i < 3; i++) {
                writer.integer(Labels.of("l", huge + i), i, NO_TIME, null);
              }
            });
    assertThat(page)
        .isEqualTo(
            "# HELP m "
                + huge
                + "\n# TYPE m gauge\n"
                + "m{l=\""
                + huge
                + "0\"} 0\n"
                + "m{l=\""
                + huge
                + "1\"} 1\n"
                + "m{l=\""
                + huge
                + "2\"} 2\n");
  }

  @Test
  void anEmptyPageIsEmptyOrOnlyTheEnd() throws IOException {
    assertThat(page(ExpositionFormat.TEXT, writer -> {})).isEmpty();
    assertThat(page(ExpositionFormat.OPEN_METRICS, writer -> {})).isEqualTo("# EOF\n");
  }

  @Test
  void aLabelThatComesTwiceIsRefusedWhenTheSeriesIsMade() {
    assertThatThrownBy(() -> Labels.of("a", "1", "b", "2", "a", "3"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("duplicate label name \"a\"");
  }

  @Test
  void labelsThatBecomeOneThroughUnderscoresAreJoined() throws IOException {
    assertThat(
            page(
                ExpositionFormat.TEXT,
                writer -> {
                  writer.begin(new MetricFamily("m", MetricType.GAUGE, ""));
                  writer.integer(Labels.of("a_b", "2", "a.b", "1", "c", "3"), 1, NO_TIME, null);
                }))
        .endsWith("m{a_b=\"1;2\",c=\"3\"} 1\n");
  }

  @Test
  void boundsThatDoNotAscendAreRefused() {
    assertThatThrownBy(() -> Thresholds.bounds(1, 1))
        .hasMessage("histogram bounds must be finite and ascend, got 1.0 after 1.0");
    assertThatThrownBy(() -> Thresholds.bounds(1, Double.POSITIVE_INFINITY))
        .hasMessageContaining("Infinity");
  }
}
