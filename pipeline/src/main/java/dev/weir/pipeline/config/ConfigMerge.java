package dev.weir.pipeline.config;

import dev.weir.pipeline.config.ConfigNode.Entry;
import dev.weir.pipeline.config.ConfigNode.MapNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Puts sources together as the Collector does: maps merge, and everything else, null included, is
 * replaced by the later one.
 */
final class ConfigMerge {
  private ConfigMerge() {}

  /** Returns {@code base} with {@code later} laid over it. */
  static MapNode merge(MapNode base, MapNode later) {
    Map<String, Entry> merged = new LinkedHashMap<>(base.entries());
    later.entries().forEach((key, entry) -> merged.merge(key, entry, ConfigMerge::lay));
    return new MapNode(merged, base.location(), null);
  }

  private static Entry lay(Entry base, Entry later) {
    return base.value() instanceof MapNode under && later.value() instanceof MapNode over
        ? new Entry(base.keyLocation(), merge(under, over))
        : later;
  }

  /** Returns the map with top-level keys such as {@code a::b: 1} written out as nested maps. */
  static MapNode split(MapNode map) {
    if (map.entries().keySet().stream().noneMatch(key -> key.contains("::"))) {
      return map;
    }
    MapNode result = new MapNode(Map.of(), map.location(), null);
    for (Map.Entry<String, Entry> each : map.entries().entrySet()) {
      List<String> keys = List.of(each.getKey().split("::", -1));
      Entry entry = each.getValue();
      for (int i = keys.size() - 1; i > 0; i--) {
        Location at = each.getValue().keyLocation();
        entry = new Entry(at, new MapNode(Map.of(keys.get(i), entry), at, null));
      }
      result = merge(result, new MapNode(Map.of(keys.getFirst(), entry), map.location(), null));
    }
    return result;
  }
}
