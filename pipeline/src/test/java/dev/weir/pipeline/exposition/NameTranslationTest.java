package dev.weir.pipeline.exposition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rules of otlptranslator 1.0 as docs describe them, one row a rule or a corner of one. */
class NameTranslationTest {

  private static String metric(
      TranslationStrategy strategy, String namespace, String name, String unit, MetricType type) {
    return NameTranslation.of(strategy, namespace).metricName(name, unit, type);
  }

  @ParameterizedTest(name = "{0} [{1}] {2} -> {3}")
  @CsvSource({
    // tokens
    "tcp.io, By, COUNTER, tcp_io_bytes_total",
    "network.flow.metric0, By, COUNTER, network_flow_metric0_bytes_total",
    "already_snake, '', GAUGE, already_snake",
    "many...dots, '', GAUGE, many_dots",
    "double__underscore, '', GAUGE, double_underscore",
    ".leading.and.trailing., '', GAUGE, leading_and_trailing",
    "with:colon, '', GAUGE, with:colon",
    "with space and-dash/slash, '', GAUGE, with_space_and_dash_slash",
    "UpperCase.Kept, '', GAUGE, UpperCase_Kept",
    "5xx.rate, '', GAUGE, _5xx_rate",
    "naïve.größe, '', GAUGE, na_ve_gr_e",
    "a.b.c, s, GAUGE, a_b_c_seconds",
    // units
    "x, d, GAUGE, x_days",
    "x, h, GAUGE, x_hours",
    "x, min, GAUGE, x_minutes",
    "x, s, GAUGE, x_seconds",
    "x, ms, GAUGE, x_milliseconds",
    "x, us, GAUGE, x_microseconds",
    "x, ns, GAUGE, x_nanoseconds",
    "x, By, GAUGE, x_bytes",
    "x, KiBy, GAUGE, x_kibibytes",
    "x, MiBy, GAUGE, x_mebibytes",
    "x, GiBy, GAUGE, x_gibibytes",
    "x, TiBy, GAUGE, x_tibibytes",
    "x, KBy, GAUGE, x_kilobytes",
    "x, MBy, GAUGE, x_megabytes",
    "x, GBy, GAUGE, x_gigabytes",
    "x, TBy, GAUGE, x_terabytes",
    "x, m, GAUGE, x_meters",
    "x, V, GAUGE, x_volts",
    "x, A, GAUGE, x_amperes",
    "x, J, GAUGE, x_joules",
    "x, W, GAUGE, x_watts",
    "x, g, GAUGE, x_grams",
    "x, Cel, GAUGE, x_celsius",
    "x, Hz, GAUGE, x_hertz",
    "x, %, GAUGE, x_percent",
    "x, '', GAUGE, x",
    "x, '  ', GAUGE, x",
    "x, ' s ', GAUGE, x_seconds",
    "x, parsec, GAUGE, x_parsec",
    "x, 'foo bar!', GAUGE, x_foo_bar_",
    "x, {packet}, GAUGE, x",
    "x, '{not}By', GAUGE, x",
    // a unit that the name says already
    "memory.bytes, By, GAUGE, memory_bytes",
    "bytes.read, By, COUNTER, bytes_read_total",
    "kilobytes.read, By, GAUGE, kilobytes_read_bytes",
    // per units
    "x, By/s, GAUGE, x_bytes_per_second",
    "x, m/s, GAUGE, x_meters_per_second",
    "x, '{packet}/s', GAUGE, x_per_second",
    "x, '1/m', GAUGE, x_per_minute",
    "x, s/h, GAUGE, x_seconds_per_hour",
    "x, s/d, GAUGE, x_seconds_per_day",
    "x, s/w, GAUGE, x_seconds_per_week",
    "x, s/mo, GAUGE, x_seconds_per_month",
    "x, s/y, GAUGE, x_seconds_per_year",
    "x, By/parsec, GAUGE, x_bytes_per_parsec",
    "x, By/{thing}, GAUGE, x_bytes",
    "x, By/, GAUGE, x_bytes",
    "x, /s, GAUGE, x_per_second",
    "x, __/s, GAUGE, x_per_second",
    // total
    "requests, {request}, COUNTER, requests_total",
    "requests.total, '', COUNTER, requests_total",
    "total.requests, '', COUNTER, requests_total",
    "total.total, '', COUNTER, total",
    "requests.total.bytes, By, COUNTER, requests_bytes_total",
    "requests.total, '', GAUGE, requests_total",
    "requests.total, '', HISTOGRAM, requests_total",
    // ratio
    "cpu.utilization, 1, GAUGE, cpu_utilization_ratio",
    "hit.ratio, 1, GAUGE, hit_ratio",
    "ratio.of.hits, 1, GAUGE, of_hits_ratio",
    "things, 1, COUNTER, things_total",
    "things, 1, HISTOGRAM, things",
    "rtt, s, HISTOGRAM, rtt_seconds",
    "rtt, ms, SUMMARY, rtt_milliseconds"
  })
  void underscoresWithSuffixes(String name, String unit, MetricType type, String expected) {
    assertThat(metric(TranslationStrategy.UNDERSCORE_ESCAPING_WITH_SUFFIXES, "", name, unit, type))
        .isEqualTo(expected);
  }

  @ParameterizedTest(name = "{0} [{1}] {2} -> {3}")
  @CsvSource({
    "tcp.io, By, COUNTER, tcp_io",
    "double__underscore.x, s, GAUGE, double__underscore_x",
    "many...dots, '', GAUGE, many_dots",
    "_kept_, '', GAUGE, _kept_",
    "5xx, '', GAUGE, _5xx",
    "requests_total, '', COUNTER, requests_total",
    "utilization, 1, GAUGE, utilization"
  })
  void underscoresWithoutSuffixes(String name, String unit, MetricType type, String expected) {
    assertThat(
            metric(TranslationStrategy.UNDERSCORE_ESCAPING_WITHOUT_SUFFIXES, "", name, unit, type))
        .isEqualTo(expected);
  }

