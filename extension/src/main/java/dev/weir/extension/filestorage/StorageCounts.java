package dev.weir.extension.filestorage;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.ObservableLongGauge;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/** The own metrics of the queues of one extension. Thread safe. */
final class StorageCounts {
  private static final AttributeKey<String> EXTENSION = AttributeKey.stringKey("extension");
  private static final AttributeKey<String> QUEUE = AttributeKey.stringKey("queue");
  private static final AttributeKey<String> REASON = AttributeKey.stringKey("reason");

  private final String extension;
  private final LongCounter corrupt;
  private final LongCounter failedWrites;
  private final Map<Path, LongSupplier> queues = new ConcurrentHashMap<>();
  private final Meter meter;

  StorageCounts(Meter meter, String extension) {
    this.meter = meter;
    this.extension = extension;
    this.corrupt =
        meter
            .counterBuilder("weir_storage_corrupt_records")
            .setDescription(
                "Places in stored queues where something is no whole record, and was left out.")
            .setUnit("{record}")
            .build();
    this.failedWrites =
        meter
            .counterBuilder("weir_storage_failed_writes")
            .setDescription("Writes to stored queues that the disk did not take.")
            .setUnit("{write}")
            .build();
  }

  /** Shows the bytes of each queue from now on. */
  ObservableLongGauge watch() {
    return meter
        .gaugeBuilder("weir_storage_disk_bytes")
        .ofLongs()
        .setDescription("Bytes that a stored queue takes on the disk.")
        .setUnit("By")
        .buildWithCallback(
            m ->
                queues.forEach(
                    (path, bytes) ->
                        m.record(
                            bytes.getAsLong(),
                            Attributes.of(
                                EXTENSION, extension, QUEUE, path.getFileName().toString()))));
  }

  void opened(Path queue, LongSupplier bytes) {
    queues.put(queue, bytes);
  }

  void closed(Path queue) {
    queues.remove(queue);
  }

  /** Something is no whole record. */
  void corrupt(boolean atEnd) {
    corrupt.add(1, Attributes.of(EXTENSION, extension, REASON, atEnd ? "truncated" : "damaged"));
  }

  /** The disk did not take something. */
  void failedWrite() {
    failedWrites.add(1, Attributes.of(EXTENSION, extension));
  }
}
