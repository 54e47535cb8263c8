package dev.weir.pdata.otlp;

import dev.weir.pdata.Attributes;
import dev.weir.pdata.EntityRef;
import dev.weir.pdata.Exemplar;
import dev.weir.pdata.ExponentialHistogramPoints;
import dev.weir.pdata.ExponentialHistogramPoints.Buckets;
import dev.weir.pdata.HistogramPoints;
import dev.weir.pdata.Item;
import dev.weir.pdata.Key;
import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Metric;
import dev.weir.pdata.Metric.Temporality;
import dev.weir.pdata.NumberPoints;
import dev.weir.pdata.Points;
import dev.weir.pdata.Resource;
import dev.weir.pdata.ResourceItems;
import dev.weir.pdata.Scope;
import dev.weir.pdata.ScopeItems;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Span;
import dev.weir.pdata.SummaryPoints;
import dev.weir.pdata.Text;
import dev.weir.pdata.Value;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Builds the objects of one group (a {@code ResourceMetrics}, {@code ResourceLogs} or {@code
 * ResourceSpans}) from bytes that {@link ProtobufValidator} let pass: wire types are right and
 * lengths lie inside, so nothing is checked again.
 *
 * <p>What costs in decoding is attributes: 25 of them are nine tenths of a point. Three short cuts,
 * each by comparing bytes, which is much cheaper than making objects:
 *
 * <ul>
 *   <li>a point whose attributes are byte for byte those of the same row in the metric before gets
 *       the same instance;
 *   <li>a key that is the one at the same place of the set before is not looked up;
 *   <li>a value that was met before is the same {@link Text} ({@link TextDictionary}).
 * </ul>
 *
 * <p>Of a double attribute the last value counts. Fields that only profiles use (indexes into a
 * string table) are left out. For one thread and one group.
 */
final class ProtobufReader {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int UNKNOWN = Shape.DEPRECATED_SCOPES + 1;
  private static final double[] NO_DOUBLES = new double[0];
  private static final long[] NO_LONGS = new long[0];
  private static final Value.Bytes NO_ID = Value.Bytes.of(new byte[0]);

  private final byte[] buf;
  private final TextDictionary texts;
  private int pos;

  private final AttributeStack stack = new AttributeStack();
  private AttributeRows rows = new AttributeRows();
  private AttributeRows rowsBefore = new AttributeRows();

  private ProtobufReader(byte[] buf, int length) {
    this.buf = buf;
    this.texts = new TextDictionary(length);
  }

  /** Builds a group. */
  static <T extends Item> ResourceItems<T> read(
      Signal<T> signal, byte[] buf, int offset, int length) {
    return new ProtobufReader(buf, length).group(signal, offset, offset + length);
  }

  // Groups ---------------------------------------------------------------------------------------

  private <T extends Item> ResourceItems<T> group(Signal<T> signal, int start, int end) {
    Resource resource = Resource.EMPTY;
    ResourceItems<T> group = new ResourceItems<>(resource);
    List<ScopeItems<T>> deprecated = new ArrayList<>(0);
    pos = start;
    while (pos < end) {
      int tag = tag();
      switch (tag) {
        case 1 << 3 | 2 -> {
          int stop = message();
          resource = resource(resource, stop);
        }
        case 2 << 3 | 2 -> group.scopes().add(scope(signal, message()));
        case 3 << 3 | 2 -> group.schemaUrl(string());
        case Shape.DEPRECATED_SCOPES << 3 | 2 -> deprecated.add(scope(signal, message()));
        default -> skip(tag);
      }
    }
    group.resource(resource);
    // As the Collector: the old form counts where the new one is absent.
    if (group.scopes().isEmpty()) {
      group.scopes().addAll(deprecated);
    }
    return group;
  }

