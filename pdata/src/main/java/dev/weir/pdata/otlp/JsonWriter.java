package dev.weir.pdata.otlp;

import dev.weir.pdata.Attributes;
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
import dev.weir.pdata.Signal;
import dev.weir.pdata.Span;
import dev.weir.pdata.SummaryPoints;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.Text;
import dev.weir.pdata.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes a batch in OTLP's JSON form, with the Collector's order of fields: what has its default
 * value is left out, but resource, scope, body, status and the two ranges of an exponential
 * histogram are always there. For one thread and one batch.
 */
final class JsonWriter {
  private final JsonOutput out;

  JsonWriter(int capacity) {
    out = new JsonOutput(capacity);
  }

  byte[] write(Telemetry<?> batch) {
    Signal<?> signal = batch.signal();
    String plural = signal == Signal.METRICS ? "Metrics" : signal == Signal.LOGS ? "Logs" : "Spans";
    String items =
        signal == Signal.METRICS ? "metrics" : signal == Signal.LOGS ? "logRecords" : "spans";
    out.beginObject();
    List<? extends ResourceItems<?>> groups = batch.resources();
    if (!groups.isEmpty()) {
      out.field("resource" + plural);
      out.beginArray();
      for (int i = 0; i < groups.size(); i++) {
        out.comma(i > 0);
        group(groups.get(i), "scope" + plural, items);
      }
      out.endArray();
    }
    out.endObject();
    return out.toByteArray();
  }

  private void group(ResourceItems<?> group, String scopesName, String itemsName) {
    out.beginObject();
    out.field("resource");
    resource(group.resource());
    List<? extends ScopeItems<?>> scopes = group.scopes();
    if (!scopes.isEmpty()) {
      out.field(scopesName);
      out.beginArray();
      for (int i = 0; i < scopes.size(); i++) {
        out.comma(i > 0);
        scopeItems(scopes.get(i), itemsName);
      }
      out.endArray();
    }
    string("schemaUrl", group.schemaUrl());
    out.endObject();
  }

  private void resource(Resource resource) {
    out.beginObject();
    attributes("attributes", resource.attributes());
    uint32("droppedAttributesCount", resource.droppedAttributes());
    List<EntityRef> entities = resource.entities();
    if (!entities.isEmpty()) {
      out.field("entityRefs");
      out.beginArray();
      for (int i = 0; i < entities.size(); i++) {
        out.comma(i > 0);
        EntityRef ref = entities.get(i);
        out.beginObject();
        string("schemaUrl", ref.schemaUrl());
        string("type", ref.type());
        strings("idKeys", ref.idKeys());
        strings("descriptionKeys", ref.descriptionKeys());
        out.endObject();
      }
      out.endArray();
    }
    out.endObject();
  }

  private void scopeItems(ScopeItems<?> scope, String itemsName) {
    out.beginObject();
    out.field("scope");
    scope(scope.scope());
    List<? extends Item> items = scope.items();
    if (!items.isEmpty()) {
      out.field(itemsName);
      out.beginArray();
      for (int i = 0; i < items.size(); i++) {
        out.comma(i > 0);
        switch (items.get(i)) {
          case Metric metric -> metric(metric);
          case LogRecord log -> logRecord(log);
          case Span span -> span(span);
        }
      }
      out.endArray();
    }
    string("schemaUrl", scope.schemaUrl());
    out.endObject();
  }

  private void scope(Scope scope) {
    out.beginObject();
    string("name", scope.name());
    string("version", scope.version());
    attributes("attributes", scope.attributes());
    uint32("droppedAttributesCount", scope.droppedAttributes());
    out.endObject();
  }

  // Metrics --------------------------------------------------------------------------------------

  private void metric(Metric metric) {
    out.beginObject();
    string("name", metric.name());
    string("description", metric.description());
    string("unit", metric.unit());
    if (metric.hasData()) {
      out.field(
          switch (metric.kind()) {
            case GAUGE -> "gauge";
            case SUM -> "sum";
            case HISTOGRAM -> "histogram";
            case EXPONENTIAL_HISTOGRAM -> "exponentialHistogram";
            case SUMMARY -> "summary";
          });
      data(metric);
    }
    attributes("metadata", metric.metadata());
    out.endObject();
  }

  private void data(Metric metric) {
    out.beginObject();
    Points points = metric.points();
    if (points.size() > 0) {
      out.field("dataPoints");
      out.beginArray();
      for (int i = 0; i < points.size(); i++) {
        out.comma(i > 0);
        point(points, i);
      }
      out.endArray();
    }
    int32("aggregationTemporality", metric.temporality().number());
    if (metric.monotonic()) {
      out.field("isMonotonic");
      out.bool(true);
    }
    out.endObject();
  }

