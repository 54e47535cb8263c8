package dev.weir.pipeline.batching;

import dev.weir.pdata.Item;
import dev.weir.pdata.Metric;
import dev.weir.pdata.ResourceItems;
import dev.weir.pdata.ScopeItems;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.otlp.OtlpProtobuf;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A batch cut in two. Groups that lie whole on one side are handed on as they are; a group that is
 * still encoded is opened only if the cut goes through it. A metric is cut between its points.
 *
 * @param front the beginning
 * @param rest what follows, or null if that is nothing
 */
public record Cut<T extends Item>(Telemetry<T> front, @Nullable Telemetry<T> rest) {

  /**
   * Cuts after {@code max} data points, log records or spans. The batch is given away.
   *
   * @param max positive
   */
  public static <T extends Item> Cut<T> byItems(Telemetry<T> batch, int max) {
    return max >= batch.count() ? new Cut<>(batch, null) : after(batch, max);
  }

  /**
   * Cuts so that the front, encoded as OTLP protobuf, is as long as it can be within {@code max}
   * bytes. An item that alone is longer is a front of its own. The batch is given away.
   *
   * <p>The size of a front of so many items is looked up by interpolation, which takes about five
   * passes of sizing through the one group that is cut.
   *
   * @param max positive
   */
  public static <T extends Item> Cut<T> byBytes(Telemetry<T> batch, int max) {
    int items = 0;
    long bytes = 0;
    for (ResourceItems<T> group : batch.resources()) {
      int size = OtlpProtobuf.size(only(batch, group));
      if (bytes + size > max) {
        int fit = fitting(only(batch, group), Math.toIntExact(max - bytes), size);
        return after(batch, Math.max(items + fit, 1));
      }
      bytes += size;
      items += group.count();
    }
    return new Cut<>(batch, null);
  }

  /** Returns how many items of a batch of one group, which is too long, fit into {@code max}. */
  private static <T extends Item> int fitting(Telemetry<T> group, int max, int size) {
    int good = 0; // so many fit, or none do
    int bad = group.count(); // so many do not
    double goodSize = 0;
    double badSize = size;
    boolean halve = false;
    while (bad - good > 1) {
      double share = (max - goodSize) / (badSize - goodSize);
      int guess = halve ? good + (bad - good) / 2 : good + (int) Math.floor(share * (bad - good));
      int middle = Math.clamp(guess, good + 1, bad - 1);
      int width = bad - good;
      int found = OtlpProtobuf.size(after(group, middle).front());
      if (found <= max) {
        good = middle;
        goodSize = found;
      } else {
        bad = middle;
        badSize = found;
      }
      // Interpolation creeps when one large item stands among small ones.
      halve = !halve && bad - good > width / 2;
    }
    return good;
  }

  private static <T extends Item> Telemetry<T> only(Telemetry<T> batch, ResourceItems<T> group) {
    Telemetry<T> one = new Telemetry<>(batch.signal());
    one.metadata(batch.metadata());
    one.resources().add(group);
    return one;
  }

  /** Cuts after {@code max} items without changing the batch; points are copied, groups shared. */
  private static <T extends Item> Cut<T> after(Telemetry<T> batch, int max) {
    Telemetry<T> front = new Telemetry<>(batch.signal());
    Telemetry<T> rest = new Telemetry<>(batch.signal());
    front.metadata(batch.metadata());
    rest.metadata(batch.metadata());
    int room = max;
    for (ResourceItems<T> group : batch.resources()) {
      int count = group.count();
      if (room == 0) {
        rest.resources().add(group);
      } else if (count <= room) {
        front.resources().add(group);
        room -= count;
      } else {
        ResourceItems<T> left = emptied(group);
        ResourceItems<T> right = emptied(group);
        cut(group.scopes(), room, left.scopes(), right.scopes());
        front.resources().add(left);
        rest.resources().add(right);
        room = 0;
      }
    }
    return new Cut<>(front, rest.resources().isEmpty() ? null : rest);
  }

  private static <T extends Item> void cut(
      List<ScopeItems<T>> scopes, int max, List<ScopeItems<T>> front, List<ScopeItems<T>> rest) {
    int room = max;
    for (ScopeItems<T> scope : scopes) {
      int count = count(scope);
      if (room == 0) {
        rest.add(scope);
      } else if (count <= room) {
        front.add(scope);
        room -= count;
      } else {
        ScopeItems<T> left = emptied(scope);
        ScopeItems<T> right = emptied(scope);
        cutItems(scope.items(), room, left.items(), right.items());
        front.add(left);
        rest.add(right);
        room = 0;
      }
    }
  }

  private static <T extends Item> void cutItems(
      List<T> items, int max, List<T> front, List<T> rest) {
    int room = max;
    for (T item : items) {
      int count = item.count();
      if (room == 0) {
        rest.add(item);
      } else if (count <= room) {
        front.add(item);
        room -= count;
      } else {
        front.add(slice(item, 0, room));
        rest.add(slice(item, room, count));
        room = 0;
      }
    }
  }

  /** Only a metric counts for more than one. */
  @SuppressWarnings("unchecked") // the slice of a metric is a metric
  private static <T extends Item> T slice(T item, int from, int to) {
    return (T) ((Metric) item).slice(from, to);
  }

  private static <T extends Item> int count(ScopeItems<T> scope) {
    int n = 0;
    for (T item : scope.items()) {
      n += item.count();
    }
    return n;
  }

  private static <T extends Item> ResourceItems<T> emptied(ResourceItems<T> group) {
    ResourceItems<T> empty = new ResourceItems<>(group.resource());
    empty.schemaUrl(group.schemaUrl());
    return empty;
  }

  private static <T extends Item> ScopeItems<T> emptied(ScopeItems<T> scope) {
    ScopeItems<T> empty = new ScopeItems<>(scope.scope());
    empty.schemaUrl(scope.schemaUrl());
    return empty;
  }
}
