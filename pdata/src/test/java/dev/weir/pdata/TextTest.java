package dev.weir.pdata;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TextTest {
  @Test
  void bothFormsAreOneText() {
    for (String s :
        List.of("", "a", "\u00e9", "\u20ac", "\uD83D\uDE00", "mixed \u00e9\uD83D\uDE00 x")) {
      Text ofString = Text.of(s);
      Text ofBytes = Text.ofUtf8(s.getBytes(StandardCharsets.UTF_8));
      assertThat(ofBytes).isEqualTo(ofString).hasSameHashCodeAs(ofString).hasToString(s);
      assertThat(ofString.utf8()).isEqualTo(s.getBytes(StandardCharsets.UTF_8));
    }
    assertThat(Text.of("")).isSameAs(Text.EMPTY);
    assertThat(Text.ofUtf8(new byte[0])).isSameAs(Text.EMPTY);
  }

  @Test
  void aLoneSurrogateAndBrokenUtf8DoNoHarm() {
    assertThat(Text.of("a\uD83Db").utf8()).isEqualTo(new byte[] {'a', '?', 'b'});
    Text broken = Text.ofUtf8(new byte[] {'a', (byte) 0xff, 'b'});
    assertThat(broken).hasToString("a\ufffdb");
    assertThat(broken.utf8()).as("the bytes stay as they came").containsExactly('a', 0xff, 'b');
  }

  @Test
  void theStringIsMadeOnce() {
    Text text = Text.ofUtf8("abc".getBytes(StandardCharsets.UTF_8));
    assertThat(text.toString()).isSameAs(text.toString());
  }

  @Test
  void orderIsThatOfCodePointsAndAgreesWithEquality() {
    assertThat(Text.of("\uffee"))
        .as("UTF-16 would order these the other way round")
        .isLessThan(Text.of("\uD83D\uDE00"));
    long seed = System.nanoTime();
    Random random = new Random(seed);
    List<Text> texts = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      StringBuilder s = new StringBuilder();
      for (int n = random.nextInt(4); n > 0; n--) {
        int c = random.nextInt(random.nextBoolean() ? 0x80 : 0x110000);
        s.appendCodePoint(c >= 0xd800 && c < 0xe000 ? 'x' : c);
      }
      texts.add(Text.of(s.toString()));
    }
    Collections.sort(texts);
    for (int i = 1; i < texts.size(); i++) {
      int[] left = texts.get(i - 1).toString().codePoints().toArray();
      int[] right = texts.get(i).toString().codePoints().toArray();
      assertThat(Arrays.compare(left, right)).as("seed " + seed).isLessThanOrEqualTo(0);
      assertThat(texts.get(i - 1).compareTo(texts.get(i)) == 0)
          .isEqualTo(texts.get(i - 1).equals(texts.get(i)));
    }
  }

  @Test
  void aTextIsNoOtherKindOfValue() {
    assertThat((Value) Text.of("1")).isNotEqualTo(new Value.Int(1));
    assertThat(Value.text("a")).isEqualTo(Text.of("a"));
    assertThat(Value.integer(7)).hasToString("7");
    assertThat(Value.Bytes.of(new byte[] {1, (byte) 0xab})).hasToString("01ab");
  }
}