  private Resource resource(Resource before, int end) {
    int base = begin(before.attributes());
    int dropped = before.droppedAttributes();
    List<EntityRef> entities = before.entities();
    boolean more = false;
    while (pos < end) {
      int tag = tag();
      switch (tag) {
        case 1 << 3 | 2 -> keyValue(message());
        case 2 << 3 -> dropped = (int) varint();
        case 3 << 3 | 2 -> {
          entities = more ? entities : new ArrayList<>(entities);
          entities.add(entityRef(message()));
          more = true;
        }
        default -> skip(tag);
      }
    }
    return new Resource(stack.take(base), dropped, entities);
  }

  private EntityRef entityRef(int end) {
    String schemaUrl = "";
    String type = "";
    List<String> ids = new ArrayList<>(2);
    List<String> descriptions = new ArrayList<>(0);
    while (pos < end) {
      int tag = tag();
      switch (tag) {
        case 1 << 3 | 2 -> schemaUrl = string();
        case 2 << 3 | 2 -> type = string();
        case 3 << 3 | 2 -> ids.add(string());
        case 4 << 3 | 2 -> descriptions.add(string());
        default -> skip(tag);
      }
    }
    return new EntityRef(schemaUrl, type, ids, descriptions);
  }

  private <T extends Item> ScopeItems<T> scope(Signal<T> signal, int end) {
    Scope scope = Scope.EMPTY;
    ScopeItems<T> group = new ScopeItems<>(scope);
    while (pos < end) {
      int tag = tag();
      switch (tag) {
        case 1 << 3 | 2 -> scope = scope(scope, message());
        case 2 << 3 | 2 -> group.items().add(item(signal, message()));
        case 3 << 3 | 2 -> group.schemaUrl(string());
        default -> skip(tag);
      }
    }
    group.scope(scope);
    return group;
  }

  private <T extends Item> T item(Signal<T> signal, int end) {
    Item item =
        signal == Signal.METRICS ? metric(end) : signal == Signal.LOGS ? logRecord(end) : span(end);
    return signal.itemType().cast(item);
  }

  private Scope scope(Scope before, int end) {
    String name = before.name();
    String version = before.version();
    int dropped = before.droppedAttributes();
    int base = begin(before.attributes());
    while (pos < end) {
      int tag = tag();
      switch (tag) {
        case 1 << 3 | 2 -> name = string();
        case 2 << 3 | 2 -> version = string();
        case 3 << 3 | 2 -> keyValue(message());
        case 4 << 3 -> dropped = (int) varint();
        default -> skip(tag);
      }
    }
    return new Scope(name, version, stack.take(base), dropped);
  }

  // Metrics --------------------------------------------------------------------------------------

  private Metric metric(int end) {
    String name = "";
    String description = "";
    String unit = "";
    int data = 0;
    @Nullable Points points = null;
    Temporality temporality = Temporality.UNSPECIFIED;
    boolean monotonic = false;
    int base = stack.top();
    while (pos < end) {
      int tag = tag();
      switch (tag) {
        case 1 << 3 | 2 -> name = string();
        case 2 << 3 | 2 -> description = string();
        case 3 << 3 | 2 -> unit = string();
        case 5 << 3 | 2, 7 << 3 | 2, 9 << 3 | 2, 10 << 3 | 2, 11 << 3 | 2 -> {
          int stop = message();
          if (tag != data) { // another kind takes the place of the one before, the same adds to it
            data = tag;
            points = null;
            temporality = Temporality.UNSPECIFIED;
            monotonic = false;
          }
          points = points == null ? points(tag, stop) : points;
          AttributeRows spare = rowsBefore;
          rowsBefore = rows;
          rows = spare;
          rows.clear();
          while (pos < stop) {
            int inner = tag();
            switch (inner) {
              case 1 << 3 | 2 -> point(points, message());
              case 2 << 3 -> temporality = Temporality.of((int) varint());
              case 3 << 3 -> monotonic = varint() != 0;
              default -> skip(inner);
            }
          }
        }
        case 12 << 3 | 2 -> keyValue(message());
        default -> skip(tag);
      }
    }
    Attributes metadata = stack.take(base);
    boolean gauge = data == (5 << 3 | 2);
    Metric metric =
        switch (points) {
          case null -> Metric.withoutData(name, description, unit);
          case NumberPoints numbers when gauge -> Metric.gauge(name, description, unit, numbers);
          case NumberPoints numbers ->
              Metric.sum(name, description, unit, temporality, monotonic, numbers);
          case HistogramPoints histograms ->
              Metric.histogram(name, description, unit, temporality, histograms);
          case ExponentialHistogramPoints histograms ->
              Metric.exponentialHistogram(name, description, unit, temporality, histograms);
          case SummaryPoints summaries -> Metric.summary(name, description, unit, summaries);
        };
    metric.metadata(metadata);
    return metric;
  }

