package dev.weir.exporter.file;

import dev.weir.exporter.file.FileExporterConfig.GroupBy;
import dev.weir.pdata.Item;
import dev.weir.pdata.ResourceItems;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.Value;
import dev.weir.pipeline.ComponentContext;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.Exporter;
import dev.weir.pipeline.Host;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.StartException;
import dev.weir.transport.SharedInstances;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes each batch as one message, or, grouped, as one for each file. There is no queue: a batch
 * that cannot be written now is refused, to be sent again by who sent it.
 */
final class FileExporter<T extends Item> implements Exporter<T> {
  /** Who has files of its own. */
  record Owner(ComponentId id, FileExporterConfig config) {}

  private final ComponentContext context;
  private final FileExporterConfig config;
  private final SharedInstances<Owner, MessageFiles> shared;
  private final MessageFormat format;
  private @Nullable MessageFiles files;

  FileExporter(
      ComponentContext context,
      FileExporterConfig config,
      SharedInstances<Owner, MessageFiles> shared) {
    this.context = context;
    this.config = config;
    this.shared = shared;
    this.format = new MessageFormat(config.format(), config.compress());
  }

  @Override
  public void start(Host host) throws StartException {
    files = shared.open(new Owner(context.id(), config), () -> MessageFiles.open(context, config));
  }

  @Override
  public Outcome consume(Telemetry<T> batch) {
    MessageFiles open = files;
    if (open == null) {
      return Outcome.retry("the exporter is not started");
    }
    try {
      GroupBy groups = config.groupBy();
      if (groups == null) {
        open.add(format.encode(batch), batch.count());
        return Outcome.accepted();
      }
      return grouped(batch, groups, open);
    } catch (IOException e) {
      return Outcome.retry(String.valueOf(e.getMessage()));
    }
  }

  private Outcome grouped(Telemetry<T> batch, GroupBy groups, MessageFiles open)
      throws IOException {
    Map<String, Telemetry<T>> byValue = new LinkedHashMap<>();
    long homeless = 0;
    for (ResourceItems<T> group : batch.resources()) {
      Value value = group.resource().attributes().get(groups.resourceAttribute());
      String text = value instanceof dev.weir.pdata.Text t ? t.toString() : "";
      if (text.isEmpty()) {
        homeless += group.count();
      } else {
        byValue.computeIfAbsent(text, v -> new Telemetry<>(batch.signal())).resources().add(group);
      }
    }
    long lost = homeless;
    IOException failure = null;
    for (Map.Entry<String, Telemetry<T>> each : byValue.entrySet()) {
      Telemetry<T> part = each.getValue();
      try {
        open.add(each.getKey(), format.encode(part), part.count());
      } catch (IOException e) {
        failure = e;
        lost += part.count();
      }
    }
    if (failure != null && lost - homeless == batch.count()) {
      throw failure; // nothing was taken: who sent it may send it again
    }
    if (lost == 0) {
      return Outcome.accepted();
    }
    return new Outcome.Partial(
        lost,
        failure != null
            ? String.valueOf(failure.getMessage())
            : "the resource has no attribute " + groups.resourceAttribute());
  }

  @Override
  public void stop(Duration grace) {
    if (files != null) {
      files = null;
      shared.close(new Owner(context.id(), config), grace);
    }
  }
}
