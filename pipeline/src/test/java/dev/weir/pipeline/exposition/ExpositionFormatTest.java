package dev.weir.pipeline.exposition;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExpositionFormatTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | text/plain; version=0.0.4; charset=utf-8; escaping=underscores",
        "*/* | text/plain; version=0.0.4; charset=utf-8; escaping=underscores",
        "text/html,application/xml;q=0.9,*/*;q=0.8 | text/plain; version=0.0.4; charset=utf-8; escaping=underscores",
        "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5 | application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores",
        "text/plain;version=0.0.4;q=0.5,application/openmetrics-text;version=1.0.0;q=0.6 | application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores",
        "application/openmetrics-text;version=1.0.0;q=0.2,text/plain;q=0.9 | text/plain; version=0.0.4; charset=utf-8; escaping=underscores",
        "application/openmetrics-text;version=1.0.0;q=0 | text/plain; version=0.0.4; charset=utf-8; escaping=underscores",
        "application/openmetrics-text;version=9.0.0 | text/plain; version=0.0.4; charset=utf-8; escaping=underscores",
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5 | application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
        "text/plain;version=0.0.4;escaping=allow-utf-8 | text/plain; version=0.0.4; charset=utf-8; escaping=allow-utf-8",
        "text/plain;q=rubbish | text/plain; version=0.0.4; charset=utf-8; escaping=underscores"
      })
  void theClientGetsWhatItPrefers(String accept, String contentType) {
    assertThat(ExpositionFormat.negotiate(accept, true).contentType()).isEqualTo(contentType);
  }

  @Test
  void openMetricsIsOnlyGivenWhereAllowed() {
    assertThat(ExpositionFormat.negotiate("application/openmetrics-text;version=1.0.0", false))
        .isEqualTo(ExpositionFormat.TEXT);
    assertThat(ExpositionFormat.negotiate(null, true)).isEqualTo(ExpositionFormat.TEXT);
  }

  @Test
  void gzipIsGivenToWhoTakesIt() {
    assertThat(ExpositionFormat.acceptsGzip("deflate, gzip;q=0.5")).isTrue();
    assertThat(ExpositionFormat.acceptsGzip("*")).isTrue();
    assertThat(ExpositionFormat.acceptsGzip("gzip;q=0")).isFalse();
    assertThat(ExpositionFormat.acceptsGzip("identity")).isFalse();
    assertThat(ExpositionFormat.acceptsGzip(null)).isFalse();
  }
}
