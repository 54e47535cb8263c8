package dev.weir.pdata.otlp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.pdata.Key;
import dev.weir.pdata.Metric;
import dev.weir.pdata.Resource;
import dev.weir.pdata.ResourceItems;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.Text;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.Gauge;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** A received group stays bytes until somebody looks into it (D14). */
class PassThroughTest {

  @Test
  void countingSizingCopyingAndEncodingBuildNothing() throws Exception {
    byte[] bytes = request(3, 2).toByteArray();
    Telemetry<Metric> batch = OtlpProtobuf.decode(Signal.METRICS, bytes);
    assertThat(batch.count()).isEqualTo(6);
    assertThat(OtlpProtobuf.size(batch)).isEqualTo(bytes.length);
    Telemetry<Metric> copy = batch.copy();
    assertThat(copy.count()).isEqualTo(6);
    assertThat(OtlpProtobuf.encode(copy)).isEqualTo(bytes);
    assertThat(batch.resources()).allMatch(group -> group.encoded() != null);
    assertThat(copy.resources()).allMatch(group -> group.encoded() != null);
  }

  @Test
  void whoLooksGetsObjectsAndMayChangeThem() throws Exception {
    Telemetry<Metric> batch = OtlpProtobuf.decode(Signal.METRICS, request(2, 2).toByteArray());
    Telemetry<Metric> copy = batch.copy();
    ResourceItems<Metric> first = batch.resources().getFirst();
    first.resource(
        first
            .resource()
            .withAttributes(first.resource().attributes().with(Key.of("added"), Text.of("x"))));
    assertThat(first.encoded()).isNull();
    assertThat(batch.resources().getLast().encoded()).isNotNull();
    ExportMetricsServiceRequest expected =
        request(2, 2).toBuilder()
            .setResourceMetrics(
                0,
                request(2, 2).getResourceMetrics(0).toBuilder()
                    .setResource(
                        request(2, 2).getResourceMetrics(0).getResource().toBuilder()
                            .addAttributes(attribute("added", "x"))))
            .build();
    assertThat(ExportMetricsServiceRequest.parseFrom(OtlpProtobuf.encode(batch)))
        .isEqualTo(expected);
    assertThat(OtlpProtobuf.encode(copy)).as("the copy").isEqualTo(request(2, 2).toByteArray());
  }

  @Test
  void largeGroupsAreNotCopiedIntoPieces() throws Exception {
    byte[] bytes = request(6, 200).toByteArray();
    Telemetry<Metric> batch = OtlpProtobuf.decode(Signal.METRICS, bytes);
    assertThat(OtlpProtobuf.pieces(batch).list())
        .filteredOn(Pieces.Piece::array, bytes)
        .as("groups that stay where they are")
        .hasSize(6);
    assertThat(batch.resources().get(0).scopes()).isNotEmpty();
    assertThat(batch.resources().get(3).scopes()).isNotEmpty();
    assertThat(batch.resources().get(4).scopes()).isNotEmpty();
    Pieces pieces = OtlpProtobuf.pieces(batch);
    assertThat(pieces.list()).filteredOn(Pieces.Piece::array, bytes).hasSize(3);
    assertThat(pieces.toArray()).isEqualTo(bytes);
    assertThat(pieces.size()).isEqualTo(bytes.length);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    pieces.writeTo(out);
    assertThat(out.toByteArray()).isEqualTo(bytes);
  }

  @Test
  void smallGroupsBecomeOnePiece() throws Exception {
    byte[] bytes = request(20, 2).toByteArray();
    Pieces pieces = OtlpProtobuf.pieces(OtlpProtobuf.decode(Signal.METRICS, bytes));
    assertThat(pieces.list()).hasSize(1);
    assertThat(pieces.toArray()).isEqualTo(bytes);
  }

  @Test
  void anEmptyBatchHasNoPieces() {
    Pieces pieces = OtlpProtobuf.pieces(new Telemetry<>(Signal.METRICS));
    assertThat(pieces.list()).isEmpty();
    assertThat(pieces.toArray()).isEmpty();
  }

  @Test
  void unknownFieldsAreHandedOnUntilSomebodyLooks() throws Exception {
    // Field 99, a text, within the group.
    byte[] bytes = HexFormat.of().parseHex("0a06" + "9a0603" + "616263");
    Telemetry<Metric> batch = OtlpProtobuf.decode(Signal.METRICS, bytes);
    assertThat(OtlpProtobuf.encode(batch)).isEqualTo(bytes);
    assertThat(batch.resources().getFirst().resource()).isEqualTo(Resource.EMPTY);
    assertThat(OtlpProtobuf.encode(batch)).containsExactly(0x0a, 0);
  }

