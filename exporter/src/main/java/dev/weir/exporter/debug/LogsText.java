package dev.weir.exporter.debug;

import dev.weir.pdata.LogRecord;
import dev.weir.pdata.ResourceItems;
import dev.weir.pdata.Telemetry;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Describes log records. */
final class LogsText extends SignalText<LogRecord> {
  private static final List<String> SEVERITIES =
      List.of("Trace", "Debug", "Info", "Warn", "Error", "Fatal");
  private static final int LEVELS = 4;

  @Override
  String title() {
    return "Logs";
  }

  @Override
  Map<String, Integer> figures(Telemetry<LogRecord> batch) {
    Map<String, Integer> figures = new LinkedHashMap<>();
    List<ResourceItems<LogRecord>> resources = batch.resources();
    figures.put("resource logs", resources.size());
    figures.put("log records", batch.count());
    return figures;
  }

  @Override
  Heading normalHeading() {
    return new Heading("ResourceLog", "ScopeLog");
  }

  @Override
  Heading detailedHeading() {
    return new Heading("ResourceLog", "ScopeLogs");
  }

  @Override
  void normal(StringBuilder out, LogRecord item) {
    out.append(GoText.value(item.body())).append(' ');
    pairs(out, "", " ", item.attributes());
    out.append('\n');
  }

  @Override
  void detailed(StringBuilder out, int index, LogRecord item) {
    out.append("LogRecord #").append(index).append('\n');
    line(out, "ObservedTimestamp", GoText.time(item.observedTime()));
    line(out, "Timestamp", GoText.time(item.time()));
    line(out, "SeverityText", item.severityText());
    int severity = item.severityNumber();
    line(out, "SeverityNumber", severityName(severity) + '(' + severity + ')');
    if (!item.eventName().isEmpty()) {
      line(out, "EventName", item.eventName());
    }
    out.append("Body: ");
    typed(out, item.body()).append('\n');
    attributes(out, "Attributes", "", item.attributes());
    line(out, "Trace ID", hex(item.traceId()));
    line(out, "Span ID", hex(item.spanId()));
    line(out, "Flags", Integer.toUnsignedString(item.flags()));
  }

  /** Returns OTLP's name of a severity: four levels each of Trace to Fatal. */
  private static String severityName(int number) {
    if (number == 0) {
      return "Unspecified";
    }
    if (number < 0 || number > SEVERITIES.size() * LEVELS) {
      return "";
    }
    int level = (number - 1) % LEVELS;
    return SEVERITIES.get((number - 1) / LEVELS) + (level == 0 ? "" : level + 1);
  }
}
