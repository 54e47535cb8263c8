package dev.weir.pdata;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AttributesTest {
  @Test
  void theFirstKeyOfAllIsAppendedToTheEmptySet() {
    assertThat(Attributes.of("a", "1").get("a")).isEqualTo(Text.of("1"));
  }
}