  private void point(Points points, int i) {
    out.beginObject();
    attributes("attributes", points.attributes(i));
    uint64("startTimeUnixNano", points.startTime(i));
    uint64("timeUnixNano", points.time(i));
    switch (points) {
      case NumberPoints numbers -> {
        if (numbers.isReal(i)) {
          out.field("asDouble");
          out.real(numbers.real(i));
        } else if (numbers.hasValue(i)) {
          out.field("asInt");
          out.int64(numbers.integer(i));
        }
        exemplars(points.exemplars(i));
        uint32("flags", points.flags(i));
      }
      case HistogramPoints histograms -> histogramPoint(histograms, i);
      case ExponentialHistogramPoints histograms -> exponentialPoint(histograms, i);
      case SummaryPoints summaries -> summaryPoint(summaries, i);
    }
    out.endObject();
  }

  private void histogramPoint(HistogramPoints points, int i) {
    uint64("count", points.count(i));
    optional("sum", points.sum(i));
    int buckets = points.bucketCount(i);
    if (buckets > 0) {
      out.field("bucketCounts");
      out.beginArray();
      for (int k = 0; k < buckets; k++) {
        out.comma(k > 0);
        out.uint64(points.bucket(i, k));
      }
      out.endArray();
    }
    double[] bounds = points.bounds(i);
    if (bounds.length > 0) {
      out.field("explicitBounds");
      out.beginArray();
      for (int k = 0; k < bounds.length; k++) {
        out.comma(k > 0);
        out.real(bounds[k]);
      }
      out.endArray();
    }
    exemplars(points.exemplars(i));
    uint32("flags", points.flags(i));
    optional("min", points.min(i));
    optional("max", points.max(i));
  }

  private void exponentialPoint(ExponentialHistogramPoints points, int i) {
    ExponentialHistogramPoints.Point point = points.point(i);
    uint64("count", point.count());
    optional("sum", point.sum());
    int32("scale", point.scale());
    uint64("zeroCount", point.zeroCount());
    buckets("positive", point.positive());
    buckets("negative", point.negative());
    uint32("flags", points.flags(i));
    exemplars(points.exemplars(i));
    optional("min", point.min());
    optional("max", point.max());
    real("zeroThreshold", point.zeroThreshold());
  }

  private void buckets(String field, Buckets buckets) {
    out.field(field);
    out.beginObject();
    int32("offset", buckets.offset());
    long[] counts = buckets.counts();
    if (counts.length > 0) {
      out.field("bucketCounts");
      out.beginArray();
      for (int k = 0; k < counts.length; k++) {
        out.comma(k > 0);
        out.uint64(counts[k]);
      }
      out.endArray();
    }
    out.endObject();
  }

  private void summaryPoint(SummaryPoints points, int i) {
    uint64("count", points.count(i));
    real("sum", points.sum(i));
    double[] quantiles = points.quantiles(i);
    double[] values = points.values(i);
    if (quantiles.length > 0) {
      out.field("quantileValues");
      out.beginArray();
      for (int k = 0; k < quantiles.length; k++) {
        out.comma(k > 0);
        out.beginObject();
        real("quantile", quantiles[k]);
        real("value", values[k]);
        out.endObject();
      }
      out.endArray();
    }
    uint32("flags", points.flags(i));
  }

  private void exemplars(List<Exemplar> exemplars) {
    if (exemplars.isEmpty()) {
      return;
    }
    out.field("exemplars");
    out.beginArray();
    for (int i = 0; i < exemplars.size(); i++) {
      Exemplar exemplar = exemplars.get(i);
      out.comma(i > 0);
      out.beginObject();
      attributes("filteredAttributes", exemplar.attributes());
      uint64("timeUnixNano", exemplar.time());
      switch (exemplar.value()) {
        case Value.Real(double value) -> {
          out.field("asDouble");
          out.real(value);
        }
        case Value.Int(long value) -> {
          out.field("asInt");
          out.int64(value);
        }
        default -> {}
      }
      id("traceId", exemplar.traceId());
      id("spanId", exemplar.spanId());
      out.endObject();
    }
    out.endArray();
  }

  // Logs and traces ------------------------------------------------------------------------------

  private void logRecord(LogRecord log) {
    out.beginObject();
    uint64("timeUnixNano", log.time());
    uint64("observedTimeUnixNano", log.observedTime());
    int32("severityNumber", log.severityNumber());
    string("severityText", log.severityText());
    out.field("body");
    value(log.body());
    attributes("attributes", log.attributes());
    uint32("droppedAttributesCount", log.droppedAttributes());
    uint32("flags", log.flags());
    id("traceId", log.traceId());
    id("spanId", log.spanId());
    string("eventName", log.eventName());
    out.endObject();
  }

