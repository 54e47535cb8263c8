package dev.weir.pdata;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class KeyListTest {
  @Test
  void theSameKeysInTheSameOrderAreOneList() {
    KeyList one = KeyList.EMPTY.append(Key.of("x1")).append(Key.of("x2"));
    KeyList two = KeyList.EMPTY.append(Key.of("x1")).append(Key.of("x2"));
    assertThat(two).isSameAs(one);
    assertThat(one.append(Key.of("x3")).without(2)).isSameAs(one);
    assertThat(one.without(0).append(Key.of("x1"))).isSameAs(one.without(0).append(Key.of("x1")));
    assertThat(one.without(0).append(Key.of("x1")).sameKeys(one)).as("another order").isFalse();
  }

  @Test
  void aKeyIsFoundByIdentityOrByName() {
    Key key = Key.of("found1");
    KeyList list = KeyList.EMPTY.append(key).append(Key.of("found2"));
    assertThat(list.indexOf(key)).isZero();
    assertThat(list.indexOf(Key.of("found2"))).isEqualTo(1);
    assertThat(list.indexOf(Key.of("found3"))).isEqualTo(-1);
    assertThat(list.find("found1")).isSameAs(key);
    assertThat(list.find("found3")).isNull();
  }

  @Test
  void aListRemembersAtMost64TransitionsAndTheFirstOnesStay() {
    KeyList base = KeyList.EMPTY.append(Key.of("hostile"));
    Key[] keys =
        IntStream.range(0, 1_000).mapToObj(i -> Key.of("hostile." + i)).toArray(Key[]::new);
    for (Key key : keys) {
      KeyList first = base.append(key);
      assertThat(base.append(key)).isSameAs(first);
      assertThat(first.get(1)).isEqualTo(key);
    }
    assertThat(Arrays.stream(keys).filter(key -> base.after(key) != null)).hasSize(64);
    assertThat(Arrays.stream(keys, 0, 48).map(base::after)).doesNotContainNull();
  }

  @Test
  void allListsTogetherRememberABoundedNumberOfKeys() {
    // 64 names in any order would be 64^n lists of n keys; the root forgets them in time.
    Random random = new Random(1);
    Key[] names = IntStream.range(0, 64).mapToObj(i -> Key.of("n" + i)).toArray(Key[]::new);
    Key mark = Key.of("allListsTogether");
    KeyList.EMPTY.append(mark);
    long sets = 0;
    while (KeyList.EMPTY.after(mark) != null) {
      KeyList list = KeyList.EMPTY.append(mark);
      for (int i = 0; i < 20; i++) {
        Key key = names[random.nextInt(names.length)];
        list = list.indexOf(key) < 0 ? list.append(key) : list;
      }
      sets++;
    }
    assertThat(sets * 200).isLessThan(2 * KeyList.MAX_REMEMBERED);
  }

  @Test
  void aLongListIsNotRemembered() {
    Key[] keys = IntStream.range(0, 100_000).mapToObj(i -> Key.of("k" + i)).toArray(Key[]::new);
    Value[] values = new Value[keys.length];
    Arrays.fill(values, Text.of("v"));
    Attributes set = Attributes.of(keys, values, 0, keys.length);
    assertThat(set.size()).isEqualTo(keys.length);
    assertThat(set.without(keys[7]).size()).isEqualTo(keys.length - 1);
    assertThat(set.with(Key.of("more"), Text.of("v")).size()).isEqualTo(keys.length + 1);
  }
}