  /** Makes points with room for as many as stand between here and {@code end}. */
  private Points points(int tag, int end) {
    int begin = pos;
    int n = 0;
    while (pos < end) {
      int inner = tag();
      if (inner == (1 << 3 | 2)) {
        n++;
        pos = message();
      } else {
        skip(inner);
      }
    }
    pos = begin;
    return switch (tag >>> 3) {
      case 9 -> new HistogramPoints(n, Math.min(n * 16, (end - begin) / 8 + 1));
      case 10 -> new ExponentialHistogramPoints(n);
      case 11 -> new SummaryPoints(n);
      default -> new NumberPoints(n);
    };
  }

  private void point(Points points, int end) {
    switch (points) {
      case NumberPoints numbers -> numberPoint(numbers, end);
      case HistogramPoints histograms -> histogramPoint(histograms, end);
      case ExponentialHistogramPoints histograms -> exponentialPoint(histograms, end);
      case SummaryPoints summaries -> summaryPoint(summaries, end);
    }
  }

  private void numberPoint(NumberPoints points, int end) {
    int base = stack.top();
    @Nullable Attributes row = null;
    long start = 0;
    long time = 0;
    long bits = 0;
    int type = 0;
    int flags = 0;
    List<Exemplar> exemplars = List.of();
    while (pos < end) {
      int tag = tag();
      switch (tag) {
        case 7 << 3 | 2 -> row = attributes(7 << 3 | 2, row, base, end);
        case 2 << 3 | 1 -> start = fixed64();
        case 3 << 3 | 1 -> time = fixed64();
        case 4 << 3 | 1, 6 << 3 | 1 -> {
          bits = fixed64();
          type = tag;
        }
        case 5 << 3 | 2 -> exemplars = exemplar(exemplars, message());
        case 8 << 3 -> flags = (int) varint();
        default -> skip(tag);
      }
    }
    Attributes set = row(row, base);
    int i =
        switch (type) {
          case 4 << 3 | 1 -> points.addReal(set, start, time, Double.longBitsToDouble(bits));
          case 6 << 3 | 1 -> points.add(set, start, time, bits);
          default -> points.addEmpty(set, start, time);
        };
    finishPoint(points, i, flags, exemplars);
  }

