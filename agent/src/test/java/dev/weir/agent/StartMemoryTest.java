package dev.weir.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.agent.StartMemory.Range;
import java.nio.file.Files;
import java.nio.file.Path;
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
      7f2949d00000-7f2949e00000 r--p 00000000 00:00 0
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
            new Range(0x7f2949a00000L, 0x7f2949ce3000L - 0x7f2949a00000L));
  }

  @Test
  void theProcessGoesOnWithoutThem() throws Exception {
    StartMemory.release();

    assertThat(StartMemory.cleanFilePages(Files.readString(Path.of("/proc/self/smaps"))))
        .isNotEmpty();
  }
}
