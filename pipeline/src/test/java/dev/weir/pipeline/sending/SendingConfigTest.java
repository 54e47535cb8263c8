package dev.weir.pipeline.sending;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.pdata.Signal;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.Components;
import dev.weir.pipeline.ExporterFactory;
import dev.weir.pipeline.Factory;
import dev.weir.pipeline.Receiver;
import dev.weir.pipeline.ReceiverFactory;
import dev.weir.pipeline.config.ConfigLoader;
import dev.weir.pipeline.config.ConfigSource;
import dev.weir.pipeline.config.LoadResult;
import dev.weir.pipeline.config.Schema;
import io.opentelemetry.api.common.Attributes;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The keys, defaults and rules of collector.md 2.5 and defaults.yaml. */
final class SendingConfigTest {
  private static final Schema<SendingConfig> SCHEMA =
      Schema.define(fields -> SendingConfig.declare(fields, Duration.ofSeconds(5)));

  private static LoadResult<String> load(String body) {
    ReceiverFactory<String> receiver =
        new ReceiverFactory<>(
            Factory.Type.of("nothing", Factory.Stability.STABLE, Schema.empty("")),
            Set.of(Signal.LOGS),
            (_, _) -> new Receiver() {});
    ExporterFactory<SendingConfig> exporter =
        ExporterFactory.of(Factory.Type.of("sends", Factory.Stability.STABLE, SCHEMA))
            .withLogs(
                (context, config) ->
                    SendingExporter.of(
                        context, Signal.LOGS, config, Attributes.empty(), new Scene()));
    String yaml =
        "exporters: {sends: "
            + body
            + "}\nreceivers: {nothing: {}}\n"
            + "service: {pipelines: {logs: {receivers: [nothing], exporters: [sends]}}}\n";
    return new ConfigLoader<>(
            new Components(List.of(receiver, exporter)), Schema.empty(""), name -> null)
        .load(List.of(new ConfigSource.Text("test.yaml", yaml)));
  }

  private static SendingConfig config(String body) {
    return switch (load(body)) {
      case LoadResult.Failed<String> failed -> throw new AssertionError(failed.render());
      case LoadResult.Loaded<String> loaded ->
          (SendingConfig)
              loaded
                  .config()
                  .components(dev.weir.pipeline.ComponentKind.EXPORTER)
                  .values()
                  .iterator()
                  .next()
                  .config();
    };
  }

  @Test
  void theDefaultsAreTheCollectors() {
    assertThat(config(""))
        .isEqualTo(SendingConfig.defaults(Duration.ofSeconds(5)))
        .isEqualTo(
            new SendingConfig(
                Duration.ofSeconds(5),
                new RetryConfig(
                    true,
                    Duration.ofSeconds(5),
                    0.5,
                    1.5,
                    Duration.ofSeconds(30),
                    Duration.ofMinutes(5)),
                new QueueConfig(10, false, false, Sizer.REQUESTS, 1000, null, null)));
    assertThat(config("{sending_queue: {enabled: false, queue_size: -1}}").queue()).isNull();
    assertThat(config("{sending_queue: {storage: file_storage/x}}").queue())
        .isEqualTo(
            new QueueConfig(
                10,
                false,
                false,
                Sizer.REQUESTS,
                1000,
                new ComponentId("file_storage", "x"),
                null));
  }

  @Test
  void theSizerOfBatchesIsTheQueuesUnlessGiven() {
    assertThat(batch("{sending_queue: {batch: {}}}"))
        .isEqualTo(new BatchConfig(Duration.ofMillis(200), Sizer.ITEMS, 8192, 0, List.of()));
    assertThat(batch("{sending_queue: {batch: }}").sizer()).isEqualTo(Sizer.ITEMS);
    assertThat(batch("{sending_queue: {sizer: bytes, queue_size: 9000, batch: {}}}").sizer())
        .isEqualTo(Sizer.BYTES);
    assertThat(batch("{sending_queue: {sizer: bytes, batch: {sizer: items}}}").sizer())
        .isEqualTo(Sizer.ITEMS);
    assertThat(batch("{sending_queue: {batch: {sizer: bytes}}}").sizer()).isEqualTo(Sizer.BYTES);
  }

  private static BatchConfig batch(String body) {
    QueueConfig queue = Objects.requireNonNull(config(body).queue());
    return Objects.requireNonNull(queue.batch());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {timeout: -1s}|'timeout' must be non-negative
          {sending_queue: {num_consumers: 0}}|`num_consumers` must be positive
          {sending_queue: {queue_size: 0}}|`queue_size` must be positive
          {sending_queue: {storage: x, wait_for_result: true}}|`wait_for_result` is not supported with a persistent queue configured with `storage`
          {sending_queue: {batch: {sizer: requests}}}|`batch` supports only `items` or `bytes` sizer, found "requests"
          {sending_queue: {batch: {flush_timeout: 0s}}}|`flush_timeout` must be positive
          {sending_queue: {batch: {min_size: -1}}}|`min_size` must be non-negative
          {sending_queue: {batch: {max_size: -1}}}|`max_size` must be non-negative
          {sending_queue: {batch: {max_size: 10}}}|`max_size` (10) must be greater or equal to `min_size` (8192)
          {sending_queue: {sizer: items, batch: {}}}|`min_size` must be less than or equal to `queue_size`
          {sending_queue: {batch: {partition: {metadata_keys: [a, A]}}}}|duplicate entry in metadata_keys: "a" (case-insensitive)
          {sending_queue: {sizer: pages}}|got "pages"
          {sending_queue: {storage: "/x"}}|must be the ID of an extension
          {retry_on_failure: {enabled: false, randomization_factor: 2}}|randomization_factor value must be less than or equal to 1
          {retry_on_failure: {multiplier: -1}}|multiplier value must be greater than or equal to 0
          {retry_on_failure: {initial_interval: -1s}}|initial_interval value must be greater than or equal to 0
          {retry_on_failure: {max_elapsed_time: 1s}}|'max_elapsed_time' must not be less than 'initial_interval'
          {retry_on_failure: {max_elapsed_time: 10s}}|'max_elapsed_time' must not be less than 'max_interval'
          """,
      quoteCharacter = '\u0001')
  void whatTheCollectorRefusesIsRefusedInItsWords(String body, String message) {
    assertThat(load(body))
        .isInstanceOfSatisfying(
            LoadResult.Failed.class,
            failed -> assertThat(failed.render()).contains(message).contains("test.yaml:1"));
  }
}
