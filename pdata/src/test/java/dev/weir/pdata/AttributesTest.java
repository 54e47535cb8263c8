package dev.weir.pdata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.Test;

class AttributesTest {
  private static final Key A = Key.of("a");
  private static final Key B = Key.of("b");
  private static final Key C = Key.of("c");

  @Test
  void theFirstKeyOfAllIsAppendedToTheEmptySet() {
    assertThat(Attributes.of("a", "1").get("a")).isEqualTo(Text.of("1"));
  }

  @Test
  void withAppendsANewKeyAndReplacesAKnownOneInItsPlace() {
    Attributes one = Attributes.EMPTY.with(A, Text.of("1")).with(B, Text.of("2"));
    assertThat(one).hasToString("{a=1, b=2}");
    assertThat(one.with(A, Text.of("3"))).hasToString("{a=3, b=2}");
    assertThat(one.with(C, new Value.Int(4))).hasToString("{a=1, b=2, c=4}");
    assertThat(one).as("immutable").hasToString("{a=1, b=2}");
  }

  @Test
  void withTheSameValueIsTheSameInstance() {
    Attributes one = Attributes.of("a", "1");
    assertThat(one.with(Key.of("a"), Text.of("1"))).isSameAs(one);
  }

  @Test
  void withoutClosesTheGapAndTheLastOneLeavesTheEmptySet() {
    Attributes three = Attributes.builder().put(A, "1").put(B, "2").put(C, "3").build();
    assertThat(three.without(B)).hasToString("{a=1, c=3}");
    assertThat(three.without(Key.of("d"))).isSameAs(three);
    assertThat(Attributes.of("a", "1").without(A)).isSameAs(Attributes.EMPTY);
    assertThat(three).as("immutable").hasToString("{a=1, b=2, c=3}");
  }

  @Test
  void getIndexOfAndForEachAgree() {
    Attributes two = Attributes.builder().put(A, "1").put(B, 2).build();
    assertThat(two.size()).isEqualTo(2);
    assertThat(two.indexOf(Key.of("b"))).isEqualTo(1);
    assertThat(two.indexOf(C)).isEqualTo(-1);
    assertThat(two.get(C)).isNull();
    assertThat(two.get("c")).isNull();
    assertThat(two.get("b")).isEqualTo(new Value.Int(2));
    List<String> seen = new ArrayList<>();
    two.forEach((key, value) -> seen.add(key + "=" + value));
    assertThat(seen).containsExactly("a=1", "b=2");
    assertThat(Attributes.EMPTY.isEmpty()).isTrue();
    assertThat(two.isEmpty()).isFalse();
  }

  @Test
  void equalityKnowsNoOrderAndComparesEveryKindOfValueByContent() {
    Attributes one =
        Attributes.builder()
            .put(A, Value.Bytes.of(new byte[] {1, 2}))
            .put(B, new Value.Items(List.of(new Value.Real(Double.NaN), Value.Empty.INSTANCE)))
            .put(C, new Value.Pairs(Attributes.of("x", "y")))
            .build();
    Attributes other =
        Attributes.builder()
            .put(C, new Value.Pairs(Attributes.of("x", "y")))
            .put(B, new Value.Items(List.of(new Value.Real(Double.NaN), new Value.Empty())))
            .put(A, Value.Bytes.of(new byte[] {1, 2}))
            .build();
    assertThat(one).isEqualTo(other).hasSameHashCodeAs(other);
    assertThat(one).isNotEqualTo(other.with(A, Value.Bytes.of(new byte[] {1, 3})));
    assertThat(one).isNotEqualTo(other.without(A));
    assertThat(Attributes.of("a", "1"))
        .as("a text is no number")
        .isNotEqualTo(Attributes.of(A, new Value.Int(1)));
    assertThat(Attributes.builder().put(A, "1").put(B, "2").build())
        .as("values that changed places")
        .isNotEqualTo(Attributes.builder().put(A, "2").put(B, "1").build());
  }

  @Test
  void largeSetsInOtherOrderAreEqualToo() {
    Attributes.Builder up = Attributes.builder();
    Attributes.Builder down = Attributes.builder();
    for (int i = 0; i < 500; i++) {
      up.put(Key.of("key" + i), new Value.Int(i));
      down.put(Key.of("key" + (499 - i)), new Value.Int(499 - i));
    }
    Attributes one = up.build();
    Attributes other = down.build();
    assertThat(one).isEqualTo(other).hasSameHashCodeAs(other);
    assertThat(one).isNotEqualTo(other.with(Key.of("key7"), new Value.Int(8)));
    Value seven = new Value.Int(7);
    Value eight = new Value.Int(8);
    assertThat(one)
        .as("values that changed places")
        .isNotEqualTo(other.with(Key.of("key7"), eight).with(Key.of("key8"), seven));
  }

