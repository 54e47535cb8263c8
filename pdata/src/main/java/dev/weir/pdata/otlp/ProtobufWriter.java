package dev.weir.pdata.otlp;

import dev.weir.pdata.Attributes;
import dev.weir.pdata.EncodedItems;
import dev.weir.pdata.EntityRef;
import dev.weir.pdata.Exemplar;
import dev.weir.pdata.ExponentialHistogramPoints;
import dev.weir.pdata.ExponentialHistogramPoints.Buckets;
import dev.weir.pdata.HistogramPoints;
import dev.weir.pdata.Item;
import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Metric;
import dev.weir.pdata.NumberPoints;
import dev.weir.pdata.Points;
import dev.weir.pdata.Resource;
import dev.weir.pdata.ResourceItems;
import dev.weir.pdata.Scope;
import dev.weir.pdata.ScopeItems;
import dev.weir.pdata.Span;
import dev.weir.pdata.SummaryPoints;
import dev.weir.pdata.Text;
import dev.weir.pdata.Value;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes a message from its end to its beginning: when the length of a nested message has to be
 * written, its content is there already, so no length is ever computed but the whole one ({@link
 * ProtobufSize}), which says how large the array must be. The result has its fields in the order of
 * their numbers, like that of Google's generated code.
 *
 * <p>The attributes of a point that the metric before had as well (the same instance) are copied
 * from where they already stand in the output.
 *
 * <p>For one thread and one batch.
 */
final class ProtobufWriter {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private final SharedRows rows = new SharedRows();
  private final byte[] out;
  private int pos;

  /** Makes a writer that fills {@code out} from its end. */
  ProtobufWriter(byte[] out) {
    this.out = out;
    this.pos = out.length;
  }

  /** Returns where the first written byte stands. */
  int position() {
    return pos;
  }

  /** Writes a group as a field of the request. */
  <T extends Item> void group(ResourceItems<T> group, @Nullable EncodedItems<T> encoded) {
    int end = pos;
    if (encoded != null) {
      copy(encoded.array(), encoded.offset(), encoded.length());
    } else {
      string(3, group.schemaUrl());
      List<? extends ScopeItems<?>> scopes = group.scopes();
      for (int i = scopes.size() - 1; i >= 0; i--) {
        int stop = pos;
        scope(scopes.get(i));
        close(2, stop);
      }
      int stop = pos;
      resource(group.resource());
      closeUnlessEmpty(1, stop);
    }
    close(1, end);
  }

  /** Returns what stands before a group of this size: tag and length. */
  static byte[] head(int length) {
    byte[] head = new byte[ProtobufSize.field(length) - length];
    new ProtobufWriter(head).close(1, head.length + length);
    return head;
  }

  private void resource(Resource resource) {
    List<EntityRef> entities = resource.entities();
    for (int i = entities.size() - 1; i >= 0; i--) {
      int stop = pos;
      EntityRef ref = entities.get(i);
      strings(4, ref.descriptionKeys());
      strings(3, ref.idKeys());
      string(2, ref.type());
      string(1, ref.schemaUrl());
      close(3, stop);
    }
    unsigned(2, resource.droppedAttributes());
    attributes(1, resource.attributes());
  }

  private void scope(ScopeItems<?> scope) {
    string(3, scope.schemaUrl());
    List<? extends Item> items = scope.items();
    for (int i = items.size() - 1; i >= 0; i--) {
      int stop = pos;
      switch (items.get(i)) {
        case Metric metric -> metric(metric);
        case LogRecord log -> logRecord(log);
        case Span span -> span(span);
      }
      close(2, stop);
    }
    int stop = pos;
    scope(scope.scope());
    closeUnlessEmpty(1, stop);
  }

  private void scope(Scope scope) {
    unsigned(4, scope.droppedAttributes());
    attributes(3, scope.attributes());
    string(2, scope.version());
    string(1, scope.name());
  }

  // Metrics --------------------------------------------------------------------------------------

