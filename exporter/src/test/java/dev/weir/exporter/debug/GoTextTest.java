package dev.weir.exporter.debug;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;

class GoTextTest {
  @Test
  void doublesReadAsGoWritesThem() throws Exception {
    List<String> lines;
    try (var reader =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(GoTextTest.class.getResourceAsStream("floats.txt")),
                StandardCharsets.UTF_8))) {
      lines = reader.lines().toList();
    }
    assertThat(lines).hasSizeGreaterThan(300);
    SoftAssertions all = new SoftAssertions();
    for (String line : lines) {
      String[] columns = line.split("\t", -1);
      double value = Double.longBitsToDouble(Long.parseUnsignedLong(columns[0], 16));
      all.assertThat(GoText.shortest(value)).as(line).isEqualTo(columns[1]);
      all.assertThat(GoText.six(value)).as(line).isEqualTo(columns[2]);
      all.assertThat(GoText.script(value)).as(line).isEqualTo(columns[3]);
    }
    all.assertAll();
  }

  @Test
  void timesLoseTrailingZeros() {
    assertThat(GoText.time(0)).isEqualTo("1970-01-01 00:00:00 +0000 UTC");
    assertThat(GoText.time(1_500_000_000)).isEqualTo("1970-01-01 00:00:01.5 +0000 UTC");
    assertThat(GoText.time(1_000_000_001)).isEqualTo("1970-01-01 00:00:01.000000001 +0000 UTC");
    assertThat(GoText.time(-1)).isEqualTo("1969-12-31 23:59:59.999999999 +0000 UTC");
  }
}
