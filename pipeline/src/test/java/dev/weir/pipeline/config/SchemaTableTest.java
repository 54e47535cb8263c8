package dev.weir.pipeline.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.pipeline.config.SampleComponents.Batch;
import dev.weir.pipeline.config.SampleComponents.Nothing;
import dev.weir.pipeline.config.SampleComponents.Otlp;
import dev.weir.pipeline.config.SampleComponents.Sender;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SchemaTableTest {
  private static final String BATCH =
      """
      # batch

      | key | type | default | what |
      | --- | --- | --- | --- |
      | `timeout` | duration | `200ms` | How long a batch waits. |
      | `send_batch_size` | int | `8192` | Items in a batch. |
      | `metadata_keys` | list of strings | `[]` | Keys to batch by. |
      """;

  @Test
  void theTableListsEveryKeyWithItsDefault() {
    assertThat(SchemaTable.of(Sender.SCHEMA).markdown())
        .isEqualTo(
            """
            | key | type | default | what |
            | --- | --- | --- | --- |
            | `endpoint` | string | required | Where to send. |
            | `sending_queue` | section |  | Holds what waits. |
            | `sending_queue::queue_size` | int | `1000` | Requests that wait. |
            | `sending_queue::block_on_overflow` | bool | `false` | Waits when full. |
            | `headers` | map of strings | `{}` | Sent with each request. |
            | `token` | string | `""` | A password. |
            | `metrics` | map of sections | `{}` | Settings by metric. |
            | `metrics::<name>::enabled` | bool | `true` | Whether it is sent. |
            | `metrics::<name>::bounds` | list of floats | `[0.5, 1]` | Bounds of the buckets. |
            | `ratio` | float | `1.5` | A factor. Deprecated: use "factor" instead. |
            """);
    assertThat(SchemaTable.of(Otlp.SCHEMA).markdown())
        .contains("| `protocols::grpc` | section | `absent` | OTLP over gRPC. |");
  }

  @Test
  void aReadmeWithTheTableItselfDoesNotDiffer() {
    for (Schema<?> schema : new Schema<?>[] {Sender.SCHEMA, Otlp.SCHEMA, Batch.SCHEMA}) {
      SchemaTable table = SchemaTable.of(schema);
      assertThat(table.differences("# x\n\n" + table.markdown() + "\nmore\n")).isEmpty();
    }
    assertThat(SchemaTable.of(Batch.SCHEMA).differences(BATCH)).isEmpty();
  }

  @Test
  void aDefaultThatDiffersFails() {
    assertThat(SchemaTable.of(Batch.SCHEMA).differences(BATCH.replace("200ms", "300ms")))
        .containsExactly("timeout: the README says default 300ms, the schema 200ms");
    assertThat(SchemaTable.of(Batch.SCHEMA).differences(BATCH.replace("`200ms`", "")))
        .containsExactly("timeout: the README says default , the schema 200ms");
  }

  @Test
  void aKeyThatDiffersFails() {
    assertThat(SchemaTable.of(Batch.SCHEMA).differences(BATCH.replace("`timeout`", "`time_out`")))
        .containsExactly("missing: timeout (default 200ms)", "not in the schema: time_out");
  }

  @Test
  void theSameValueMayBeWrittenInAnotherWay() {
    assertThat(
            SchemaTable.of(Batch.SCHEMA)
                .differences(BATCH.replace("`200ms`", "0.2s").replace("8192", "8,192")))
        .isEmpty();
  }

  record Levels(SampleComponents.Metric a, SampleComponents.Metric b, Duration pause) {
    static final Schema<Levels> SCHEMA =
        Schema.define(
            fields -> {
              var a = fields.section("a.x", SampleComponents.Metric.SCHEMA, "One.");
              var b = fields.section("b", SampleComponents.Metric.SCHEMA, "Another.");
              var pause = fields.duration("pause", Duration.ofMinutes(90), "A while.");
              return values -> new Levels(values.get(a), values.get(b), values.get(pause));
            });
  }

  @Test
  void oneRowMayStandForManyKeys() {
    String readme =
        """
        | key | type | default | what |
        | --- | --- | --- | --- |
        | `<name>::enabled` | bool | `true` | Whether it is sent. |
        | `<name>::bounds` | list of floats | see below | Bounds. |
        | `pause` | duration | `1h30m` | A while. |
        """;

    assertThat(SchemaTable.of(Levels.SCHEMA).differences(readme)).isEmpty();
    assertThat(SchemaTable.of(Levels.SCHEMA).differences(readme.replace("`true`", "`false`")))
        .containsExactly(
            "a.x::enabled: the README says default false, the schema true",
            "b::enabled: the README says default false, the schema true");
    assertThat(SchemaTable.of(Levels.SCHEMA).markdown())
        .contains("| `pause` | duration | `1h30m` |");
  }

  @Test
  void otherTablesAreNotRead() {
    String metrics = "\n| metric | default | what |\n| --- | --- | --- |\n| `a` | on | x |\n";

    assertThat(SchemaTable.of(Batch.SCHEMA).differences(metrics + BATCH + metrics)).isEmpty();
  }

  @Test
  void aTableMustBeThereIfThereAreKeys() {
    assertThat(SchemaTable.of(Batch.SCHEMA).differences("# nothing")).hasSize(4);
    assertThat(SchemaTable.of(Nothing.SCHEMA).differences("# nothing")).isEmpty();
  }
}
