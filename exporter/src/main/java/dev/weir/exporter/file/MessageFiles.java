package dev.weir.exporter.file;

import dev.weir.exporter.file.FileExporterConfig.GroupBy;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.StartException;
import dev.weir.pipeline.files.RotatedFiles;
import dev.weir.pipeline.files.Rotation;
import dev.weir.transport.SharedInstances;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.LongCounter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The open files of one exporter, which all its signals write to: one, or one for each value of an
 * attribute, of which those written to last are open. A thread writes what waits. Thread safe.
 */
final class MessageFiles implements SharedInstances.Instance {
  private final ComponentContext context;
  private final FileExporterConfig config;
  private final ScheduledThreadPoolExecutor timer;
  private final ScheduledFuture<?> flushes;
  private final LongCounter lost;

  /** By path, the one written to last at the end. Guarded by itself. */
  private final Map<Path, MessageFile> open = new LinkedHashMap<>(16, 0.75f, true);

  private MessageFiles(ComponentContext context, FileExporterConfig config) {
    this.context = context;
    this.config = config;
    this.lost =
        context
            .meter()
            .counterBuilder("weir_file_lost_items")
            .setDescription("Items that were taken and could not be written by the end.")
            .setUnit("{item}")
            .build();
    this.timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("file-flush-" + context.id()).factory());
    long every = Math.max(1, config.flushInterval().toMillis());
    this.flushes = timer.scheduleWithFixedDelay(this::flush, every, every, TimeUnit.MILLISECONDS);
  }

  /** Opens the file; those of a grouping are opened when there is something for them. */
  static MessageFiles open(ComponentContext context, FileExporterConfig config)
      throws StartException {
    MessageFiles files = new MessageFiles(context, config);
    if (config.groupBy() == null) {
      Path path = Path.of(config.path());
      try {
        files.file(path, config.append());
      } catch (IOException e) {
        files.close(Duration.ZERO);
        throw new StartException(MessageFile.reason(path, e), e);
      }
    }
    return files;
  }

  /**
   * Takes a message for the only file.
   *
   * @throws IOException if it was not taken
   */
  void add(byte[] message, int items) throws IOException {
    file(Path.of(config.path()), true).add(message, items);
  }

  /**
   * Takes a message for the file of a value.
   *
   * @throws IOException if it was not taken
   */
  void add(String value, byte[] message, int items) throws IOException {
    Path path = Path.of(config.path().replace("*", inside(value)));
    synchronized (open) { // so that another value does not close it meanwhile
      file(path, true).add(message, items);
    }
  }

  /** A value may name directories, but none outside: {@code ..} goes no further than the star. */
  private static String inside(String value) {
    String clean = Path.of("/" + value.replace("\0", "")).normalize().toString();
    return clean.substring(1);
  }

  private MessageFile file(Path path, boolean append) throws IOException {
    synchronized (open) {
      MessageFile file = open.get(path);
      if (file != null) {
        return file;
      }
      GroupBy groups = config.groupBy();
      file = new MessageFile(path, config, groups == null ? rotated(path) : null, context.logger());
      file.open(append);
      open.put(path, file);
      if (groups != null && open.size() > groups.maxOpenFiles()) {
        Iterator<MessageFile> eldest = open.values().iterator();
        closed(eldest.next().close(Duration.ZERO));
        eldest.remove();
      }
      return file;
    }
  }

  private @Nullable RotatedFiles rotated(Path path) {
    Rotation rotation = config.rotation();
    return rotation == null
        ? null
        : new RotatedFiles(
            path.toAbsolutePath(), rotation, false, context.clock(), context.logger());
  }

  private void flush() {
    List<MessageFile> all;
    synchronized (open) {
      all = new ArrayList<>(open.values());
    }
    all.forEach(MessageFile::flush);
  }

  private void closed(long items) {
    if (items > 0) {
      lost.add(items, Attributes.of(AttributeKey.stringKey("exporter"), context.id().toString()));
      context
          .logger()
          .atError()
          .addKeyValue("dropped_items", items)
          .log("Exporting failed. Dropping data.");
    }
  }

  @Override
  public void close(Duration atMost) {
    flushes.cancel(false);
    timer.shutdown();
    synchronized (open) {
      for (MessageFile file : open.values()) {
        closed(file.close(atMost));
      }
      open.clear();
    }
  }
}