  private void histogramPoint(HistogramPoints points, int end) {
    int base = stack.top();
    @Nullable Attributes row = null;
    long start = 0;
    long time = 0;
    long count = 0;
    double sum = Double.NaN;
    double min = Double.NaN;
    double max = Double.NaN;
    long[] counts = NO_LONGS;
    double[] bounds = NO_DOUBLES;
    int buckets = 0;
    int n = 0;
    int flags = 0;
    List<Exemplar> exemplars = List.of();
    while (pos < end) {
      int tag = tag();
      switch (tag) {
        case 9 << 3 | 2 -> row = attributes(9 << 3 | 2, row, base, end);
        case 2 << 3 | 1 -> start = fixed64();
        case 3 << 3 | 1 -> time = fixed64();
        case 4 << 3 | 1 -> count = fixed64();
        case 5 << 3 | 1 -> sum = Double.longBitsToDouble(fixed64());
        case 6 << 3 | 2, 6 << 3 | 1 -> {
          int stop = (tag & 7) == Shape.LENGTH ? message() : pos + 8;
          counts = room(counts, buckets, (stop - pos) / 8);
          while (pos < stop) {
            counts[buckets++] = fixed64();
          }
        }
        case 7 << 3 | 2, 7 << 3 | 1 -> {
          int stop = (tag & 7) == Shape.LENGTH ? message() : pos + 8;
          bounds = room(bounds, n, (stop - pos) / 8);
          while (pos < stop) {
            bounds[n++] = Double.longBitsToDouble(fixed64());
          }
        }
        case 8 << 3 | 2 -> exemplars = exemplar(exemplars, message());
        case 10 << 3 -> flags = (int) varint();
        case 11 << 3 | 1 -> min = Double.longBitsToDouble(fixed64());
        case 12 << 3 | 1 -> max = Double.longBitsToDouble(fixed64());
        default -> skip(tag);
      }
    }
    // Points of one source have the same bounds: one array for all of them.
    int before = points.size() - 1;
    double[] known = before >= 0 ? points.bounds(before) : NO_DOUBLES;
    bounds =
        Arrays.equals(known, 0, known.length, bounds, 0, n)
            ? known
            : n == bounds.length ? bounds : Arrays.copyOf(bounds, n);
    int i = points.add(row(row, base), start, time, count, sum, bounds, counts, 0, buckets);
    if (!Double.isNaN(min) || !Double.isNaN(max)) {
      points.range(i, min, max);
    }
    finishPoint(points, i, flags, exemplars);
  }

  private void exponentialPoint(ExponentialHistogramPoints points, int end) {
    int base = stack.top();
    @Nullable Attributes row = null;
    long start = 0;
    long time = 0;
    long count = 0;
    double sum = Double.NaN;
    double min = Double.NaN;
    double max = Double.NaN;
    int scale = 0;
    long zeroCount = 0;
    double zeroThreshold = 0;
    Buckets positive = Buckets.NONE;
    Buckets negative = Buckets.NONE;
    int flags = 0;
    List<Exemplar> exemplars = List.of();
    while (pos < end) {
      int tag = tag();
      switch (tag) {
        case 1 << 3 | 2 -> row = attributes(1 << 3 | 2, row, base, end);
        case 2 << 3 | 1 -> start = fixed64();
        case 3 << 3 | 1 -> time = fixed64();
        case 4 << 3 | 1 -> count = fixed64();
        case 5 << 3 | 1 -> sum = Double.longBitsToDouble(fixed64());
        case 6 << 3 -> scale = zigzag();
        case 7 << 3 | 1 -> zeroCount = fixed64();
        case 8 << 3 | 2 -> positive = buckets(positive, message());
        case 9 << 3 | 2 -> negative = buckets(negative, message());
        case 10 << 3 -> flags = (int) varint();
        case 11 << 3 | 2 -> exemplars = exemplar(exemplars, message());
        case 12 << 3 | 1 -> min = Double.longBitsToDouble(fixed64());
        case 13 << 3 | 1 -> max = Double.longBitsToDouble(fixed64());
        case 14 << 3 | 1 -> zeroThreshold = Double.longBitsToDouble(fixed64());
        default -> skip(tag);
      }
    }
    int i =
        points.add(
            row(row, base),
            start,
            time,
            new ExponentialHistogramPoints.Point(
                count, sum, min, max, scale, zeroCount, zeroThreshold, positive, negative));
    finishPoint(points, i, flags, exemplars);
  }

  private Buckets buckets(Buckets before, int end) {
    int offset = before.offset();
    long[] counts = before.counts();
    int n = counts.length;
    while (pos < end) {
      int tag = tag();
      switch (tag) {
        case 1 << 3 -> offset = zigzag();
        case 2 << 3 | 2 -> {
          int stop = message();
          int more = 0;
          for (int i = pos; i < stop; i++) {
            more += buf[i] >= 0 ? 1 : 0; // each varint has one last byte
          }
          counts = room(counts, n, more);
          while (pos < stop) {
            counts[n++] = varint();
          }
        }
        case 2 << 3 -> {
          counts = room(counts, n, 1);
          counts[n++] = varint();
        }
        default -> skip(tag);
      }
    }
    counts = n == counts.length ? counts : Arrays.copyOf(counts, n);
    return offset == 0 && counts.length == 0 ? Buckets.NONE : new Buckets(offset, counts);
  }

