package dev.weir.agent;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/**
 * Keeps the heap small while the agent has little to do: collects all garbage when the heap has
 * grown well past what lived after the last time, but spends at most a hundredth of the time on it.
 * Under load the heap grows to its limit, as it does without this (a heap that is made small again
 * and again made a relay at full speed twice as slow); when the load is over it shrinks again.
 *
 * <p>The serial collector enlarges the heap to its limit before it collects the old generation for
 * the first time, and OTLP requests of a megabyte get there quickly: an agent that had relayed
 * 10,000 points a second kept 102 of 128 MB, and 44 with this. Figures: docs/performance.md,
 * "Memory under load".
 *
 * <p>{@link #look} is for one thread.
 */
final class SoftHeap {
  /** How often it is worth looking. */
  static final Duration INTERVAL = Duration.ofSeconds(1);

  private static final long SLACK = 16L << 20;
  private static final long SHARE_OF_TIME = 100;

  /** An agent has little to do if it uses less than a third of a core, so many looks on end. */
  private static final int LITTLE = 3;

  private static final int QUIET_LOOKS = 10;

  /** How many hundredths of the heap may be free after a collection. */
  private static final String RATIO = "MaxHeapFreeRatio";

  private static final String MOST_FREE = "40";

  /** What it needs of a JVM; tests put in their own. */
  interface Jvm {
    /** Returns the bytes that the heap has of the system. */
    long committed();

    /** Returns the bytes of the heap that are in use, garbage included. */
    long used();

    /** Collects all garbage and gives the system what is then free, before it returns. */
    void shrink();

    /** Returns the time, for differences. */
    long nanos();

    /** Returns the processor time of all threads, for differences. */
    long cpuNanos();
  }

  private final Jvm jvm;
  private long alive;
  private long notBefore;
  private long lookedAt;
  private long cpu;
  private int quiet;

  SoftHeap(Jvm jvm) {
    this.jvm = jvm;
    this.notBefore = jvm.nanos();
    this.lookedAt = notBefore;
    this.cpu = jvm.cpuNanos();
  }

  /** Returns one for the JVM that runs. */
  static SoftHeap ofJvm() {
    Runtime runtime = Runtime.getRuntime();
    return new SoftHeap(
        new Jvm() {
          @Override
          public long committed() {
            return runtime.totalMemory();
          }

          @Override
          public long used() {
            return runtime.totalMemory() - runtime.freeMemory();
          }

          @Override
          public void shrink() {
            // Elsewhere the heap must not be made smaller (bin/weir): a relay at full speed would
            // enlarge it again at once.
            HotSpotDiagnosticMXBean options =
                ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
            if (options == null) {
              runtime.gc();
              return;
            }
            String before = options.getVMOption(RATIO).getValue();
            try {
              options.setVMOption(RATIO, MOST_FREE);
            } catch (IllegalArgumentException e) {
              // The JVM was started with another MinHeapFreeRatio: then it gives back less.
            }
            try {
              runtime.gc();
            } finally {
              options.setVMOption(RATIO, before);
            }
          }

          @Override
          public long nanos() {
            return System.nanoTime();
          }

          @Override
          public long cpuNanos() {
            return ProcessHandle.current()
                .info()
                .totalCpuDuration()
                .orElse(Duration.ZERO)
                .toNanos();
          }
        });
  }

  /**
   * Looks every {@link #INTERVAL}.
   *
   * @return the thread that does it; ends when interrupted
   */
  Thread watch() {
    return Thread.ofVirtual()
        .name("soft-heap")
        .start(
            () -> {
              try {
                while (true) {
                  Thread.sleep(INTERVAL);
                  look();
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }

  /** Collects if the heap is larger than it need be and the time for it has come. */
  void look() {
    long begin = jvm.nanos();
    long used = jvm.cpuNanos();
    quiet = LITTLE * (used - cpu) > begin - lookedAt ? 0 : Math.min(quiet + 1, QUIET_LOOKS);
    lookedAt = begin;
    cpu = used;
    if (quiet < QUIET_LOOKS || begin - notBefore < 0 || jvm.committed() <= 2 * alive + SLACK) {
      return;
    }
    jvm.shrink();
    long end = jvm.nanos();
    alive = jvm.used();
    notBefore = end + SHARE_OF_TIME * (end - begin);
  }
}
