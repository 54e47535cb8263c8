package dev.weir.pipeline.testing;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.pdata.Metric;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pipeline.Exporter;
import dev.weir.pipeline.ExporterFactory;
import dev.weir.pipeline.Factory;
import dev.weir.pipeline.Factory.Stability;
import dev.weir.pipeline.Host;
import dev.weir.pipeline.Outcome;
import dev.weir.pipeline.Receiver;
import dev.weir.pipeline.ReceiverFactory;
import dev.weir.pipeline.StartException;
import dev.weir.pipeline.config.Schema;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LifecycleContractTest {
  private static final Duration SHORT = Duration.ofMillis(200);
  private final List<Closeable> left = new ArrayList<>();
  @TempDir Path directory;

  @AfterEach
  void closeWhatTheBadOnesLeft() throws IOException {
    for (Closeable closeable : left) {
      closeable.close();
    }
  }

  private interface Open {
    Closeable open() throws IOException;
  }

  /** A receiver that opens something and closes it only if it is good. */
  private ReceiverFactory<String> receiver(Open open, boolean good) {
    return new ReceiverFactory<>(
        Factory.Type.of("test", Stability.STABLE, Schema.empty("")),
        Set.of(Signal.METRICS),
        (_, _) ->
            new Receiver() {
              private final List<Closeable> opened = new ArrayList<>();

              @Override
              public void start(Host host) throws StartException {
                try {
                  opened.add(open.open());
                } catch (IOException e) {
                  throw new StartException(e.toString(), e);
                }
              }

              @Override
              public void stop(Duration grace) {
                if (!good) {
                  left.addAll(opened);
                  return;
                }
                for (Closeable closeable : opened) {
                  try {
                    closeable.close();
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                }
              }
            });
  }

  private static Closeable thread() {
    CountDownLatch end = new CountDownLatch(1);
    Thread.ofPlatform()
        .daemon()
        .name("left-behind")
        .start(
            () -> {
              try {
                end.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    return end::countDown;
  }

  private static Closeable socket() throws IOException {
    return new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  }

  private Closeable file() throws IOException {
    return Files.newOutputStream(directory.resolve("left-behind"));
  }

  @Test
  void aComponentThatClosesWhatItOpensPasses() throws StartException {
    LifecycleContract.of(receiver(LifecycleContractTest::thread, true), "").check();
    LifecycleContract.of(receiver(LifecycleContractTest::socket, true), "").check();
    LifecycleContract.of(receiver(this::file, true), "").check();
  }

  @Test
  void aThreadASocketAndAFileThatAreLeftAreFound() {
    assertThatThrownBy(
            () ->
                LifecycleContract.of(receiver(LifecycleContractTest::thread, false), "")
                    .waiting(SHORT)
                    .check())
        .hasMessageContaining("thread left-behind");
    assertThatThrownBy(
            () ->
                LifecycleContract.of(receiver(LifecycleContractTest::socket, false), "")
                    .waiting(SHORT)
                    .check())
        .hasMessageContaining("socket");
    assertThatThrownBy(
            () -> LifecycleContract.of(receiver(this::file, false), "").waiting(SHORT).check())
        .hasMessageContaining("file " + directory.resolve("left-behind"));
  }

  @Test
  void anExceptionInConsumeFails() {
    ExporterFactory<String> bad =
        ExporterFactory.<String>of(Factory.Type.of("bad", Stability.STABLE, Schema.empty("")))
            .withMetrics(
                (_, _) ->
                    new Exporter<Metric>() {
                      @Override
                      public Outcome consume(Telemetry<Metric> batch) {
                        throw new IllegalStateException("broken");
                      }
                    });
    assertThatThrownBy(() -> LifecycleContract.of(bad, "").check()).hasMessage("broken");
  }
}