  private void summaryPoint(SummaryPoints points, int end) {
    int base = stack.top();
    @Nullable Attributes row = null;
    long start = 0;
    long time = 0;
    long count = 0;
    double sum = 0;
    double[] quantiles = NO_DOUBLES;
    double[] at = NO_DOUBLES;
    int n = 0;
    int flags = 0;
    while (pos < end) {
      int tag = tag();
      switch (tag) {
        case 7 << 3 | 2 -> row = attributes(7 << 3 | 2, row, base, end);
        case 2 << 3 | 1 -> start = fixed64();
        case 3 << 3 | 1 -> time = fixed64();
        case 4 << 3 | 1 -> count = fixed64();
        case 5 << 3 | 1 -> sum = Double.longBitsToDouble(fixed64());
        case 6 << 3 | 2 -> {
          if (n == quantiles.length) {
            quantiles = Arrays.copyOf(quantiles, Math.max(4, n * 2));
            at = Arrays.copyOf(at, quantiles.length);
          }
          int stop = message();
          quantiles[n] = 0;
          at[n] = 0;
          while (pos < stop) {
            int inner = tag();
            switch (inner) {
              case 1 << 3 | 1 -> quantiles[n] = Double.longBitsToDouble(fixed64());
              case 2 << 3 | 1 -> at[n] = Double.longBitsToDouble(fixed64());
              default -> skip(inner);
            }
          }
          n++;
        }
        case 8 << 3 -> flags = (int) varint();
        default -> skip(tag);
      }
    }
    int i =
        points.add(
            row(row, base),
            start,
            time,
            count,
            sum,
            n == 0 ? NO_DOUBLES : Arrays.copyOf(quantiles, n),
            n == 0 ? NO_DOUBLES : Arrays.copyOf(at, n));
    finishPoint(points, i, flags, List.of());
  }

  private static void finishPoint(Points points, int i, int flags, List<Exemplar> exemplars) {
    if (flags != 0) {
      points.flags(i, flags);
    }
    if (!exemplars.isEmpty()) {
      points.exemplars(i, exemplars);
    }
  }

  private List<Exemplar> exemplar(List<Exemplar> before, int end) {
    int base = stack.top();
    long time = 0;
    Value value = Value.Empty.INSTANCE;
    Value.Bytes traceId = NO_ID;
    Value.Bytes spanId = NO_ID;
    while (pos < end) {
      int tag = tag();
      switch (tag) {
        case 2 << 3 | 1 -> time = fixed64();
        case 3 << 3 | 1 -> value = new Value.Real(Double.longBitsToDouble(fixed64()));
        case 4 << 3 | 2 -> spanId = id();
        case 5 << 3 | 2 -> traceId = id();
        case 6 << 3 | 1 -> value = new Value.Int(fixed64());
        case 7 << 3 | 2 -> keyValue(message());
        default -> skip(tag);
      }
    }
    List<Exemplar> list = before.isEmpty() ? new ArrayList<>(2) : before;
    list.add(new Exemplar(time, value, stack.take(base), traceId, spanId));
    return list;
  }

  // Logs and traces ------------------------------------------------------------------------------

  private LogRecord logRecord(int end) {
    int base = stack.top();
    LogRecord log = new LogRecord();
    long time = 0;
    long observed = 0;
    int severity = 0;
    String severityText = "";
    Value.@Nullable Bytes traceId = null;
    Value.@Nullable Bytes spanId = null;
    Value body = Value.Empty.INSTANCE;
    while (pos < end) {
      int tag = tag();
      switch (tag) {
        case 1 << 3 | 1 -> time = fixed64();
        case 2 << 3 -> severity = (int) varint();
        case 3 << 3 | 2 -> severityText = string();
        case 5 << 3 | 2 -> body = value(body, message());
        case 6 << 3 | 2 -> keyValue(message());
        case 7 << 3 -> log.droppedAttributes((int) varint());
        case 8 << 3 | 5 -> log.flags(fixed32());
        case 9 << 3 | 2 -> traceId = idOrNull();
        case 10 << 3 | 2 -> spanId = idOrNull();
        case 11 << 3 | 1 -> observed = fixed64();
        case 12 << 3 | 2 -> log.eventName(string());
        default -> skip(tag);
      }
    }
    return log.times(time, observed)
        .severity(severity, severityText)
        .context(traceId, spanId)
        .body(body)
        .attributes(stack.take(base));
  }