  private void metric(Metric metric) {
    attributes(12, metric.metadata());
    if (metric.hasData()) {
      int stop = pos;
      if (metric.monotonic()) {
        out[--pos] = 1;
        out[--pos] = 3 << 3;
      }
      unsigned(2, metric.temporality().number());
      points(metric.points());
      int field =
          switch (metric.kind()) {
            case GAUGE -> 5;
            case SUM -> 7;
            case HISTOGRAM -> 9;
            case EXPONENTIAL_HISTOGRAM -> 10;
            case SUMMARY -> 11;
          };
      close(field, stop);
    }
    string(3, metric.unit());
    string(2, metric.description());
    string(1, metric.name());
  }

  private void points(Points points) {
    rows.next();
    for (int i = points.size() - 1; i >= 0; i--) {
      int stop = pos;
      switch (points) {
        case NumberPoints numbers -> numberPoint(numbers, i);
        case HistogramPoints histograms -> histogramPoint(histograms, i);
        case ExponentialHistogramPoints histograms -> exponentialPoint(histograms, i);
        case SummaryPoints summaries -> summaryPoint(summaries, i);
      }
      close(1, stop);
    }
  }

  private void numberPoint(NumberPoints points, int i) {
    unsigned(8, points.flags(i));
    row(7, points.attributes(i));
    if (points.hasValue(i) && !points.isReal(i)) {
      fixed64Always(6, points.integer(i));
    }
    exemplars(5, points.exemplars(i));
    if (points.isReal(i)) {
      fixed64Always(4, Double.doubleToRawLongBits(points.real(i)));
    }
    times(points, i);
  }

  private void histogramPoint(HistogramPoints points, int i) {
    optional(12, points.max(i));
    optional(11, points.min(i));
    unsigned(10, points.flags(i));
    row(9, points.attributes(i));
    exemplars(8, points.exemplars(i));
    int stop = pos;
    double[] bounds = points.bounds(i);
    for (int k = bounds.length - 1; k >= 0; k--) {
      put64(Double.doubleToRawLongBits(bounds[k]));
    }
    closeUnlessEmpty(7, stop);
    stop = pos;
    for (int k = points.bucketCount(i) - 1; k >= 0; k--) {
      put64(points.bucket(i, k));
    }
    closeUnlessEmpty(6, stop);
    optional(5, points.sum(i));
    fixed64(4, points.count(i));
    times(points, i);
  }

  private void exponentialPoint(ExponentialHistogramPoints points, int i) {
    ExponentialHistogramPoints.Point point = points.point(i);
    fixed64(14, Double.doubleToRawLongBits(point.zeroThreshold()));
    optional(13, point.max());
    optional(12, point.min());
    exemplars(11, points.exemplars(i));
    unsigned(10, points.flags(i));
    buckets(9, point.negative());
    buckets(8, point.positive());
    fixed64(7, point.zeroCount());
    unsigned(6, ProtobufSize.zigzag(point.scale()));
    optional(5, point.sum());
    fixed64(4, point.count());
    times(points, i);
    row(1, points.attributes(i));
  }

  private void buckets(int field, Buckets buckets) {
    int stop = pos;
    long[] counts = buckets.counts();
    for (int i = counts.length - 1; i >= 0; i--) {
      varint(counts[i]);
    }
    closeUnlessEmpty(2, stop);
    unsigned(1, ProtobufSize.zigzag(buckets.offset()));
    closeUnlessEmpty(field, stop);
  }

  private void summaryPoint(SummaryPoints points, int i) {
    unsigned(8, points.flags(i));
    row(7, points.attributes(i));
    double[] quantiles = points.quantiles(i);
    double[] values = points.values(i);
    for (int k = quantiles.length - 1; k >= 0; k--) {
      int stop = pos;
      fixed64(2, Double.doubleToRawLongBits(values[k]));
      fixed64(1, Double.doubleToRawLongBits(quantiles[k]));
      close(6, stop);
    }
    fixed64(5, Double.doubleToRawLongBits(points.sum(i)));
    fixed64(4, points.count(i));
    times(points, i);
  }

