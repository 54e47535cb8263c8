package dev.weir.agent;

import dev.weir.exporter.accesslog.AccessLogExporterFactory;
import dev.weir.exporter.debug.DebugExporterFactory;
import dev.weir.exporter.file.FileExporterFactory;
import dev.weir.exporter.otlpgrpc.OtlpGrpcExporterFactory;
import dev.weir.exporter.otlphttp.OtlpHttpExporterFactory;
import dev.weir.exporter.prometheus.PrometheusExporterFactory;
import dev.weir.extension.filestorage.FileStorageExtensionFactory;
import dev.weir.extension.healthcheck.HealthCheckExtensionFactory;
import dev.weir.pipeline.Components;
import dev.weir.pipeline.Factory;
import dev.weir.processor.batch.BatchProcessorFactory;
import dev.weir.processor.memorylimiter.MemoryLimiterProcessorFactory;
import dev.weir.receiver.ebpftcp.EbpfTcpReceiverFactory;
import dev.weir.receiver.otlp.OtlpReceiverFactory;
import java.util.List;

/**
 * Every component that a config file can name. Adding one is one line here.
 *
 * @param components the list
 * @param kernel what opens the kernel for {@code ebpf_tcp}
 */
record BuiltIn(Components components, KernelSource kernel) {

  static BuiltIn create() {
    KernelSource kernel = new KernelSource();
    List<Factory<?>> factories =
        List.of(
            EbpfTcpReceiverFactory.create(kernel),
            OtlpReceiverFactory.create(),
            BatchProcessorFactory.create(),
            MemoryLimiterProcessorFactory.create(),
            AccessLogExporterFactory.create(),
            DebugExporterFactory.create(),
            FileExporterFactory.create(),
            OtlpGrpcExporterFactory.create(),
            OtlpHttpExporterFactory.create(),
            PrometheusExporterFactory.create(),
            FileStorageExtensionFactory.create(),
            HealthCheckExtensionFactory.create());
    return new BuiltIn(new Components(factories), kernel);
  }
}
