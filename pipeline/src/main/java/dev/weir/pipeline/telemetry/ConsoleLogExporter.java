package dev.weir.pipeline.telemetry;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.Value;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.logs.export.LogRecordExporter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** Writes own log records to a stream, a JSON object a line. Thread safe. */
final class ConsoleLogExporter implements LogRecordExporter {
  private final OutputStream out;

  ConsoleLogExporter(OutputStream out) {
    this.out = out;
  }

  @Override
  public synchronized CompletableResultCode export(Collection<LogRecordData> logs) {
    StringBuilder text = new StringBuilder();
    for (LogRecordData log : logs) {
      Value<?> body = log.getBodyValue();
      Map<String, Object> fields = new LinkedHashMap<>();
      long nanos = log.getTimestampEpochNanos();
      fields.put("Timestamp", Instant.EPOCH.plusNanos(nanos));
      fields.put("SeverityText", log.getSeverityText());
      fields.put("Scope", log.getInstrumentationScopeInfo().getName());
      fields.put("Body", body == null ? "" : body.asString());
      fields.put("Attributes", map(log.getAttributes()));
      fields.put("Resource", map(log.getResource().getAttributes()));
      new Json(text, false).object(fields);
      text.append('\n');
    }
    try {
      out.write(text.toString().getBytes(StandardCharsets.UTF_8));
      out.flush();
      return CompletableResultCode.ofSuccess();
    } catch (IOException e) {
      return CompletableResultCode.ofExceptionalFailure(e);
    }
  }

  private static Map<String, Object> map(Attributes attributes) {
    Map<String, Object> sorted = new TreeMap<>();
    attributes.forEach((key, value) -> sorted.put(key.getKey(), value));
    return sorted;
  }

  @Override
  public CompletableResultCode flush() {
    return CompletableResultCode.ofSuccess();
  }

  @Override
  public CompletableResultCode shutdown() {
    return CompletableResultCode.ofSuccess();
  }
}