  private Span span(int end) {
    int base = stack.top();
    Value.Bytes traceId = NO_ID;
    Value.Bytes spanId = NO_ID;
    Value.@Nullable Bytes parent = null;
    String traceState = "";
    String name = "";
    int flags = 0;
    int kind = 0;
    long start = 0;
    long finish = 0;
    int status = 0;
    String statusMessage = "";
    int droppedAttributes = 0;
    int droppedEvents = 0;
    int droppedLinks = 0;
    List<Span.Event> events = List.of();
    List<Span.Link> links = List.of();
    while (pos < end) {
      int tag = tag();
      switch (tag) {
        case 1 << 3 | 2 -> traceId = id();
        case 2 << 3 | 2 -> spanId = id();
        case 3 << 3 | 2 -> traceState = string();
        case 4 << 3 | 2 -> parent = idOrNull();
        case 5 << 3 | 2 -> name = string();
        case 6 << 3 -> kind = (int) varint();
        case 7 << 3 | 1 -> start = fixed64();
        case 8 << 3 | 1 -> finish = fixed64();
        case 9 << 3 | 2 -> keyValue(message());
        case 10 << 3 -> droppedAttributes = (int) varint();
        case 11 << 3 | 2 -> {
          events = events.isEmpty() ? new ArrayList<>(2) : events;
          events.add(event(message()));
        }
        case 12 << 3 -> droppedEvents = (int) varint();
        case 13 << 3 | 2 -> {
          links = links.isEmpty() ? new ArrayList<>(2) : links;
          links.add(link(message()));
        }
        case 14 << 3 -> droppedLinks = (int) varint();
        case 15 << 3 | 2 -> {
          int stop = message();
          while (pos < stop) {
            int inner = tag();
            switch (inner) {
              case 2 << 3 | 2 -> statusMessage = string();
              case 3 << 3 -> status = (int) varint();
              default -> skip(inner);
            }
          }
        }
        case 16 << 3 | 5 -> flags = fixed32();
        default -> skip(tag);
      }
    }
    return new Span(
        new Span.Core(
            traceId, spanId, parent, traceState, flags, kind, start, finish, status, statusMessage),
        name,
        stack.take(base),
        droppedAttributes,
        events,
        droppedEvents,
        links,
        droppedLinks);
  }

  private Span.Event event(int end) {
    int base = stack.top();
    long time = 0;
    String name = "";
    int dropped = 0;
    while (pos < end) {
      int tag = tag();
      switch (tag) {
        case 1 << 3 | 1 -> time = fixed64();
        case 2 << 3 | 2 -> name = string();
        case 3 << 3 | 2 -> keyValue(message());
        case 4 << 3 -> dropped = (int) varint();
        default -> skip(tag);
      }
    }
    return new Span.Event(time, name, stack.take(base), dropped);
  }

  private Span.Link link(int end) {
    int base = stack.top();
    Value.Bytes traceId = NO_ID;
    Value.Bytes spanId = NO_ID;
    String traceState = "";
    int dropped = 0;
    int flags = 0;
    while (pos < end) {
      int tag = tag();
      switch (tag) {
        case 1 << 3 | 2 -> traceId = id();
        case 2 << 3 | 2 -> spanId = id();
        case 3 << 3 | 2 -> traceState = string();
        case 4 << 3 | 2 -> keyValue(message());
        case 5 << 3 -> dropped = (int) varint();
        case 6 << 3 | 5 -> flags = fixed32();
        default -> skip(tag);
      }
    }
    return new Span.Link(traceId, spanId, traceState, flags, stack.take(base), dropped);
  }

