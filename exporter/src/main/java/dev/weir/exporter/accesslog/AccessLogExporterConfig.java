package dev.weir.exporter.accesslog;

import dev.weir.pipeline.config.Schema;
import dev.weir.pipeline.files.Rotation;
import java.time.Duration;
import java.util.List;

/**
 * The keys of exporter {@code access_log}, named as in the Collector's file exporter where that has
 * them (collector.md 2.7).
 *
 * @param path the file, or empty for standard output
 * @param format how a record becomes a line
 * @param fields which attributes are written, in which order; empty for all in the usual order
 * @param includeResource whether the resource's attributes are written too
 * @param append whether a file that is there at the start is continued, not emptied
 * @param createDirectory whether missing directories are made
 * @param rotation when a file is put aside, and how many are kept
 * @param compression what happens to files put aside
 * @param flushInterval how long a line may wait before it is written
 * @param bufferSize bytes of lines that may wait or be on their way
 * @param onOverflow what happens to lines that find no room
 */
public record AccessLogExporterConfig(
    String path,
    Format format,
    List<String> fields,
    boolean includeResource,
    boolean append,
    boolean createDirectory,
    Rotation rotation,
    Compression compression,
    Duration flushInterval,
    long bufferSize,
    OnOverflow onOverflow) {

  /** How a record becomes a line. */
  public enum Format {
    /** Time, event, both ends, then {@code key=value}. */
    TEXT,
    /** One flat object. */
    JSON
  }

  /** What happens to files that were put aside. */
  public enum Compression {
    /** They stay as they are. */
    NONE,
    /** They are compressed with gzip, in the background. */
    GZIP
  }

  /** What happens to lines that find no room in the buffer. */
  public enum OnOverflow {
    /** They are dropped and counted. */
    DROP,
    /** Who delivers them waits. */
    BLOCK
  }

  private static final long LEAST_BUFFER = 1L << 16;
  private static final long MOST_BUFFER = 1L << 30;

  /** Declares the keys. */
  static final Schema<AccessLogExporterConfig> SCHEMA =
      Schema.define(
          fields -> {
            var path = fields.text("path", "", "The file; empty: standard output.");
            var format =
                fields.choice(
                    "format",
                    Format.class,
                    Format.TEXT,
                    "`text`: time, event, both ends, then `key=value`; `json`: one flat object.");
            var chosen =
                fields.texts(
                    "fields",
                    List.of(),
                    "Which attributes follow time, event and both ends, in this order; one of the"
                        + " resource is written `resource.NAME`. Empty: all.");
            var resource =
                fields.flag(
                    "include_resource",
                    false,
                    "Whether all attributes of the resource are written too, as"
                        + " `resource.NAME`.");
            var append =
                fields.flag(
                    "append",
                    true,
                    "Whether a file that is there at the start is continued; false empties it.");
            var create =
                fields.flag(
                    "create_directory", false, "Whether missing directories of `path` are made.");
            var rotation =
                fields.section(
                    "rotation",
                    Rotation.SCHEMA,
                    "When the file is put aside, and how many are kept.");
            var compression =
                fields.choice(
                    "compression",
                    Compression.class,
                    Compression.NONE,
                    "`none` or `gzip`, for files put aside.");
            var flush =
                fields
                    .duration(
                        "flush_interval",
                        Duration.ofSeconds(1),
                        "How long a line may wait before it is written.")
                    .check(d -> !d.isNegative(), "must not be negative");
            var buffer =
                fields
                    .whole(
                        "buffer_size",
                        16L << 20,
                        "Bytes of lines that may wait or be on their way to a slow destination.")
                    .check(
                        n -> n >= LEAST_BUFFER && n <= MOST_BUFFER,
                        "must be from 65536 to 1073741824");
            var overflow =
                fields.choice(
                    "on_overflow",
                    OnOverflow.class,
                    OnOverflow.DROP,
                    "What happens when the buffer is full: `drop` counts the line and goes on,"
                        + " `block` makes the pipeline wait.");
            fields.rule(AccessLogExporterConfig::errors);
            return values ->
                new AccessLogExporterConfig(
                    values.get(path),
                    values.get(format),
                    values.get(chosen),
                    values.get(resource),
                    values.get(append),
                    values.get(create),
                    values.get(rotation),
                    values.get(compression),
                    values.get(flush),
                    values.get(buffer),
                    values.get(overflow));
          });

  /** Copies the list of fields. */
  public AccessLogExporterConfig {
    fields = List.copyOf(fields);
  }

  private List<String> errors() {
    if (path.isEmpty() && compression != Compression.NONE) {
      return List.of("compression is for files put aside: set path too");
    }
    return List.of();
  }
}
