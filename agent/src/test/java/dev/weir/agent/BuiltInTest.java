package dev.weir.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.Factory;
import dev.weir.pipeline.config.AgentConfig;
import dev.weir.pipeline.config.ConfigSource;
import dev.weir.pipeline.config.SchemaTable;
import dev.weir.pipeline.telemetry.TelemetryConfig;
import dev.weir.pipeline.testing.LifecycleContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What holds for every component in the list. */
final class BuiltInTest {
  @TempDir Path directory;

  /**
   * Each component with a config that it can start with on any machine: one entry for each in the
   * list.
   */
  private String startable() {
    return """
    receivers:
      ebpf_tcp:
      otlp:
        protocols:
          grpc:
            endpoint: localhost:0
          http:
            endpoint: localhost:0
    processors:
      batch:
      memory_limiter:
        check_interval: 1s
        limit_percentage: 80
    extensions:
      file_storage:
        directory: %1$s
      health_check:
        endpoint: localhost:0
    exporters:
      access_log:
        path: %1$s/access.log
      debug:
      file:
        path: %1$s/data.json
      otlp_grpc:
        endpoint: localhost:1
      otlp_http:
        endpoint: http://localhost:1
      prometheus:
        endpoint: localhost:0
    service:
      extensions: [file_storage, health_check]
      pipelines:
        metrics:
          receivers: [ebpf_tcp, otlp]
          processors: [memory_limiter, batch]
          exporters: [debug, prometheus]
        logs:
          receivers: [ebpf_tcp]
          exporters: [debug, access_log]
    """
        .formatted(directory);
  }

  @Test
  void everyComponentHasAnEntryHere() throws CommandFailure {
    BuiltIn builtIn = BuiltIn.create();
    AgentConfig<TelemetryConfig> config = load(builtIn);
    for (Factory<?> factory : builtIn.components().factories()) {
      assertThat(config.component(factory.kind(), ComponentId.parse(factory.type().name())))
          .as("an entry in startable() for the %s %s", factory.kind().word(), factory.type().name())
          .isNotNull();
    }
  }

  @TestFactory
  Stream<DynamicTest> everyComponentKeepsTheLifecycle() throws CommandFailure {
    AgentConfig<TelemetryConfig> config = load(BuiltIn.create());
    return Stream.of(ComponentKind.values())
        .flatMap(kind -> config.components(kind).values().stream())
        .map(
            configured ->
                dynamicTest(
                    configured.kind().word() + " " + configured.id(), () -> check(configured)));
  }

  private static <C> void check(AgentConfig.Configured<C> configured) throws Exception {
    LifecycleContract.of(configured.factory(), configured.config()).check();
  }

  @TestFactory
  Stream<DynamicTest> everyReadmeSaysWhatTheSchemaSays() {
    return BuiltIn.create().components().factories().stream()
        .map(
            factory ->
                dynamicTest(
                    factory.kind().word() + " " + factory.type().name(),
                    () ->
                        assertThat(
                                SchemaTable.of(factory.type().schema())
                                    .differences(Files.readString(readme(factory))))
                            .as(
                                "%s against the schema; the table that it should hold:%n%s",
                                readme(factory), SchemaTable.of(factory.type().schema()).markdown())
                            .isEmpty()));
  }

  /** Returns the README in the folder of the component: the package of its config record. */
  private static Path readme(Factory<?> factory) throws IOException {
    String folder =
        factory.type().schema().defaults().getClass().getPackageName().replace('.', '/');
    try (Stream<Path> modules = Files.list(Repository.root())) {
      List<Path> found =
          modules
              .map(module -> module.resolve("src/main/java").resolve(folder).resolve("README.md"))
              .filter(Files::isRegularFile)
              .toList();
      assertThat(found)
          .as("README.md of %s in a folder %s", factory.type().name(), folder)
          .hasSize(1);
      return found.getFirst();
    }
  }

  private AgentConfig<TelemetryConfig> load(BuiltIn builtIn) throws CommandFailure {
    return Configuration.demand(
        Configuration.load(
            builtIn.components(), List.of(new ConfigSource.Text("startable", startable()))));
  }
}