  // Attributes and values ------------------------------------------------------------------------

  /**
   * Reads a run of attributes whose first tag was just read: returns the set of the row above if
   * that stands here byte for byte, otherwise null, and the attributes are on the stack.
   */
  private @Nullable Attributes attributes(int tag, @Nullable Attributes row, int base, int end) {
    if (row == null && stack.top() == base) {
      int start = pos;
      pos = message();
      while (pos < end && buf[pos] == tag) {
        pos++;
        pos = message();
      }
      int stop = pos;
      Attributes known = rowsBefore.find(buf, start, stop);
      if (known != null) {
        rows.add(start, stop, known);
        return known;
      }
      pos = start;
      keyValue(message());
      while (pos < stop) {
        pos++;
        keyValue(message());
      }
      rows.open(start, stop);
      return null;
    }
    // A second run in one point: allowed, and nobody writes it.
    rows.abandon();
    if (row != null) {
      stack.push(row);
    }
    keyValue(message());
    return null;
  }

  private Attributes row(@Nullable Attributes row, int base) {
    if (row != null) {
      return row;
    }
    Attributes set = stack.take(base);
    rows.close(set);
    return set;
  }

  private int begin(Attributes before) {
    int base = stack.top();
    stack.push(before);
    return base;
  }

  private void keyValue(int end) {
    Key key = null;
    Value value = Value.Empty.INSTANCE;
    int place = stack.top();
    while (pos < end) {
      int tag = tag();
      switch (tag) {
        case 1 << 3 | 2 -> {
          int length = length();
          key = stack.key(buf, pos, length, place);
          pos += length;
        }
        case 2 << 3 | 2 -> value = value(value, message());
        default -> skip(tag);
      }
    }
    stack.push(key == null ? Key.ofUtf8(buf, 0, 0) : key, value);
  }

  private Value value(Value before, int end) {
    Value value = before;
    while (pos < end) {
      int tag = tag();
      switch (tag) {
        case 1 << 3 | 2 -> value = text();
        case 2 << 3 -> value = Value.Bool.of(varint() != 0);
        case 3 << 3 -> value = new Value.Int(varint());
        case 4 << 3 | 1 -> value = new Value.Real(Double.longBitsToDouble(fixed64()));
        case 5 << 3 | 2 -> value = items(value, message());
        case 6 << 3 | 2 -> value = pairs(value, message());
        case 7 << 3 | 2 -> value = Value.Bytes.of(bytes());
        case 8 << 3 -> {
          varint(); // an index into the string table of profiles
          value = Value.Empty.INSTANCE;
        }
        default -> skip(tag);
      }
    }
    return value;
  }

  private Value items(Value before, int end) {
    List<Value> list = new ArrayList<>();
    if (before instanceof Value.Items(List<Value> known)) {
      list.addAll(known);
    }
    while (pos < end) {
      int tag = tag();
      if (tag == (1 << 3 | 2)) {
        list.add(value(Value.Empty.INSTANCE, message()));
      } else {
        skip(tag);
      }
    }
    return new Value.Items(list);
  }

  private Value pairs(Value before, int end) {
    int base = begin(before instanceof Value.Pairs(Attributes known) ? known : Attributes.EMPTY);
    while (pos < end) {
      int tag = tag();
      if (tag == (1 << 3 | 2)) {
        keyValue(message());
      } else {
        skip(tag);
      }
    }
    return new Value.Pairs(stack.take(base));
  }

  // Primitives -----------------------------------------------------------------------------------

  private int tag() {
    byte first = buf[pos];
    if (first >= 0) {
      pos++;
      return first;
    }
    // As in the validator: bits above the 32 of a number are lost, and may make it a known one.
    long tag = varint();
    int number = (int) (tag >>> 3);
    return (Math.min(number, UNKNOWN) << 3) | ((int) tag & 7);
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte b = buf[pos++];
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
  }