  @Test
  void scopesOfTheDeprecatedFormBecomeScopes() throws Exception {
    ResourceMetrics group = request(1, 2).getResourceMetrics(0);
    // Field 2 renamed to 1000, as old senders had it.
    byte[] scope = group.getScopeMetrics(0).toByteArray();
    byte[] old = new byte[scope.length + 4];
    old[0] = (byte) 0xc2;
    old[1] = 0x3e;
    old[2] = (byte) (scope.length | 0x80);
    old[3] = (byte) (scope.length >> 7);
    System.arraycopy(scope, 0, old, 4, scope.length);
    byte[] resource = group.toBuilder().clearScopeMetrics().build().toByteArray();
    byte[] content = Arrays.copyOf(resource, resource.length + old.length);
    System.arraycopy(old, 0, content, resource.length, old.length);
    byte[] bytes = new byte[content.length + 3];
    bytes[0] = 0x0a;
    bytes[1] = (byte) (content.length | 0x80);
    bytes[2] = (byte) (content.length >> 7);
    System.arraycopy(content, 0, bytes, 3, content.length);
    Telemetry<Metric> batch = OtlpProtobuf.decode(Signal.METRICS, bytes);
    assertThat(batch.count()).isEqualTo(2);
    assertThat(OtlpProtobuf.encode(batch)).isEqualTo(request(1, 2).toByteArray());
  }

  @Test
  void manyReadersMayLookAtOnce() throws Exception {
    byte[] bytes = request(20, 50).toByteArray();
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      for (int round = 0; round < 100; round++) {
        Telemetry<Metric> batch = OtlpProtobuf.decode(Signal.METRICS, bytes);
        List<Callable<byte[]>> readers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
          readers.add(() -> OtlpProtobuf.encode(batch));
          readers.add(
              () -> {
                int n = 0;
                for (ResourceItems<Metric> group : batch.resources()) {
                  n += group.scopes().getFirst().items().getFirst().count();
                }
                assertThat(n).isEqualTo(20 * 50).isEqualTo(batch.count());
                return bytes;
              });
        }
        for (Future<byte[]> result : threads.invokeAll(readers)) {
          assertThat(result.get()).isEqualTo(bytes);
        }
      }
    }
  }

  @Test
  void metricsOfTheSameRowsShareTheirAttributes() throws Exception {
    ScopeMetrics scope = request(1, 30).getResourceMetrics(0).getScopeMetrics(0);
    ExportMetricsServiceRequest request =
        ExportMetricsServiceRequest.newBuilder()
            .addResourceMetrics(
                ResourceMetrics.newBuilder()
                    .addScopeMetrics(
                        scope.toBuilder().addMetrics(scope.getMetrics(0).toBuilder().setName("b"))))
            .build();
    Telemetry<Metric> batch = OtlpProtobuf.decode(Signal.METRICS, request.toByteArray());
    List<Metric> metrics = batch.resources().getFirst().scopes().getFirst().items();
    for (int i = 0; i < 30; i++) {
      assertThat(metrics.get(1).points().attributes(i))
          .isSameAs(metrics.get(0).points().attributes(i));
    }
    assertThat(OtlpProtobuf.encode(batch)).isEqualTo(request.toByteArray());
  }

  private static ExportMetricsServiceRequest request(int groups, int points) {
    var request = ExportMetricsServiceRequest.newBuilder();
    for (int g = 0; g < groups; g++) {
      Gauge.Builder gauge = Gauge.newBuilder();
      for (int i = 0; i < points; i++) {
        gauge.addDataPoints(
            NumberDataPoint.newBuilder()
                .setTimeUnixNano(1_000 + i)
                .setAsInt(i)
                .addAttributes(attribute("source.address", "10.0.0." + i))
                .addAttributes(attribute("reporter", "client")));
      }
      request.addResourceMetrics(
          ResourceMetrics.newBuilder()
              .setResource(
                  io.opentelemetry.proto.resource.v1.Resource.newBuilder()
                      .addAttributes(attribute("host.name", "host-" + g)))
              .addScopeMetrics(
                  ScopeMetrics.newBuilder()
                      .addMetrics(
                          io.opentelemetry.proto.metrics.v1.Metric.newBuilder()
                              .setName("m")
                              .setGauge(gauge))));
    }
    return request.build();
  }

  private static KeyValue attribute(String key, String value) {
    return KeyValue.newBuilder()
        .setKey(key)
        .setValue(AnyValue.newBuilder().setStringValue(value))
        .build();
  }
}