  private void times(Points points, int i) {
    fixed64(3, points.time(i));
    fixed64(2, points.startTime(i));
  }

  private void exemplars(int field, List<Exemplar> exemplars) {
    for (int i = exemplars.size() - 1; i >= 0; i--) {
      Exemplar exemplar = exemplars.get(i);
      int stop = pos;
      attributes(7, exemplar.attributes());
      if (exemplar.value() instanceof Value.Int(long value)) {
        fixed64Always(6, value);
      }
      id(5, exemplar.traceId());
      id(4, exemplar.spanId());
      if (exemplar.value() instanceof Value.Real(double value)) {
        fixed64Always(3, Double.doubleToRawLongBits(value));
      }
      fixed64(2, exemplar.time());
      close(field, stop);
    }
  }

  /** Writes the attributes of a point, by copying them if the metric before had the same set. */
  private void row(int field, Attributes set) {
    int known = rows.find(set);
    if (known < 0) {
      int end = pos;
      attributes(field, set);
      rows.add(set, pos, end);
      return;
    }
    int begin = rows.first(known);
    int length = rows.second(known) - begin;
    pos -= length;
    System.arraycopy(out, begin, out, pos, length);
    byte tag = (byte) ((field << 3) | 2);
    if (length > 0 && out[pos] != tag) { // another kind of point, another number for attributes
      int at = pos;
      int end = pos + length;
      while (at < end) {
        out[at++] = tag;
        int size = 0;
        for (int shift = 0; ; shift += 7) {
          byte b = out[at++];
          size |= (b & 0x7f) << shift;
          if (b >= 0) {
            break;
          }
        }
        at += size;
      }
    }
    rows.add(set, pos, pos + length);
  }

  // Logs and traces ------------------------------------------------------------------------------

  private void logRecord(LogRecord log) {
    string(12, log.eventName());
    fixed64(11, log.observedTime());
    id(10, log.spanId());
    id(9, log.traceId());
    fixed32(8, log.flags());
    unsigned(7, log.droppedAttributes());
    attributes(6, log.attributes());
    if (!(log.body() instanceof Value.Empty)) {
      int stop = pos;
      value(log.body());
      close(5, stop);
    }
    string(3, log.severityText());
    signed(2, log.severityNumber());
    fixed64(1, log.time());
  }

  private void span(Span span) {
    Span.Core core = span.core();
    if (core.flags() != 0) {
      put32(core.flags());
      out[--pos] = 1;
      out[--pos] = (byte) 0x85; // 16 << 3 | 5 takes two bytes
    }
    int stop = pos;
    signed(3, core.statusCode());
    string(2, core.statusMessage());
    closeUnlessEmpty(15, stop);
    unsigned(14, span.droppedLinks());
    List<Span.Link> links = span.links();
    for (int i = links.size() - 1; i >= 0; i--) {
      stop = pos;
      link(links.get(i));
      close(13, stop);
    }
    unsigned(12, span.droppedEvents());
    List<Span.Event> events = span.events();
    for (int i = events.size() - 1; i >= 0; i--) {
      stop = pos;
      event(events.get(i));
      close(11, stop);
    }
    unsigned(10, span.droppedAttributes());
    attributes(9, span.attributes());
    fixed64(8, core.endTime());
    fixed64(7, core.startTime());
    signed(6, core.kind());
    string(5, span.name());
    id(4, core.parentSpanId());
    string(3, core.traceState());
    id(2, core.spanId());
    id(1, core.traceId());
  }

  private void event(Span.Event event) {
    unsigned(4, event.droppedAttributes());
    attributes(3, event.attributes());
    string(2, event.name());
    fixed64(1, event.time());
  }

  private void link(Span.Link link) {
    fixed32(6, link.flags());
    unsigned(5, link.droppedAttributes());
    attributes(4, link.attributes());
    string(3, link.traceState());
    id(2, link.spanId());
    id(1, link.traceId());
  }

  // Attributes and values ------------------------------------------------------------------------

