package dev.weir.pdata;

import static org.assertj.core.api.Assertions.assertThat;

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
  void hostileKeysCostNoMemoryBeyondTheFirst64() {
    KeyList base = KeyList.EMPTY.append(Key.of("hostile"));
    int shared = 0;
    for (int i = 0; i < 1_000; i++) {
      Key key = Key.of("hostile." + i);
      KeyList first = base.append(key);
      KeyList again = base.append(key);
      assertThat(again.sameKeys(first)).isTrue();
      assertThat(again.get(1)).isEqualTo(key);
      if (again == first) {
        shared++;
      }
    }
    assertThat(shared).isEqualTo(64);
  }
}
