package dev.weir.bench;

import dev.weir.pdata.Attributes;
import dev.weir.pdata.Key;
import dev.weir.pdata.Text;
import dev.weir.pdata.Value;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What {@link Attributes} cost at 25 attributes, the size of an enriched connection (hotpath.md 2).
 * With {@code -prof gc} the bytes too. The compiler does not see that the sets are the same in
 * every call: they are fields of a state that is not final.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgsAppend = "-XX:+UseSerialGC")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Thread)
public class AttributesBenchmark {
  private static final int SIZE = 25;
  private static final int ADDED = 10;

  private final Key[] added = keys("destination.k8s.added", 2 * ADDED);
  private final Value[] values = values(2 * ADDED);
  private Attributes set = set(0, SIZE);
  private Attributes other = set(0, SIZE);
  private Attributes shuffled = shuffledSet();
  private Attributes connection = set(0, SIZE - 2 * ADDED);
  private Key first = set.key(0);
  private Key last = set.key(SIZE - 1);
  private Key foreignLast = Key.of(last.name());
  private Key absent = Key.of("network.peer.absent");
  private Key absentNew = Key.of("one.more");
  private Value value = Text.of("10.0.0.1");
  private int round;

  /** Makes the sets. */
  public AttributesBenchmark() {}

  private static Key[] keys(String prefix, int n) {
    Key[] keys = new Key[n];
    for (int i = 0; i < n; i++) {
      keys[i] = Key.of(prefix + '.' + i);
    }
    return keys;
  }

  private static Value[] values(int n) {
    Value[] values = new Value[n];
    for (int i = 0; i < n; i++) {
      values[i] = Text.of("value-" + i);
    }
    return values;
  }

  private static Attributes set(int from, int to) {
    Attributes.Builder builder = Attributes.builder();
    for (int i = from; i < to; i++) {
      builder.put(Key.of("source.k8s.attribute." + i), "value-" + i);
    }
    return builder.build();
  }

  private static Attributes shuffledSet() {
    Attributes.Builder builder = Attributes.builder();
    for (int i = SIZE - 1; i >= 0; i--) {
      builder.put(Key.of("source.k8s.attribute." + i), "value-" + i);
    }
    return builder.build();
  }

  /** The first key, by the instance that the set holds. */
  @Benchmark
  public @Nullable Value getFirst() {
    return set.get(first);
  }

  /** The last key, by the instance that the set holds. */
  @Benchmark
  public @Nullable Value getLast() {
    return set.get(last);
  }

  /** The last key, by an equal instance of somebody else. */
  @Benchmark
  public @Nullable Value getLastByEqualKey() {
    return set.get(foreignLast);
  }

  /** A key that is not there. */
  @Benchmark
  public @Nullable Value getAbsent() {
    return set.get(absent);
  }

  /** A new value for a key that is there. */
  @Benchmark
  public Attributes withKnownKey() {
    return set.with(last, value);
  }

  /** A key more. */
  @Benchmark
  public Attributes withNewKey() {
    return set.with(absentNew, value);
  }

  /** A key less, in the middle. */
  @Benchmark
  public Attributes without() {
    return set.without(set.key(SIZE / 2));
  }

  /** All values by index. */
  @Benchmark
  public int iterate() {
    int sum = 0;
    for (int i = 0; i < set.size(); i++) {
      sum += set.key(i).utf8().length + ((Text) set.value(i)).utf8().length;
    }
    return sum;
  }

  /** Ten attributes for each of two ends, onto the five of a connection. */
  @Benchmark
  public Attributes enrichBothEnds() {
    Attributes.Builder builder = connection.toBuilder();
    for (int i = 0; i < ADDED; i++) {
      builder.put(added[i], values[i]);
    }
    for (int i = ADDED; i < 2 * ADDED; i++) {
      builder.put(added[i], values[i]);
    }
    return builder.build();
  }

  /** Equal sets of the same key list, hashes known. */
  @Benchmark
  public boolean equalsSameOrder() {
    return set.equals(other);
  }

  /** Equal sets of another order, hashes known. */
  @Benchmark
  public boolean equalsOtherOrder() {
    return set.equals(shuffled);
  }

  /** The hash of a set that is new: one value replaced, and that is included. */
  @Benchmark
  public int hashOfNewSet() {
    return set.with(last, values[++round % ADDED]).hashCode();
  }

  /** The hash of a set that has been asked before. */
  @Benchmark
  public int hashKnown() {
    return set.hashCode();
  }
}
