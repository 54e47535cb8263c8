package dev.weir.conformance.oracle;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** The real Collector and Weir, running with the same configuration on ports of their own. */
record Pair(Subject collector, Subject weir) implements AutoCloseable {
  /** Starts both. */
  static Pair start(String configuration) {
    Subject collector = Subject.start(Subject.Kind.COLLECTOR, configuration);
    try {
      return new Pair(collector, Subject.start(Subject.Kind.WEIR, configuration));
    } catch (Throwable t) {
      collector.close();
      throw t;
    }
  }

  /** Does the same to both, the Collector first, and returns what it gave. */
  <T> Both<T> each(Function<Subject, T> deed) {
    return new Both<>(deed.apply(collector), deed.apply(weir));
  }

  @Override
  public void close() {
    collector.close();
    weir.close();
  }

  /** What each of the two gave. */
  record Both<T>(T collector, T weir) {}

  /**
   * Compares case by case and returns what is wrong, one line a case; nothing if all is well.
   *
   * @param known cases that differ on purpose, with the reason; of these what {@code common} leaves
   *     must still be equal, and one that does not differ any more is wrong too
   */
  static <T> List<String> differences(
      Map<String, Both<T>> cases, Map<String, String> known, UnaryOperator<T> common) {
    List<String> wrong = new ArrayList<>();
    cases.forEach(
        (name, both) -> {
          boolean equal = both.collector.equals(both.weir);
          if (known.containsKey(name)) {
            if (equal) {
              wrong.add(name + ": differs no longer: take it from the table");
            } else if (!common.apply(both.collector).equals(common.apply(both.weir))) {
              wrong.add(line(name + " (even in what must be equal)", both));
            }
          } else if (!equal) {
            wrong.add(line(name, both));
          }
        });
    for (String name : known.keySet()) {
      if (!cases.containsKey(name)) {
        wrong.add(name + ": in the table, but no case");
      }
    }
    return wrong;
  }

  private static <T> String line(String name, Both<T> both) {
    return name + "\n    Collector " + both.collector + "\n    Weir      " + both.weir;
  }
}
