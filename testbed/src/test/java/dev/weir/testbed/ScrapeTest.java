package dev.weir.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ScrapeTest {
  private static final Scrape SCRAPE =
      Scrape.parse(
          """
          # HELP tcp_io_bytes_total bytes
          # TYPE tcp_io_bytes_total counter
          tcp_io_bytes_total{reporter="client",note="a \\"b\\" \\\\ \\n, c={}"} 5368709120
          tcp_io_bytes_total{reporter="server",note=""} 7 1700000000000
          up 1
          odd +Inf
          # EOF
          """);

  @Test
  void sumsGoByNameAndLabels() {
    assertThat(SCRAPE.sum("tcp_io_bytes_total")).isEqualTo(5368709127.0);
    assertThat(SCRAPE.sum("tcp_io_bytes_total", Scrape.labels("reporter", "server"))).isEqualTo(7);
    assertThat(SCRAPE.sum("up")).isEqualTo(1);
    assertThat(SCRAPE.sum("odd")).isInfinite();
    assertThat(SCRAPE.sum("absent")).isZero();
  }

  @Test
  void quotedLabelValuesAreUnescaped() {
    assertThat(SCRAPE.samples().getFirst().label("note")).isEqualTo("a \"b\" \\ \n, c={}");
  }

  @Test
  void whatIsNoSampleIsRefused() {
    assertThatThrownBy(() -> Scrape.parse("<html>")).hasMessageContaining("<html>");
    assertThatThrownBy(() -> Scrape.parse("a{b=\"c} 1")).hasMessageContaining("not a sample");
    assertThatThrownBy(() -> Scrape.parse("a b")).hasMessageContaining("not a sample");
  }
}
