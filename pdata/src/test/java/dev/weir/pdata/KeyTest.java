package dev.weir.pdata;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class KeyTest {
  @Test
  void keysOfOneNameAreEqual() {
    Key one = Key.of("source.address");
    Key two =
        Key.of(
            new String("source.address".getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8));
    assertThat(one).isEqualTo(two).hasSameHashCodeAs(two).isEqualByComparingTo(two);
    assertThat(one).hasToString("source.address").isNotEqualTo(Key.of("source.port"));
    assertThat(one.utf8()).isEqualTo("source.address".getBytes(StandardCharsets.UTF_8));
    assertThat(Key.of("").name()).isEmpty();
  }

  @Test
  void namesWithOneHashAreStillTwoKeys() {
    assertThat("Aa".hashCode()).isEqualTo("BB".hashCode());
    assertThat(Key.of("Aa")).isNotEqualTo(Key.of("BB"));
    Attributes both = Attributes.of("Aa", "1").with(Key.of("BB"), Text.of("2"));
    assertThat(both).hasToString("{Aa=1, BB=2}");
  }
}
