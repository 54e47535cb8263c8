package dev.weir.pipeline.telemetry;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One line of the agent's log.
 *
 * @param logger where it comes from
 * @param message the text, with arguments put in
 * @param fields in order
 * @param thrown what is to be shown with its stack, or null
 */
record LogLine(
    Instant time,
    LogsConfig.Level level,
    String logger,
    String message,
    Map<String, Object> fields,
    @Nullable Throwable thrown) {}