  private void attributes(int field, Attributes set) {
    byte tag = (byte) ((field << 3) | 2);
    for (int i = set.size() - 1; i >= 0; i--) {
      int end = pos;
      if (set.value(i) instanceof Text text) { // nearly always
        bytes(1, text.utf8());
      } else {
        value(set.value(i));
      }
      close(2, end);
      byte[] key = set.key(i).utf8();
      if (key.length > 0) {
        bytes(1, key);
      }
      length(end - pos);
      out[--pos] = tag;
    }
  }

  private void value(Value value) {
    switch (value) {
      case Text text -> bytes(1, text.utf8());
      case Value.Bool bool -> {
        out[--pos] = (byte) (bool.value() ? 1 : 0);
        out[--pos] = 2 << 3;
      }
      case Value.Int number -> {
        varint(number.value());
        out[--pos] = 3 << 3;
      }
      case Value.Real number -> fixed64Always(4, Double.doubleToRawLongBits(number.value()));
      case Value.Items items -> {
        int end = pos;
        List<Value> values = items.values();
        for (int i = values.size() - 1; i >= 0; i--) {
          int stop = pos;
          value(values.get(i));
          close(1, stop);
        }
        close(5, end);
      }
      case Value.Pairs pairs -> {
        int end = pos;
        attributes(1, pairs.values());
        close(6, end);
      }
      case Value.Bytes bytes -> bytes(7, bytes.content());
      case Value.Empty ignored -> {}
    }
  }

  // Fields ---------------------------------------------------------------------------------------

  /** Writes length and tag before what was written since {@code end} was the position. */
  private void close(int field, int end) {
    length(end - pos);
    out[--pos] = (byte) ((field << 3) | 2);
  }

  private void closeUnlessEmpty(int field, int end) {
    if (pos != end) {
      close(field, end);
    }
  }

  private void string(int field, String value) {
    if (!value.isEmpty()) {
      int end = pos;
      pos = Utf8.writeBefore(value, out, end);
      close(field, end);
    }
  }

  private void strings(int field, List<String> values) {
    for (int i = values.size() - 1; i >= 0; i--) {
      int end = pos;
      pos = Utf8.writeBefore(values.get(i), out, end);
      close(field, end);
    }
  }

  private void bytes(int field, byte[] value) {
    copy(value, 0, value.length);
    length(value.length);
    out[--pos] = (byte) ((field << 3) | 2);
  }

  private void id(int field, Value.@Nullable Bytes id) {
    if (id != null && !ProtobufSize.isUnset(id)) {
      bytes(field, id.content());
    }
  }

  private void unsigned(int field, int value) {
    if (value != 0) {
      varint(value & 0xffffffffL);
      out[--pos] = (byte) (field << 3);
    }
  }

  private void signed(int field, int value) {
    if (value != 0) {
      varint(value);
      out[--pos] = (byte) (field << 3);
    }
  }

  private void fixed64(int field, long value) {
    if (value != 0) {
      fixed64Always(field, value);
    }
  }

  private void fixed64Always(int field, long value) {
    put64(value);
    out[--pos] = (byte) ((field << 3) | 1);
  }

  private void fixed32(int field, int value) {
    if (value != 0) {
      put32(value);
      out[--pos] = (byte) ((field << 3) | 5);
    }
  }

  /** NaN stands for a number that is not there. */
  private void optional(int field, double value) {
    if (!Double.isNaN(value)) {
      fixed64Always(field, Double.doubleToRawLongBits(value));
    }
  }

  private void put64(long value) {
    pos -= 8;
    LONGS.set(out, pos, value);
  }

  private void put32(int value) {
    pos -= 4;
    INTS.set(out, pos, value);
  }

  private void copy(byte[] from, int offset, int length) {
    pos -= length;
    System.arraycopy(from, offset, out, pos, length);
  }

  private void length(int value) {
    if (value < 0x80) {
      out[--pos] = (byte) value;
    } else {
      varint(value);
    }
  }

  private void varint(long value) {
    int size = ProtobufSize.varint(value);
    pos -= size;
    int at = pos;
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      out[at++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    out[at] = (byte) rest;
  }
}
