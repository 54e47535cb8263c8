package dev.weir.pdata;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The keys of an attribute set, in order, without a double. Sets made on the same way share one
 * list, so that what depends on the keys alone (a position, a selection, the list with one key
 * more) is found by identity.
 *
 * <p>The idea is the hidden class of object systems (Chambers, Ungar, Lee 1989): appending a key
 * follows a remembered transition.
 *
 * <p>What is remembered is bounded, because keys may come from anybody: a list remembers at most
 * {@value #MAX_TRANSITIONS} transitions, of which the last 16 give way to new ones; a list of more
 * than {@value #MAX_SHARED} keys remembers none; and all lists together remember at most {@value
 * #MAX_REMEMBERED} keys (2 MB) before the root forgets everything and lists are learned anew.
 * Hostile keys cost time, never memory. A list that was forgotten lives as long as the attributes
 * that use it.
 *
 * <p>Thread safe: transitions are an immutable array replaced under a volatile write; two threads
 * that race make two equal lists, which is correct and merely slower.
 */
final class KeyList {
  /** Longest list that is remembered. */
  static final int MAX_SHARED = 64;

  private static final int MAX_TRANSITIONS = 64;
  static final long MAX_REMEMBERED = 1 << 19;
  // Before EMPTY, whose own transitions it is.
  private static final KeyList[] NONE = new KeyList[0];
  static final KeyList EMPTY = new KeyList(new Key[0]);
  // How many keys stand in the lists that were remembered since the root last forgot.
  private static final AtomicLong REMEMBERED = new AtomicLong();

  private final Key[] keys;
  private volatile KeyList[] transitions = NONE;

  private KeyList(Key[] keys) {
    this.keys = keys;
  }

  /** Returns a list of {@code keys}, which are not double and belong to it, found by nobody. */
  static KeyList unshared(Key[] keys) {
    return new KeyList(keys);
  }

  int size() {
    return keys.length;
  }

  Key get(int index) {
    return keys[index];
  }

  /** Returns the position of {@code key}, or -1. By identity first: 3 to 8 ns at 25 keys. */
  @SuppressWarnings("ReferenceEquality") // identity first is the point; equality follows
  int indexOf(Key key) {
    for (int i = 0; i < keys.length; i++) {
      if (keys[i] == key) {
        return i;
      }
    }
    for (int i = 0; i < keys.length; i++) {
      if (keys[i].equals(key)) {
        return i;
      }
    }
    return -1;
  }

  /**
   * Returns the list with {@code key} at its end if that way has been gone before by this instance,
   * or null. Then the key is absent here, and nobody has to look for it: what is built again and
   * again on the same way costs one comparison a key, not one for each key that is there.
   */
  @SuppressWarnings("ReferenceEquality") // a miss only means to look properly
  @Nullable KeyList after(Key key) {
    for (KeyList next : transitions) {
      if (next.keys[next.keys.length - 1] == key) {
        return next;
      }
    }
    return null;
  }

  /** Returns the list with {@code key}, which must be absent, at its end. */
  @SuppressWarnings("ReferenceEquality") // identity first is the point; equality follows
  KeyList append(Key key) {
    KeyList[] known = transitions;
    for (KeyList next : known) {
      Key last = next.keys[next.keys.length - 1];
      if (last == key || last.equals(key)) {
        return next;
      }
    }
    Key[] longer = Arrays.copyOf(keys, keys.length + 1);
    longer[keys.length] = key;
    KeyList made = new KeyList(longer);
    if (longer.length <= MAX_SHARED) {
      remember(known, made);
    }
    return made;
  }

  private void remember(KeyList[] known, KeyList made) {
    long all = REMEMBERED.addAndGet(made.keys.length);
    if (all > MAX_REMEMBERED) {
      REMEMBERED.set(0);
      EMPTY.transitions = NONE;
      return;
    }
    KeyList[] more;
    if (known.length < MAX_TRANSITIONS) {
      more = Arrays.copyOf(known, known.length + 1);
      more[known.length] = made;
    } else {
      // Newcomers push out newcomers; what was there first stays until the root forgets.
      more = known.clone();
      more[MAX_TRANSITIONS - 1 - (int) (all & 15)] = made;
    }
    transitions = more;
  }

  /** Returns the list without the key at {@code index}. */
  KeyList without(int index) {
    if (keys.length > MAX_SHARED) {
      Key[] shorter = new Key[keys.length - 1];
      System.arraycopy(keys, 0, shorter, 0, index);
      System.arraycopy(keys, index + 1, shorter, index, shorter.length - index);
      return new KeyList(shorter);
    }
    // Over the transitions of the prefix, so that the same removal gives the same list.
    KeyList list = EMPTY;
    for (int i = 0; i < keys.length; i++) {
      if (i != index) {
        list = list.append(keys[i]);
      }
    }
    return list;
  }

  boolean sameKeys(KeyList other) {
    return this == other || Arrays.equals(keys, other.keys);
  }

  @Nullable Key find(String name) {
    for (Key key : keys) {
      if (key.name().equals(name)) {
        return key;
      }
    }
    return null;
  }
}
