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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Gives back to the system what only the start needed: the pages of the JVM's library and of the
 * AOT cache that were read once, and what the native heap has free. A page of a file that nothing
 * has written to can be dropped at any time: whoever needs it again takes it from the page cache.
 *
 * <p>Figures, and what they are made of: docs/performance.md, "idle".
 */
final class StartMemory {
  private static final int MADV_DONTNEED = 4;
  private static final int MADV_NOHUGEPAGE = 15;
  private static final Pattern HEADER =
      Pattern.compile("([0-9a-f]+)-([0-9a-f]+) (\\S{4}) \\S+ \\S+ (\\d+)\\s*(.*)");

  /**
   * A range of addresses.
   *
   * @param start first address
   * @param length in bytes
   */
  record Range(long start, long length) {}

  private StartMemory() {}

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
   * Returns the mappings of the JVM's library and of its cache, as {@code /proc/PID/smaps} lists
   * them, that cannot be written to and of which no page was: proc_pid_smaps(5).
   */
  static List<Range> cleanFilePages(String smaps) {
    List<Range> clean = new ArrayList<>();
    Range range = null;
    for (String line : smaps.split("\n", -1)) {
      Matcher header = HEADER.matcher(line);
      if (header.matches()) {
        long start = Long.parseUnsignedLong(header.group(1), 16);
        long end = Long.parseUnsignedLong(header.group(2), 16);
        String may = header.group(3);
        String path = header.group(5);
        // Only what stays mapped for good: another mapping may be gone, and its addresses in use
        // for
        // something else, by the time that the pages are dropped.
        boolean file =
            !header.group(4).equals("0")
                && path.startsWith("/")
                && (path.endsWith("/libjvm.so") || path.endsWith(".aot"));
        range =
            file && may.charAt(1) == '-' && may.charAt(3) == 'p'
                ? new Range(start, end - start)
                : null;
      } else if (range != null && line.startsWith("Anonymous:")) {
        if (line.replaceAll("\\D", "").equals("0")) {
          clean.add(range);
        }
        range = null;
      }
    }
    return clean;
  }
}
