package dev.weir.exporter.accesslog;

import dev.weir.exporter.accesslog.AccessLogExporterConfig.Compression;
import dev.weir.exporter.accesslog.AccessLogExporterConfig.Format;
import dev.weir.exporter.accesslog.AccessLogExporterConfig.OnOverflow;
import dev.weir.pipeline.files.Rotation;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Makes configs: the defaults but for what is set, and without a wait before a flush. */
final class Configs {
  private String path = "";
  private Format format = Format.TEXT;
  private List<String> fields = List.of();
  private boolean includeResource;
  private boolean append = true;
  private boolean createDirectory;
  private Rotation rotation = Rotation.SCHEMA.defaults();
  private Compression compression = Compression.NONE;
  private Duration flushInterval = Duration.ZERO;
  private long bufferSize = 16 << 20;
  private OnOverflow onOverflow = OnOverflow.DROP;

  Configs path(Path value) {
    path = value.toString();
    return this;
  }

  Configs json() {
    format = Format.JSON;
    return this;
  }

  Configs fields(String... values) {
    fields = List.of(values);
    return this;
  }

  Configs includeResource() {
    includeResource = true;
    return this;
  }

  Configs emptyFirst() {
    append = false;
    return this;
  }

  Configs createDirectory() {
    createDirectory = true;
    return this;
  }

  Configs rotation(long days, long backups) {
    rotation = new Rotation(1, days, backups, false);
    return this;
  }

  Configs gzip() {
    compression = Compression.GZIP;
    return this;
  }

  Configs flushInterval(Duration value) {
    flushInterval = value;
    return this;
  }

  Configs bufferSize(long bytes) {
    bufferSize = bytes;
    return this;
  }

  Configs block() {
    onOverflow = OnOverflow.BLOCK;
    return this;
  }

  AccessLogExporterConfig build() {
    return new AccessLogExporterConfig(
        path,
        format,
        fields,
        includeResource,
        append,
        createDirectory,
        rotation,
        compression,
        flushInterval,
        bufferSize,
        onOverflow);
  }
}
