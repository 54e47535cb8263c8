package dev.weir.exporter.accesslog;

import dev.weir.pdata.Attributes;
import dev.weir.pdata.Key;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The order in which a record's attributes are written: what a reader asks first stands first,
 * whoever added it and when. Attributes that are not known here keep their own order, those of the
 * source behind the known ones of the source, and so on.
 *
 * <p>Records of one source carry the same keys in the same order, so the last answer is remembered
 * by the identity of the keys. For one thread.
 */
final class AttributeOrder {
  private static final String SOURCE = "source.";
  private static final String DESTINATION = "destination.";

  /**
   * The known ones; {@code source.*} stands for the rest of its kind, {@code *} for all the rest.
   */
  private static final List<String> ORDER =
      List.of(
          "source.address",
          "source.port",
          "destination.address",
          "destination.port",
          "reporter",
          "error.type",
          "source.process.executable.name",
          "source.process.pid",
          "source.container.id",
          "source.k8s.pod.uid",
          "source.*",
          "destination.process.executable.name",
          "destination.process.pid",
          "destination.container.id",
          "destination.k8s.pod.uid",
          "destination.*",
          "tcp.connection.duration",
          "tcp.connection.handshake.duration",
          "tcp.io.transmit",
          "tcp.io.receive",
          "tcp.segments.transmit",
          "tcp.segments.receive",
          "tcp.retransmits",
          "tcp.lost",
          "tcp.reset.transmit",
          "tcp.reset.receive",
          "tcp.rtt",
          "tcp.rtt.min",
          "*",
          "network.transport",
          "network.type",
          "network.namespace",
          "tcp.connection.id");

  private static final Map<String, Integer> RANKS = ranks();

  private final @Nullable List<Key> chosen;
  private Key[] keys = new Key[0];
  private int[] indices = new int[0];

  private AttributeOrder(@Nullable List<Key> chosen) {
    this.chosen = chosen;
  }

  /** Returns the usual order of all attributes. */
  static AttributeOrder usual() {
    return new AttributeOrder(null);
  }

  /** Returns an order that leaves out whatever is not among {@code fields}. */
  static AttributeOrder only(List<String> fields) {
    return new AttributeOrder(fields.stream().distinct().map(Key::of).toList());
  }

  private static Map<String, Integer> ranks() {
    Map<String, Integer> ranks = new HashMap<>();
    for (String name : ORDER) {
      ranks.put(name, ranks.size());
    }
    return Map.copyOf(ranks);
  }

  /** Returns positions in {@code attributes}, in the order to write: read only, until next time. */
  int[] of(Attributes attributes) {
    if (!same(attributes)) {
      int n = attributes.size();
      keys = new Key[n];
      for (int i = 0; i < n; i++) {
        keys[i] = attributes.key(i);
      }
      indices = chosen == null ? sorted(attributes) : chosen(attributes, chosen);
    }
    return indices;
  }

  @SuppressWarnings("ReferenceEquality") // equal keys of another identity are only sorted again
  private boolean same(Attributes attributes) {
    if (attributes.size() != keys.length) {
      return false;
    }
    for (int i = 0; i < keys.length; i++) {
      if (attributes.key(i) != keys[i]) {
        return false;
      }
    }
    return true;
  }

  private static int[] sorted(Attributes attributes) {
    long[] ranked = new long[attributes.size()];
    for (int i = 0; i < ranked.length; i++) {
      ranked[i] = (long) rank(attributes.key(i).name()) << Integer.SIZE | i;
    }
    Arrays.sort(ranked);
    return Arrays.stream(ranked).mapToInt(r -> (int) r).toArray();
  }

  private static int[] chosen(Attributes attributes, List<Key> chosen) {
    return chosen.stream().mapToInt(attributes::indexOf).filter(i -> i >= 0).toArray();
  }

  private static int rank(String name) {
    Integer known = RANKS.get(name);
    if (known == null) {
      known =
          RANKS.get(
              name.startsWith(SOURCE)
                  ? "source.*"
                  : name.startsWith(DESTINATION) ? "destination.*" : "*");
    }
    return known == null ? ORDER.size() : known;
  }
}
