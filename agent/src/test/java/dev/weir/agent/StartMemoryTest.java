package dev.weir.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.agent.StartMemory.Range;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class StartMemoryTest {
  private static final String SMAPS =
      """
      800001000-800a03000 rw-p 00001000 fe:00 71                      /opt/weir/lib/weir.aot
      Rss:               10248 kB
      Anonymous:             0 kB
      800a03000-801885000 r--p 00a03000 fe:00 71                      /opt/weir/lib/weir.aot
      Rss:               14856 kB
      Anonymous:             0 kB
      7f2949a00000-7f2949ce3000 r-xp 00000000 fe:00 72                /usr/lib/jvm/lib/server/libjvm.so
      Anonymous:             0 kB
      7f2949ce3000-7f2949ce4000 r--p 002e3000 fe:00 72                /usr/lib/jvm/lib/server/libjvm.so
      Anonymous:             4 kB
      7f2949ce4000-7f2949ce5000 rw-p 002e4000 fe:00 72                /usr/lib/jvm/lib/server/libjvm.so
      Anonymous:             0 kB
      7f2949cf0000-7f2949d00000 r--s 00000000 fe:00 73                /usr/lib/jvm/lib/modules
      Anonymous:             0 kB
      7f2949d00000-7f2949e00000 r--p 00000000 00:00 0
      Anonymous:             0 kB
      7f2949f00000-7f2949f10000 r-xp 00028000 fe:00 74                /usr/lib/x86_64-linux-gnu/libc.so.6
      Anonymous:             0 kB
      7f2949f10000-7f2949f20000 r--s 00000000 fe:00 75                /opt/weir/lib/weir-agent.jar
      Anonymous:             0 kB
      7f294a000000-7f294a001000 r--s 00000000 00:0f 9                 anon_inode:bpf-map
      Anonymous:             0 kB
      7ffd1c5f2000-7ffd1c5f4000 r-xp 00000000 00:00 0                 [vdso]
      Anonymous:             0 kB
      """;

  @Test
  void onlyPagesOfFilesThatNobodyWroteToAreGivenBack() {
    assertThat(StartMemory.cleanFilePages(SMAPS))
        .containsExactly(
            new Range(0x800a03000L, 0x801885000L - 0x800a03000L),
            new Range(0x7f2949a00000L, 0x7f2949ce3000L - 0x7f2949a00000L),
            new Range(0x7f2949cf0000L, 0x10000),
            new Range(0x7f2949f00000L, 0x10000));
  }

  @Test
  void theProcessGoesOnWithoutThem() throws Exception {
    StartMemory.release();

    assertThat(StartMemory.cleanFilePages(Files.readString(Path.of("/proc/self/smaps"))))
        .isNotEmpty();
  }

  @Test
  void itIsDoneAgainAndAgainUntilTheThreadIsInterrupted() throws Exception {
    AtomicInteger releases = new AtomicInteger();
    CountDownLatch three = new CountDownLatch(3);
    Thread thread =
        StartMemory.repeat(
            () -> {
              releases.incrementAndGet();
              three.countDown();
            },
            Duration.ofMillis(1),
            Duration.ofMillis(1));
    assertThat(three.await(30, TimeUnit.SECONDS)).isTrue();

    thread.interrupt();
    thread.join(Duration.ofSeconds(30));

    assertThat(thread.isAlive()).isFalse();
    assertThat(thread.isDaemon()).isTrue();
    assertThat(releases.get()).isGreaterThanOrEqualTo(3);
  }
}