  @ParameterizedTest(name = "{0} [{1}] {2} -> {3}")
  @CsvSource({
    "tcp.io, By, COUNTER, tcp.io_bytes_total",
    "tcp.io_bytes, By, COUNTER, tcp.io_bytes_total",
    "tcp.io.total, By, COUNTER, tcp.io_bytes_total",
    "cpu.utilization, 1, GAUGE, cpu.utilization_ratio",
    "hit.ratio, 1, GAUGE, hit_ratio",
    "x, By/s, GAUGE, x_bytes_per_second",
    "x.per_second, By/s, GAUGE, x_bytes_per_second",
    "größe, m, GAUGE, größe_meters",
    "5xx, '', GAUGE, 5xx",
    "x, {packet}, GAUGE, x"
  })
  void keptNamesWithSuffixes(String name, String unit, MetricType type, String expected) {
    assertThat(metric(TranslationStrategy.NO_UTF8_ESCAPING_WITH_SUFFIXES, "", name, unit, type))
        .isEqualTo(expected);
  }

  @ParameterizedTest(name = "{0} [{1}] {2} -> {3}")
  @CsvSource({"tcp.io, By, COUNTER, tcp.io", "5xx.größe, 1, GAUGE, 5xx.größe"})
  void nothingIsTranslated(String name, String unit, MetricType type, String expected) {
    assertThat(metric(TranslationStrategy.NO_TRANSLATION, "", name, unit, type))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "UNDERSCORE_ESCAPING_WITH_SUFFIXES, space, 5xx.io, By, space_5xx_io_bytes_total",
    "UNDERSCORE_ESCAPING_WITH_SUFFIXES, test-space, io, By, test_space_io_bytes_total",
    "UNDERSCORE_ESCAPING_WITH_SUFFIXES, 9lives, io, '', _9lives_io_total",
    "UNDERSCORE_ESCAPING_WITHOUT_SUFFIXES, test-space, io.x, By, test_space_io_x",
    "NO_UTF8_ESCAPING_WITH_SUFFIXES, test-space, io.x, By, test-space_io.x_bytes_total",
    "NO_TRANSLATION, space, io.x, By, space_io.x"
  })
  void theNamespaceComesFirst(
      TranslationStrategy strategy, String namespace, String name, String unit, String expected) {
    assertThat(metric(strategy, namespace, name, unit, MetricType.COUNTER)).isEqualTo(expected);
  }

  @Test
  void unitAndTypeCanBeAskedForAlone() {
    assertThat(
            new NameTranslation("", false, true, false).metricName("io", "By", MetricType.COUNTER))
        .isEqualTo("io_bytes");
    assertThat(
            new NameTranslation("", false, false, true).metricName("io", "By", MetricType.COUNTER))
        .isEqualTo("io_total");
  }

  @ParameterizedTest
  @CsvSource({
    "source.address, source_address",
    "already_fine, already_fine",
    "a..b, a__b",
    "a__b, a__b",
    "a-b c, a_b_c",
    "5xx, key_5xx",
    "_private, _private",
    ".dot, _dot",
    "__half, key__half",
    "__name__, key__name__",
    "..a.b, key__a_b",
    "größe, gr__e",
    "with:colon, with_colon"
  })
  void labelNames(String name, String expected) {
    assertThat(
            NameTranslation.of(TranslationStrategy.UNDERSCORE_ESCAPING_WITH_SUFFIXES, "")
                .labelName(name))
        .isEqualTo(expected);
  }

  @Test
  void keptLabelNamesStay() {
    NameTranslation kept = NameTranslation.of(TranslationStrategy.NO_TRANSLATION, "");
    assertThat(kept.labelName("k8s.pod name")).isEqualTo("k8s.pod name");
  }

  @Test
  void namesOfWhichNothingIsLeftAreErrors() {
    NameTranslation escaping =
        NameTranslation.of(TranslationStrategy.UNDERSCORE_ESCAPING_WITH_SUFFIXES, "");
    NameTranslation plain =
        NameTranslation.of(TranslationStrategy.UNDERSCORE_ESCAPING_WITHOUT_SUFFIXES, "");
    assertThatThrownBy(() -> escaping.metricName("", "", MetricType.GAUGE))
        .hasMessage("normalization for metric \"\" resulted in empty name");
    assertThatThrownBy(() -> escaping.metricName("---", "", MetricType.GAUGE))
        .hasMessage("normalization for metric \"---\" resulted in empty name");
    assertThatThrownBy(() -> plain.metricName("-_-_-", "", MetricType.GAUGE))
        .hasMessage("normalization for metric \"-_-_-\" resulted in invalid name \"___\"");
    assertThatThrownBy(() -> escaping.labelName("")).hasMessage("label name is empty");
    assertThatThrownBy(() -> escaping.labelName("ß"))
        .hasMessage("normalization for label name \"ß\" resulted in invalid name \"_\"");
    assertThatThrownBy(() -> escaping.labelName("ключ"))
        .hasMessage("normalization for label name \"ключ\" resulted in invalid name \"____\"");
  }

  @Test
  void strategiesAreFoundByTheirConfigName() {
    for (TranslationStrategy strategy : TranslationStrategy.values()) {
      assertThat(TranslationStrategy.named(strategy.configName())).hasValue(strategy);
    }
    assertThat(TranslationStrategy.named("notranslation")).isEmpty();
  }
}
