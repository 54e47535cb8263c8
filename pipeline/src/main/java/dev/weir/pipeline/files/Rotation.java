package dev.weir.pipeline.files;

import dev.weir.pipeline.config.Schema;

/**
 * When a file is put aside, and how many are kept.
 *
 * @param maxMegabytes size of a file, in units of 1,048,576 bytes; 0 for no limit
 * @param maxDays age from which files put aside are deleted; 0 for never
 * @param maxBackups how many files put aside are kept; 0 for all
 * @param localtime whether their names carry local time, not UTC
 */
public record Rotation(long maxMegabytes, long maxDays, long maxBackups, boolean localtime) {
  /** Declares the keys. */
  public static final Schema<Rotation> SCHEMA =
      Schema.define(
          fields -> {
            var megabytes =
                fields
                    .whole(
                        "max_megabytes",
                        100,
                        "Size at which the file is put aside, in units of 1,048,576 bytes;"
                            + " 0: never.")
                    .check(n -> n >= 0 && n <= 1L << 40, "must be from 0 to 1099511627776");
            var days =
                fields
                    .whole("max_days", 0, "Age from which files put aside are deleted; 0: never.")
                    .check(n -> n >= 0 && n <= 1_000_000, "must be from 0 to 1000000");
            var backups =
                fields
                    .whole("max_backups", 100, "How many files put aside are kept; 0: all.")
                    .check(n -> n >= 0, "must not be negative");
            var localtime =
                fields.flag(
                    "localtime",
                    false,
                    "Whether the names of files put aside carry local time, not UTC.");
            return values ->
                new Rotation(
                    values.get(megabytes),
                    values.get(days),
                    values.get(backups),
                    values.get(localtime));
          });

  /** Returns the size at which a file is put aside, in bytes. */
  public long maxBytes() {
    return maxMegabytes == 0 ? Long.MAX_VALUE : maxMegabytes << 20;
  }
}
