package dev.weir.conformance.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExpositionTest {
  private static final String TEXT = "text/plain; version=0.0.4";
  private static final String OPEN_METRICS = "application/openmetrics-text; version=1.0.0";

  @Test
  void aPageIsReadWithAllItSays() {
    Exposition page =
        Exposition.parse(
            """
            # HELP a_total What \\\\ is\\nit "really"
            # TYPE a_total counter
            a_total{x="1",y="q\\"b\\\\n\\n"} 5.36870912e+09
            a_total{x="2"} 3 1700000000123
            # TYPE h histogram
            h_bucket{le="1"} 2
            h_bucket{le="+Inf"} 3
            h_sum 1.5
            h_count 3
            no_type NaN
            # HELP "my.name" odd
            # TYPE "my.name" gauge
            {"my.name","odd label"="v"} 1
            """,
            TEXT);
    assertThat(page.lines())
        .containsExactlyInAnyOrder(
            "TYPE a_total counter",
            "HELP a_total What \\ is\\nit \"really\"",
            "a_total{x=1, y=q\"b\\n\\n} 5.36870912E9",
            "a_total{x=2} 3.0 @1700000000123",
            "TYPE h histogram",
            "HELP h ",
            "h_bucket{le=1} 2.0",
            "h_bucket{le=+Inf} 3.0",
            "h_sum{} 1.5",
            "h_count{} 3.0",
            "TYPE no_type untyped",
            "HELP no_type ",
            "no_type{} NaN",
            "TYPE my.name gauge",
            "HELP my.name odd",
            "my.name{odd label=v} 1.0");
    assertThat(page.value("a_total", Map.of("x", "2"))).isEqualTo(3);
    assertThat(page.sum("a_total")).isEqualTo(5368709123.0);
  }

  @Test
  void openMetricsHasExemplarsAndAnEnd() {
    String page =
        """
        # HELP a what
        # TYPE a counter
        a_total 1.0 # {trace_id="01"} 2.0 1700000000.5
        # EOF
        """;
    assertThat(Exposition.parse(page, OPEN_METRICS).lines())
        .contains("a_total{} 1.0 # {trace_id=01} 2.0 @1700000000500");
    assertThatThrownBy(() -> Exposition.parse(page.replace("# EOF\n", ""), OPEN_METRICS))
        .hasMessageContaining("# EOF");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a 1",
        "a 1\na 2\n",
        "a{x=\"1\",x=\"2\"} 1\n",
        "a{x=1} 1\n",
        "a{x=\"\\q\"} 1\n",
        "a{1x=\"\"} 1\n",
        "1a 1\n",
        "a one\n",
        "a 1 2 3\n",
        "a\n",
        "# TYPE a thing\na 1\n",
        "# TYPE a gauge\n# TYPE a gauge\na 1\n",
        "# TYPE a gauge\na 1\nb 1\na{x=\"1\"} 2\n",
        "# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_count 1\n",
        "# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_count 2\n",
        "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 2\nh_count 3\n",
        "{x=\"1\"} 1\n",
      })
  void whatNoParserShouldTakeIsRefused(String page) {
    assertThatThrownBy(() -> Exposition.parse(page, TEXT)).isInstanceOf(AssertionError.class);
  }
}