  private void span(Span span) {
    Span.Core core = span.core();
    out.beginObject();
    id("traceId", core.traceId());
    id("spanId", core.spanId());
    string("traceState", core.traceState());
    id("parentSpanId", core.parentSpanId());
    uint32("flags", core.flags());
    string("name", span.name());
    int32("kind", core.kind());
    uint64("startTimeUnixNano", core.startTime());
    uint64("endTimeUnixNano", core.endTime());
    attributes("attributes", span.attributes());
    uint32("droppedAttributesCount", span.droppedAttributes());
    events(span.events());
    uint32("droppedEventsCount", span.droppedEvents());
    links(span.links());
    uint32("droppedLinksCount", span.droppedLinks());
    out.field("status");
    out.beginObject();
    string("message", core.statusMessage());
    int32("code", core.statusCode());
    out.endObject();
    out.endObject();
  }

  private void events(List<Span.Event> events) {
    if (events.isEmpty()) {
      return;
    }
    out.field("events");
    out.beginArray();
    for (int i = 0; i < events.size(); i++) {
      Span.Event event = events.get(i);
      out.comma(i > 0);
      out.beginObject();
      uint64("timeUnixNano", event.time());
      string("name", event.name());
      attributes("attributes", event.attributes());
      uint32("droppedAttributesCount", event.droppedAttributes());
      out.endObject();
    }
    out.endArray();
  }

  private void links(List<Span.Link> links) {
    if (links.isEmpty()) {
      return;
    }
    out.field("links");
    out.beginArray();
    for (int i = 0; i < links.size(); i++) {
      Span.Link link = links.get(i);
      out.comma(i > 0);
      out.beginObject();
      id("traceId", link.traceId());
      id("spanId", link.spanId());
      string("traceState", link.traceState());
      attributes("attributes", link.attributes());
      uint32("droppedAttributesCount", link.droppedAttributes());
      uint32("flags", link.flags());
      out.endObject();
    }
    out.endArray();
  }

  // Attributes and values ------------------------------------------------------------------------

  private void attributes(String field, Attributes set) {
    if (set.isEmpty()) {
      return;
    }
    out.field(field);
    out.beginArray();
    for (int i = 0; i < set.size(); i++) {
      out.comma(i > 0);
      out.beginObject();
      byte[] key = set.key(i).utf8();
      if (key.length > 0) {
        out.field("key");
        out.utf8(key);
      }
      out.field("value");
      value(set.value(i));
      out.endObject();
    }
    out.endArray();
  }

  private void value(Value value) {
    out.beginObject();
    switch (value) {
      case Text text -> {
        out.field("stringValue");
        out.text(text);
      }
      case Value.Bool(boolean bool) -> {
        out.field("boolValue");
        out.bool(bool);
      }
      case Value.Int(long number) -> {
        out.field("intValue");
        out.int64(number);
      }
      case Value.Real(double number) -> {
        out.field("doubleValue");
        out.real(number);
      }
      case Value.Items(List<Value> values) -> {
        out.field("arrayValue");
        out.beginObject();
        if (!values.isEmpty()) {
          out.field("values");
          out.beginArray();
          for (int i = 0; i < values.size(); i++) {
            out.comma(i > 0);
            value(values.get(i));
          }
          out.endArray();
        }
        out.endObject();
      }
      case Value.Pairs(Attributes values) -> {
        out.field("kvlistValue");
        out.beginObject();
        attributes("values", values);
        out.endObject();
      }
      case Value.Bytes bytes -> {
        out.field("bytesValue");
        out.base64(bytes.content());
      }
      case Value.Empty ignored -> {}
    }
    out.endObject();
  }

  // Fields that are left out when they have their default value -----------------------------------

  private void string(String field, String value) {
    if (!value.isEmpty()) {
      out.field(field);
      out.string(value);
    }
  }

  private void strings(String field, List<String> values) {
    if (!values.isEmpty()) {
      out.field(field);
      out.beginArray();
      for (int i = 0; i < values.size(); i++) {
        out.comma(i > 0);
        out.string(values.get(i));
      }
      out.endArray();
    }
  }

  private void int32(String field, int value) {
    if (value != 0) {
      out.field(field);
      out.int32(value);
    }
  }

  private void uint32(String field, int value) {
    if (value != 0) {
      out.field(field);
      out.uint32(value);
    }
  }

  private void uint64(String field, long value) {
    if (value != 0) {
      out.field(field);
      out.uint64(value);
    }
  }

  private void real(String field, double value) {
    if (value != 0) { // nor is a negative zero said
      out.field(field);
      out.real(value);
    }
  }

  private void optional(String field, double value) {
    if (!Double.isNaN(value)) {
      out.field(field);
      out.real(value);
    }
  }

  private void id(String field, Value.@Nullable Bytes id) {
    if (id != null && !ProtobufSize.isUnset(id)) {
      out.field(field);
      out.hex(id.content());
    }
  }
}
