package dev.weir.pipeline.telemetry;

import dev.weir.pipeline.telemetry.LogsConfig.Encoding;
import dev.weir.pipeline.telemetry.LogsConfig.Level;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Makes text of a line, in the two encodings of the Collector (observed/lifecycle.md):
 *
 * <pre>
 * 2026-11-20T10:54:56.495Z⇥info⇥service⇥Starting weir...⇥{"resource": {...}, "NumCPU": 2}
 * {"level":"info","ts":"2026-11-20T10:54:56.495Z","caller":"service","msg":"Starting weir...",...}
 * </pre>
 *
 * <p>Where the Collector names file and line, Weir names the logger. Thread safe.
 */
final class LogEncoder {
  private final LogsConfig config;
  private final DateTimeFormatter time;
  private final Map<String, Object> first;

  /** Makes an encoder; {@code resource} stands on each line unless it is switched off or empty. */
  LogEncoder(LogsConfig config, Map<String, String> resource, ZoneId zone) {
    this.config = config;
    this.time =
        DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSXX", Locale.ROOT).withZone(zone);
    this.first = new LinkedHashMap<>();
    if (!config.disableZapResource() && !resource.isEmpty()) {
      first.put("resource", resource);
    }
    first.putAll(new java.util.TreeMap<>(config.initialFields()));
  }

  /** Returns the line with its line feed. */
  String encode(LogLine line) {
    Map<String, Object> fields = new LinkedHashMap<>(first);
    fields.putAll(line.fields());
    Throwable thrown = line.thrown();
    if (thrown != null) {
      fields.putIfAbsent("error", thrown.toString());
    }
    StringBuilder out = new StringBuilder(256);
    if (config.encoding() == Encoding.JSON) {
      json(line, fields, out);
    } else {
      console(line, fields, out);
    }
    return out.append('\n').toString();
  }

  private void console(LogLine line, Map<String, Object> fields, StringBuilder out) {
    time.formatTo(line.time(), out);
    out.append('\t').append(word(line.level()));
    if (!config.disableCaller()) {
      out.append('\t').append(line.logger());
    }
    out.append('\t').append(line.message());
    if (!fields.isEmpty()) {
      out.append('\t');
      new Json(out, true).object(fields);
    }
    Throwable thrown = line.thrown();
    if (thrown != null && stack(line.level())) {
      out.append('\n').append(stackOf(thrown));
    }
  }

  private void json(LogLine line, Map<String, Object> fields, StringBuilder out) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("level", word(line.level()));
    all.put("ts", time.format(line.time()));
    if (!config.disableCaller()) {
      all.put("caller", line.logger());
    }
    all.put("msg", line.message());
    fields.forEach(all::putIfAbsent);
    Throwable thrown = line.thrown();
    if (thrown != null && stack(line.level())) {
      all.put("stacktrace", stackOf(thrown));
    }
    new Json(out, false).object(all);
  }

  /** Stacks are for bugs, which are errors; a person who debugs wants them all. */
  private boolean stack(Level level) {
    return !config.disableStacktrace()
        && (level == Level.ERROR
            || (level == Level.WARN && config.development())
            || config.level() == Level.DEBUG);
  }

  private static String stackOf(Throwable thrown) {
    StringWriter text = new StringWriter();
    thrown.printStackTrace(new PrintWriter(text));
    return text.toString().stripTrailing();
  }

  private static String word(Level level) {
    return level.name().toLowerCase(Locale.ROOT);
  }
}
