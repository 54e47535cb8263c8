package dev.weir.pdata.otlp;

import dev.weir.pdata.Attributes;
import dev.weir.pdata.Key;
import dev.weir.pdata.Value;
import java.util.Arrays;

/**
 * Attributes under construction. A list that is nested in a value stands above the one that it
 * belongs to: whoever reads a list remembers {@link #top} before and gives it to {@link #take}.
 *
 * <p>Sets of one message have the same keys mostly, so the last set serves as a guess: the key at
 * the same place is taken for granted if its bytes are the same, and if all keys were, the new set
 * shares its list of keys. For one thread.
 */
final class AttributeStack {
  private static final int FIRST = 32;

  // Empty at first: a message of very many very small groups makes a stack for each.
  private Key[] keys = new Key[0];
  private Value[] values = new Value[0];
  private int top;
  private Attributes shape = Attributes.EMPTY;

  /** Returns the height: where the next attribute will stand. */
  int top() {
    return top;
  }

  void push(Key key, Value value) {
    if (top == keys.length) {
      keys = Arrays.copyOf(keys, Math.max(FIRST, top * 2));
      values = Arrays.copyOf(values, Math.max(FIRST, top * 2));
    }
    keys[top] = key;
    values[top++] = value;
  }

  /** Pushes what belongs to a set that goes on. */
  void push(Attributes set) {
    for (int i = 0; i < set.size(); i++) {
      push(set.key(i), set.value(i));
    }
  }

  /** Returns the key of these bytes; {@code place} is the height when its attribute began. */
  Key key(byte[] bytes, int offset, int length, int place) {
    // The stack holds one set nearly always, so its height is the place in the set.
    if (place < shape.size()) {
      Key guess = shape.key(place);
      byte[] utf8 = guess.utf8();
      if (utf8.length == length && Arrays.equals(utf8, 0, length, bytes, offset, offset + length)) {
        return guess;
      }
    }
    return Key.ofUtf8(bytes, offset, length);
  }

  /** Makes a set of the attributes above {@code base} and takes them off. */
  @SuppressWarnings("ReferenceEquality") // whether the keys are those of the set before
  Attributes take(int base) {
    int n = top - base;
    top = base;
    if (n == 0) {
      return Attributes.EMPTY;
    }
    boolean same = n == shape.size();
    for (int i = 0; same && i < n; i++) {
      same = keys[base + i] == shape.key(i);
    }
    Attributes set =
        same
            ? shape.withValues(Arrays.copyOfRange(values, base, base + n))
            : Attributes.of(keys, values, base, base + n);
    if (base == 0) {
      shape = set;
    }
    return set;
  }
}
