package dev.weir.exporter.file;

import dev.weir.pipeline.config.Schema;
import dev.weir.pipeline.files.Rotation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The keys of exporter {@code file} (collector.md 2.7).
 *
 * @param path the file; with {@code groupBy} a pattern with one {@code *}
 * @param format how a batch becomes a message
 * @param append whether a file that is there at the start is continued, not emptied
 * @param rotation when the file is put aside, or null for never
 * @param compress whether each message is packed with zstd
 * @param flushInterval how long a message may wait before it is written
 * @param createDirectory whether missing directories are made
 * @param directoryPermissions their mode, in octal digits
 * @param groupBy a file for each value of an attribute, or null for one file
 */
public record FileExporterConfig(
    String path,
    Format format,
    boolean append,
    @Nullable Rotation rotation,
    boolean compress,
    Duration flushInterval,
    boolean createDirectory,
    String directoryPermissions,
    @Nullable GroupBy groupBy) {

  /** How a batch becomes a message. */
  public enum Format {
    /** One line of OTLP JSON. */
    JSON,
    /** OTLP protobuf after its length. */
    PROTO
  }

  /**
   * A file for each value of an attribute of the resource.
   *
   * @param resourceAttribute its name
   * @param maxOpenFiles how many files are open at once
   */
  public record GroupBy(String resourceAttribute, int maxOpenFiles) {}

  private record Grouping(boolean enabled, String resourceAttribute, long maxOpenFiles) {
    static final Schema<Grouping> SCHEMA =
        Schema.define(
            fields -> {
              var enabled =
                  fields.flag(
                      "enabled",
                      false,
                      "A file for each value of an attribute of the resource, which takes the"
                          + " place of the `*` in `path`. There is no rotation then.");
              var attribute =
                  fields.text(
                      "resource_attribute", "fileexporter.path_segment", "The attribute's name.");
              var most =
                  fields
                      .whole(
                          "max_open_files",
                          100,
                          "How many files are open at once; the one that was not written to for"
                              + " longest is closed.")
                      .check(n -> n > 0 && n <= 100_000, "must be from 1 to 100000");
              return values ->
                  new Grouping(values.get(enabled), values.get(attribute), values.get(most));
            });
  }

  private record Params(long level) {
    static final Schema<Params> SCHEMA =
        Schema.define(
            fields -> {
              var level = fields.whole("level", 0, "Accepted; zstd has one level here.");
              return values -> new Params(values.get(level));
            });
  }

  /** Declares the keys. */
  static final Schema<FileExporterConfig> SCHEMA =
      Schema.define(
          fields -> {
            var path =
                fields.text("path", "", "The file. With `group_by` it holds one `*`.").required();
            var format =
                fields.choice(
                    "format",
                    Format.class,
                    Format.JSON,
                    "`json`: a line a batch; `proto`: each batch after its length in four bytes.");
            var append =
                fields.flag(
                    "append",
                    false,
                    "Whether a file that is there at the start is continued; otherwise it is"
                        + " emptied.");
            var rotation =
                fields.optionalSection(
                    "rotation",
                    Rotation.SCHEMA,
                    "When the file is put aside, and how many are kept. Absent: never.");
            var compression =
                fields
                    .text(
                        "compression",
                        "",
                        "`zstd` packs each batch and writes it after its length in four bytes,"
                            + " whatever the format; empty or `none`: not packed.")
                    .check(
                        c -> c.isEmpty() || c.equals("none") || c.equals("zstd"),
                        "compression is not supported: there is zstd");
            var params =
                fields.section("compression_params", Params.SCHEMA, "How hard zstd tries.");
            var flush =
                fields
                    .duration(
                        "flush_interval",
                        Duration.ofSeconds(1),
                        "How long a batch may wait before it is written; 0 is 1s.")
                    .check(d -> !d.isNegative(), "flush_interval must be larger than zero");
            var encoding =
                fields
                    .text("encoding", "", "An extension: not there, an error if not empty.")
                    .check(String::isEmpty, "encoding extensions are not there; use format");
            var create =
                fields.flag(
                    "create_directory", false, "Whether missing directories of `path` are made.");
            var permissions =
                fields
                    .text(
                        "directory_permissions",
                        "",
                        "Mode of directories that are made, in octal digits; empty is 0755.")
                    .check(
                        mode -> mode.isEmpty() || mode.matches("0?[0-7]{3}"),
                        "must be three octal digits such as 0755");
            var group =
                fields.section(
                    "group_by", Grouping.SCHEMA, "A file for each value of an attribute.");
            fields.rule(FileExporterConfig::errors);
            return values -> {
              values.get(params);
              values.get(encoding);
              Grouping by = values.get(group);
              Duration interval = values.get(flush);
              return new FileExporterConfig(
                  values.get(path),
                  values.get(format),
                  values.get(append),
                  values.get(rotation),
                  values.get(compression).equals("zstd"),
                  interval.isZero() ? Duration.ofSeconds(1) : interval,
                  values.get(create),
                  values.get(permissions),
                  by.enabled()
                      ? new GroupBy(by.resourceAttribute(), Math.toIntExact(by.maxOpenFiles()))
                      : null);
            };
          });

  private List<String> errors() {
    List<String> errors = new ArrayList<>();
    if (path.isEmpty()) {
      errors.add("path must be non-empty");
    }
    if (append && compress) {
      errors.add("append and compression enabled at the same time is not supported");
    }
    if (append && rotation != null) {
      errors.add("append and rotation enabled at the same time is not supported");
    }
    if (groupBy != null) {
      int star = path.indexOf('*');
      if (star < 0 || path.indexOf('*', star + 1) >= 0) {
        errors.add("path must contain exactly one * when group_by is enabled");
      } else if (star == 0) {
        errors.add("path must not start with * when group_by is enabled");
      }
      if (groupBy.resourceAttribute().isEmpty()) {
        errors.add("resource_attribute must not be empty when group_by is enabled");
      }
    }
    return errors;
  }
}