  @Test
  void aBuilderStartsFromASetLeavesItAloneAndMayGoOn() {
    Attributes start = Attributes.of("a", "1");
    Attributes.Builder builder = start.toBuilder().put(B, "2").put(A, "3");
    Attributes built = builder.build();
    assertThat(built).hasToString("{a=3, b=2}");
    assertThat(start).hasToString("{a=1}");
    builder.put(A, "4").put(C, "5");
    assertThat(built).as("a later put").hasToString("{a=3, b=2}");
    assertThat(builder.build()).hasToString("{a=4, b=2, c=5}");
    assertThat(Attributes.builder().build()).isSameAs(Attributes.EMPTY);
  }

  @Test
  @SuppressWarnings("NullAway") // what a caller without null checks may do
  void nullIsAnError() {
    assertThatThrownBy(() -> Attributes.EMPTY.with(A, null))
        .isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> Attributes.builder().put(A, (Value) null))
        .isInstanceOf(NullPointerException.class);
  }

  @Test
  void setsBehaveAsAMapWithInsertionOrderDoes() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < 300; round++) {
      Map<String, Value> model = new LinkedHashMap<>();
      Attributes set = Attributes.EMPTY;
      for (int step = 0; step < 60; step++) {
        String name = "k" + random.nextInt(20);
        Value value = value(random);
        switch (random.nextInt(4)) {
          case 0 -> {
            model.remove(name);
            set = set.without(Key.of(name));
          }
          case 1 -> {
            Attributes.Builder builder = set.toBuilder();
            for (int i = 0; i < 3; i++) {
              String another = "k" + random.nextInt(20);
              model.put(another, value);
              builder.put(Key.of(another), value);
            }
            set = builder.build();
          }
          default -> {
            model.put(name, value);
            set = set.with(Key.of(name), value);
          }
        }
        String what = "seed " + seed + ", round " + round + ", step " + step;
        assertThat(set.size()).as(what).isEqualTo(model.size());
        List<String> keys = new ArrayList<>();
        List<Value> values = new ArrayList<>();
        set.forEach(
            (key, v) -> {
              keys.add(key.name());
              values.add(v);
            });
        assertThat(keys).as(what).containsExactlyElementsOf(model.keySet());
        assertThat(values).as(what).containsExactlyElementsOf(model.values());
        assertThat(set.get(name)).as(what).isEqualTo(model.get(name));
        assertThat(shuffled(set, random)).as(what).isEqualTo(set).hasSameHashCodeAs(set);
      }
    }
  }

  private static Value value(Random random) {
    return switch (random.nextInt(5)) {
      case 0 -> new Value.Int(random.nextLong());
      case 1 -> new Value.Real(random.nextGaussian());
      case 2 -> Value.Bool.of(random.nextBoolean());
      case 3 -> Value.Empty.INSTANCE;
      default -> Text.of(Integer.toString(random.nextInt(100)));
    };
  }

  private static Attributes shuffled(Attributes set, Random random) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < set.size(); i++) {
      order.add(i);
    }
    Collections.shuffle(order, random);
    Attributes.Builder builder = Attributes.builder();
    for (int i : order) {
      builder.put(Key.of(set.key(i).name()), set.value(i));
    }
    return builder.build();
  }

  @Test
  void severalThreadsThatBuildTheSameSetsGetEqualOnes() throws Exception {
    int threads = 4;
    CyclicBarrier barrier = new CyclicBarrier(threads);
    List<List<Attributes>> built = new ArrayList<>();
    List<Thread> running = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      List<Attributes> mine = new ArrayList<>();
      built.add(mine);
      running.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int round = 0; round < 200; round++) {
                      try {
                        barrier.await();
                      } catch (Exception e) {
                        throw new IllegalStateException(e);
                      }
                      Attributes set = Attributes.EMPTY;
                      for (int i = 0; i < 10; i++) {
                        set = set.with(Key.of("race" + round + "." + i), new Value.Int(i));
                      }
                      mine.add(set);
                    }
                  }));
    }
    for (Thread thread : running) {
      thread.join();
    }
    for (List<Attributes> other : built) {
      assertThat(other).hasSize(200).isEqualTo(built.getFirst());
    }
  }
}
