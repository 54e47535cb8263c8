package dev.weir.pipeline.telemetry;

import io.opentelemetry.api.metrics.Meter;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The metrics of the agent's process, with the Collector's names and texts
 * (observed/own-metrics.md). Memory of the Go runtime becomes memory of the JVM: heap in use, bytes
 * ever allocated by Java threads, memory that heap and JVM have taken from the system.
 */
final class ProcessMetrics {
  private static final Path STATUS = Path.of("/proc/self/status");

  private ProcessMetrics() {}

  /** Registers all of them; {@code started} is {@link System#nanoTime} of the start. */
  static void register(Meter meter, long started) {
    meter
        .counterBuilder("otelcol_process_uptime")
        .ofDoubles()
        .setDescription("Uptime of the process [Alpha]")
        .setUnit("s")
        .buildWithCallback(m -> m.record((System.nanoTime() - started) / 1e9));
    meter
        .counterBuilder("otelcol_process_cpu_seconds")
        .ofDoubles()
        .setDescription("Total CPU user and system time in seconds [Alpha]")
        .setUnit("s")
        .buildWithCallback(
            m ->
                m.record(
                    ProcessHandle.current()
                            .info()
                            .totalCpuDuration()
                            .orElse(Duration.ZERO)
                            .toNanos()
                        / 1e9));
    meter
        .gaugeBuilder("otelcol_process_memory_rss")
        .ofLongs()
        .setDescription("Total physical memory (resident set size) [Alpha]")
        .setUnit("By")
        .buildWithCallback(
            m -> {
              long bytes = residentBytes(STATUS);
              if (bytes >= 0) {
                m.record(bytes);
              }
            });
    meter
        .gaugeBuilder("otelcol_process_runtime_heap_alloc_bytes")
        .ofLongs()
        .setDescription(
            "Bytes of allocated heap objects (see 'go doc runtime.MemStats.HeapAlloc') [Alpha]")
        .setUnit("By")
        .buildWithCallback(
            m -> m.record(Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory()));
    meter
        .counterBuilder("otelcol_process_runtime_total_alloc_bytes")
        .setDescription(
            "Cumulative bytes allocated for heap objects (see 'go doc"
                + " runtime.MemStats.TotalAlloc') [Alpha]")
        .setUnit("By")
        .buildWithCallback(
            m -> {
              if (ManagementFactory.getThreadMXBean()
                  instanceof com.sun.management.ThreadMXBean threads) {
                m.record(threads.getTotalThreadAllocatedBytes());
              }
            });
    meter
        .gaugeBuilder("otelcol_process_runtime_total_sys_memory_bytes")
        .ofLongs()
        .setDescription(
            "Total bytes of memory obtained from the OS (see 'go doc runtime.MemStats.Sys')"
                + " [Alpha]")
        .setUnit("By")
        .buildWithCallback(
            m -> {
              MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
              m.record(
                  memory.getHeapMemoryUsage().getCommitted()
                      + memory.getNonHeapMemoryUsage().getCommitted());
            });
  }

  /** Returns VmRSS of a {@code /proc/PID/status}, or -1 where there is none. */
  static long residentBytes(Path status) {
    try {
      for (String line : Files.readAllLines(status)) {
        if (line.startsWith("VmRSS:")) {
          return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
        }
      }
    } catch (IOException e) {
      return -1; // not Linux: no such metric
    }
    return -1;
  }
}
