package dev.weir.agent;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Gives back to the system what only the start needed: the pages of the JVM's library and modules,
 * of the AOT cache and of the C library that were read once, and what the native heap has free. A
 * page of a file that nothing has written to can be dropped at any time: whoever needs it again
 * takes it from the page cache.
 *
 * <p>Figures, and what they are made of: docs/performance.md, "idle".
 */
final class StartMemory {
  /**
   * How long after the start the compiler and the JVM have done most of what they do once: what was
   * dropped before that they bring back.
   */
  private static final Duration SETTLED = Duration.ofSeconds(8);

  private static final Duration PERIOD = Duration.ofSeconds(20);

  private static final int MADV_DONTNEED = 4;
  private static final int MADV_NOHUGEPAGE = 15;
  private static final String ANONYMOUS = "Anonymous:";
  private static final List<String> FOR_GOOD =
      List.of("/libjvm.so", ".aot", "/lib/modules", "/libc.so.6");

  /** Addresses; may be read and not written to; offset, device; an inode, so a file. */
  private static final Pattern HEADER =
      Pattern.compile("([0-9a-f]+)-([0-9a-f]+) r-\\S\\S \\S+ \\S+ [1-9]\\d*\\s+/.*");

  /**
   * A range of addresses.
   *
   * @param start first address
   * @param length in bytes
   */
  record Range(long start, long length) {}

  private StartMemory() {}

  /**
   * Gives it back now, once more when the agent has settled, and then from time to time: an agent
   * touches a page of these files here and there, the kernel maps the 15 around it too, and they
   * would all be resident in the end. Costs about 8 ms of CPU each time, 0.04 % of a core.
   *
   * @return the thread that does it, a daemon; ends when interrupted
   */
  static Thread releaseNowAndThen() {
    release();
    return repeat(StartMemory::release, SETTLED, PERIOD);
  }

  static Thread repeat(Runnable release, Duration first, Duration period) {
    return Thread.ofPlatform()
        .daemon()
        .name("weir-start-memory")
        .start(
            () -> {
              try {
                for (Duration pause = first; ; pause = period) {
                  Thread.sleep(pause);
                  release.run();
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }

  /** Gives it back. Where the system cannot, nothing happens: this is thrift, not function. */
  static void release() {
    try {
      List<Range> clean = cleanFilePages(Files.readString(Path.of("/proc/self/smaps")));
      Linker linker = Linker.nativeLinker();
      Optional<MemorySegment> madvise = linker.defaultLookup().find("madvise");
      if (madvise.isPresent()) {
        MethodHandle advise =
            linker.downcallHandle(
                madvise.get(), FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
        for (Range range : clean) {
          MemorySegment at = MemorySegment.ofAddress(range.start);
          // Without it the first touch brings back 2 MB: the page cache holds the file in huge
          // pages.
          int _ = (int) advise.invokeExact(at, range.length, MADV_NOHUGEPAGE);
          int _ = (int) advise.invokeExact(at, range.length, MADV_DONTNEED);
        }
      }
      // Of the GNU C library; musl's allocator has nothing of the kind.
      Optional<MemorySegment> trim = linker.defaultLookup().find("malloc_trim");
      if (trim.isPresent()) {
        MethodHandle call =
            linker.downcallHandle(trim.get(), FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
        int _ = (int) call.invokeExact(0L);
      }
    } catch (IOException e) {
      // No /proc, or not for us: the memory stays.
    } catch (Throwable e) {
      throw new IllegalStateException("foreign call failed", e);
    }
  }

  /**
   * Returns the mappings of the JVM's library, of its cache, of its modules and of the C library,
   * as {@code /proc/PID/smaps} lists them, that cannot be written to and of which no page was:
   * proc_pid_smaps(5).
   */
  static List<Range> cleanFilePages(String smaps) {
    List<Range> clean = new ArrayList<>();
    Range range = null;
    int end;
    for (int at = 0; at < smaps.length(); at = end + 1) {
      end = smaps.indexOf('\n', at);
      if (end < 0) {
        end = smaps.length();
      }
      // 20 lines of fields, which begin with a capital letter, follow each header.
      if (!Character.isUpperCase(smaps.charAt(at))) {
        range = immutable(smaps.substring(at, end));
      } else if (range != null && smaps.startsWith(ANONYMOUS, at)) {
        if (smaps.substring(at + ANONYMOUS.length(), end).strip().equals("0 kB")) {
          clean.add(range);
        }
        range = null;
      }
    }
    return clean;
  }

  private static @Nullable Range immutable(String line) {
    // Only what stays mapped for good: another mapping may be gone, and its addresses in use for
    // something else, by the time that the pages are dropped.
    if (FOR_GOOD.stream().noneMatch(line::endsWith)) {
      return null;
    }
    Matcher header = HEADER.matcher(line);
    if (!header.matches()) {
      return null;
    }
    long start = Long.parseUnsignedLong(header.group(1), 16);
    long end = Long.parseUnsignedLong(header.group(2), 16);
    return new Range(start, end - start);
  }
}