  private int zigzag() {
    int n = (int) varint();
    return (n >>> 1) ^ -(n & 1);
  }

  private long fixed64() {
    long value = (long) LONGS.get(buf, pos);
    pos += 8;
    return value;
  }

  private int fixed32() {
    int value = (int) INTS.get(buf, pos);
    pos += 4;
    return value;
  }

  private int length() {
    byte first = buf[pos];
    if (first >= 0) {
      pos++;
      return first;
    }
    return (int) varint();
  }

  /** Reads the length of a field and returns where it ends. */
  private int message() {
    int length = length();
    return pos + length;
  }

  private Text text() {
    int length = length();
    Text text = texts.get(buf, pos, length);
    pos += length;
    return text;
  }

  private String string() {
    return text().toString();
  }

  private byte[] bytes() {
    int length = length();
    byte[] copy = Arrays.copyOfRange(buf, pos, pos + length);
    pos += length;
    return copy;
  }

  private Value.Bytes id() {
    Value.Bytes id = idOrNull();
    return id == null ? NO_ID : id;
  }

  /** Reads an ID; none and all zeros are the same, as in the Collector. */
  private Value.@Nullable Bytes idOrNull() {
    byte[] id = bytes();
    for (byte b : id) {
      if (b != 0) {
        return Value.Bytes.of(id);
      }
    }
    return null;
  }

  /**
   * Returns the array with room for {@code more} numbers behind the first {@code n}. The first run
   * fits exactly, and is all there is nearly always; numbers that come one by one double it.
   */
  private static long[] room(long[] before, int n, int more) {
    return n + more <= before.length ? before : Arrays.copyOf(before, grown(n, more));
  }

  private static double[] room(double[] before, int n, int more) {
    return n + more <= before.length ? before : Arrays.copyOf(before, grown(n, more));
  }

  private static int grown(int n, int more) {
    return n == 0 ? more : Math.max(n * 2, n + more);
  }

  private void skip(int tag) {
    int type = tag & 7;
    int depth = 0;
    while (true) {
      switch (type) {
        case Shape.VARINT -> varint();
        case Shape.FIXED64 -> pos += 8;
        case Shape.FIXED32 -> pos += 4;
        case Shape.LENGTH -> pos = message();
        case Shape.START_GROUP -> depth++;
        default -> depth--;
      }
      if (depth == 0) {
        return;
      }
      type = tag() & 7;
    }
  }

  /** The attribute runs of one metric's points, in order. */
  private static final class AttributeRows {
    private static final int LOOK_AHEAD = 8;
    private static final int MAX = 4096;

    private static final int[] NONE = {};
    private int[] starts = NONE;
    private int[] stops = NONE;
    private @Nullable Attributes[] sets = new Attributes[0];
    private int size;
    private int cursor;
    private boolean open;

    void clear() {
      Arrays.fill(sets, 0, size, null);
      size = 0;
      cursor = 0;
      open = false;
    }

    /** Returns the set of the next row that has the same bytes, or null. */
    @Nullable Attributes find(byte[] buf, int start, int stop) {
      int length = stop - start;
      for (int i = cursor; i < Math.min(size, cursor + LOOK_AHEAD); i++) {
        if (stops[i] - starts[i] == length
            && Arrays.equals(buf, starts[i], stops[i], buf, start, stop)) {
          cursor = i + 1;
          return sets[i];
        }
      }
      return null;
    }

    void add(int start, int stop, Attributes set) {
      open(start, stop);
      close(set);
    }

    void open(int start, int stop) {
      if (size == MAX) {
        return;
      }
      if (size == starts.length) {
        int n = Math.max(16, size * 2);
        starts = Arrays.copyOf(starts, n);
        stops = Arrays.copyOf(stops, n);
        sets = Arrays.copyOf(sets, n);
      }
      starts[size] = start;
      stops[size] = stop;
      open = true;
    }

    void close(Attributes set) {
      if (open) {
        sets[size++] = Objects.requireNonNull(set);
        open = false;
      }
    }

    void abandon() {
      open = false;
    }
  }
}
