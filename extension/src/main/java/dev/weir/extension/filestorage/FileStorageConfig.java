package dev.weir.extension.filestorage;

import dev.weir.pipeline.config.Schema;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The keys of extension {@code file_storage}, as the Collector names them (collector.md 2.16,
 * contrib 0.159).
 *
 * @param directory holds a directory for each queue
 * @param createDirectory whether it is made if it is not there
 * @param directoryPermissions of what is made, in octal digits
 * @param timeout how long to wait for another process to let go of a queue
 * @param maxSize how many bytes one queue may take on the disk; 0 means any number
 * @param fsync whether a record is forced to the disk before it counts as stored
 */
public record FileStorageConfig(
    Path directory,
    boolean createDirectory,
    String directoryPermissions,
    Duration timeout,
    long maxSize,
    boolean fsync) {
  private static final String DEFAULT_DIRECTORY = "/var/lib/otelcol/file_storage";
  private static final int ALL = 0777;
  private static final int DEFAULT_PERMISSIONS = 0750;

  /** The section {@code compaction}: segments are removed whole, so there is nothing to compact. */
  private record Compaction(
      boolean onStart, boolean onRebound, long maxTransactionSize, Duration checkInterval) {
    static final Schema<Compaction> SCHEMA =
        Schema.define(
            fields -> {
              var onStart = fields.flag("on_start", false, "Without effect.");
              var onRebound = fields.flag("on_rebound", false, "Without effect.");
              fields.text("directory", DEFAULT_DIRECTORY, "Without effect.");
              var most =
                  fields
                      .whole("max_transaction_size", 65536, "Without effect.")
                      .check(
                          n -> n >= 0, "max transaction size for compaction cannot be less than 0");
              fields.whole("rebound_needed_threshold_mib", 100, "Without effect.");
              fields.whole("rebound_trigger_threshold_mib", 10, "Without effect.");
              var interval =
                  fields.duration("check_interval", Duration.ofSeconds(5), "Without effect.");
              fields.flag("cleanup_on_start", false, "Without effect.");
              fields.rule(Compaction::errors);
              return values ->
                  new Compaction(
                      values.get(onStart),
                      values.get(onRebound),
                      values.get(most),
                      values.get(interval));
            });

    private List<String> errors() {
      return onRebound && !checkInterval.isPositive()
          ? List.of("compaction check interval must be positive when rebound compaction is set")
          : List.of();
    }
  }

  /** Declares the keys. */
  static final Schema<FileStorageConfig> SCHEMA =
      Schema.define(
          fields -> {
            var directory =
                fields
                    .text(
                        "directory", DEFAULT_DIRECTORY, "Holds a directory for each stored queue.")
                    .check(d -> !d.isEmpty() && d.indexOf('\0') < 0, "must be a path");
            var create =
                fields.flag("create_directory", false, "Makes the directory if it is not there.");
            var permissions =
                fields.text(
                    "directory_permissions",
                    "0750",
                    "Permissions of the directories that are made, in octal digits. Files get"
                        + " those for reading and writing.");
            var timeout =
                fields
                    .duration(
                        "timeout",
                        Duration.ofSeconds(1),
                        "How long to wait for another process to let go of a queue.")
                    .check(t -> !t.isNegative(), "must not be negative");
            var size =
                fields
                    .whole(
                        "max_size",
                        0,
                        "How many bytes one queue may take on the disk; 0 means any number. What"
                            + " does not fit is refused.")
                    .check(n -> n >= 0, "max size cannot be less than 0");
            var fsync =
                fields.flag(
                    "fsync",
                    false,
                    "Forces each record to the disk before it counts as stored, so that it"
                        + " outlives a loss of power. Without, it outlives the end of the process,"
                        + " however that comes.");
            fields.flag(
                "recreate",
                false,
                "Without effect: a damaged record is left out, the others are kept.");
            fields.section(
                "compaction",
                Compaction.SCHEMA,
                "Without effect: files are removed as soon as all in them is done.");
            fields.rule(FileStorageConfig::errors);
            return values ->
                new FileStorageConfig(
                    Path.of(values.get(directory)),
                    values.get(create),
                    values.get(permissions),
                    values.get(timeout),
                    values.get(size),
                    values.get(fsync));
          });

  private List<String> errors() {
    List<String> errors = new ArrayList<>();
    if (!Files.exists(directory)) {
      if (!createDirectory) {
        errors.add(
            "directory must exist: stat "
                + directory
                + ": no such file or directory. You can enable the create_directory option to"
                + " automatically create it");
      }
    } else if (!Files.isDirectory(directory)) {
      errors.add(directory + " is not a directory");
    }
    if (createDirectory) {
      if (!directoryPermissions.matches("[0-7]{1,10}")) {
        errors.add("directory_permissions value must be a valid octal representation");
      } else if ((Long.parseLong(directoryPermissions, 8) & ~ALL) != 0) {
        errors.add("directory_permissions contain invalid bits for file access");
      }
    }
    return errors;
  }

  /** Returns the permissions of directories. */
  Set<PosixFilePermission> permissions() {
    // Where create_directory is off the Collector does not look at it, whatever stands there.
    int bits =
        directoryPermissions.matches("[0-7]{1,10}")
            ? (int) (Long.parseLong(directoryPermissions, 8) & ALL)
            : DEFAULT_PERMISSIONS;
    PosixFilePermission[] all = PosixFilePermission.values(); // owner's r, w, x; group's; others'
    Set<PosixFilePermission> set = EnumSet.noneOf(PosixFilePermission.class);
    for (int i = 0; i < all.length; i++) {
      if ((bits & (0400 >> i)) != 0) {
        set.add(all[i]);
      }
    }
    return set;
  }

  /** Returns the permissions of files: those of directories but for the right to search. */
  Set<PosixFilePermission> filePermissions() {
    Set<PosixFilePermission> set = EnumSet.noneOf(PosixFilePermission.class);
    set.addAll(permissions());
    set.remove(PosixFilePermission.OWNER_EXECUTE);
    set.remove(PosixFilePermission.GROUP_EXECUTE);
    set.remove(PosixFilePermission.OTHERS_EXECUTE);
    return set;
  }
}
