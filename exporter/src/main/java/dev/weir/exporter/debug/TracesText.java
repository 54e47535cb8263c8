package dev.weir.exporter.debug;

import dev.weir.pdata.Span;
import dev.weir.pdata.Telemetry;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Describes spans. */
final class TracesText extends SignalText<Span> {
  private static final List<String> KINDS =
      List.of("Unspecified", "Internal", "Server", "Client", "Producer", "Consumer");
  private static final List<String> STATUSES = List.of("Unset", "Ok", "Error");
  private static final String NESTED = "     ";

  @Override
  String title() {
    return "Traces";
  }

  @Override
  Map<String, Integer> figures(Telemetry<Span> batch) {
    Map<String, Integer> figures = new LinkedHashMap<>();
    figures.put("resource spans", batch.resources().size());
    figures.put("spans", batch.count());
    return figures;
  }

  @Override
  Heading normalHeading() {
    return new Heading("ResourceTraces", "ScopeTraces");
  }

  @Override
  Heading detailedHeading() {
    return new Heading("ResourceSpans", "ScopeSpans");
  }

  @Override
  void normal(StringBuilder out, Span item) {
    out.append(item.name()).append(' ').append(hex(item.core().traceId())).append(' ');
    out.append(hex(item.core().spanId()));
    pairs(out, " ", " ", item.attributes());
    out.append('\n');
  }

  @Override
  void detailed(StringBuilder out, int index, Span item) {
    Span.Core core = item.core();
    out.append("Span #").append(index).append('\n');
    line(out, "    Trace ID       ", hex(core.traceId()));
    line(out, "    Parent ID      ", hex(core.parentSpanId()));
    line(out, "    ID             ", hex(core.spanId()));
    line(out, "    Name           ", item.name());
    line(out, "    Kind           ", name(KINDS, core.kind()));
    if (!core.traceState().isEmpty()) {
      line(out, "    TraceState     ", core.traceState());
    }
    line(out, "    Start time     ", GoText.time(core.startTime()));
    line(out, "    End time       ", GoText.time(core.endTime()));
    line(out, "    Status code    ", name(STATUSES, core.statusCode()));
    line(out, "    Status message ", core.statusMessage());
    line(out, "    DroppedAttributesCount", Integer.toUnsignedString(item.droppedAttributes()));
    line(out, "    DroppedEventsCount", Integer.toUnsignedString(item.droppedEvents()));
    line(out, "    DroppedLinksCount", Integer.toUnsignedString(item.droppedLinks()));
    attributes(out, "Attributes", "", item.attributes());
    events(out, item.events());
    links(out, item.links());
  }

  private static void events(StringBuilder out, List<Span.Event> events) {
    if (events.isEmpty()) {
      return;
    }
    out.append("Events:\n");
    int i = 0;
    for (Span.Event event : events) {
      out.append("SpanEvent #").append(i++).append('\n');
      line(out, "     -> Name", event.name());
      line(out, "     -> Timestamp", GoText.time(event.time()));
      line(
          out,
          "     -> DroppedAttributesCount",
          Integer.toUnsignedString(event.droppedAttributes()));
      // The Collector writes two colons here.
      attributes(out, "     -> Attributes:", NESTED, event.attributes());
    }
  }

  private static void links(StringBuilder out, List<Span.Link> links) {
    if (links.isEmpty()) {
      return;
    }
    out.append("Links:\n");
    int i = 0;
    for (Span.Link link : links) {
      out.append("SpanLink #").append(i++).append('\n');
      line(out, "     -> Trace ID", hex(link.traceId()));
      line(out, "     -> ID", hex(link.spanId()));
      line(out, "     -> TraceState", link.traceState());
      line(
          out,
          "     -> DroppedAttributesCount",
          Integer.toUnsignedString(link.droppedAttributes()));
      attributes(out, "     -> Attributes:", NESTED, link.attributes());
    }
  }

  private static String name(List<String> names, int number) {
    return number >= 0 && number < names.size() ? names.get(number) : "";
  }
}
