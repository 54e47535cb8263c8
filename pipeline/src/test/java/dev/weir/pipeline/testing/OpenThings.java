package dev.weir.pipeline.testing;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * The threads, sockets, files and BPF objects that this process holds, as counts by description.
 * What the JVM opens for itself, once and for all, is left out: class files, carriers and pollers
 * of virtual threads, the common pool.
 */
public final class OpenThings {
  private final Map<String, Integer> counts = new HashMap<>();

  private OpenThings() {}

  /** Returns what is open now. */
  public static OpenThings now() {
    OpenThings now = new OpenThings();
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (!ofJvm(thread)) {
        now.add("thread " + thread.getName());
      }
    }
    try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path descriptor : descriptors) {
        now.addDescriptor(descriptor);
      }
    } catch (IOException e) {
      throw new IllegalStateException("/proc/self/fd cannot be read", e);
    }
    return now;
  }

  private void addDescriptor(Path descriptor) {
    String target;
    try {
      target = Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      return; // closed meanwhile, such as the one that lists them
    }
    if (target.startsWith("socket:")) {
      add("socket"); // their numbers say nothing to a reader
    } else if (target.startsWith("anon_inode:bpf") || target.equals("anon_inode:btf")) {
      add(target);
    } else if (target.startsWith("/") && !ofJvm(target)) {
      add("file " + target);
    }
  }

  private static boolean ofJvm(Thread thread) {
    String type = thread.getClass().getName();
    String name = thread.getName();
    return type.endsWith("CarrierThread")
        || type.endsWith("InnocuousThread")
        || name.startsWith("ForkJoinPool.commonPool")
        || name.startsWith("VirtualThread-")
        || name.startsWith("process reaper")
        || (thread.getThreadGroup() != null && thread.getThreadGroup().getParent() == null);
  }

  private static boolean ofJvm(String file) {
    return file.endsWith(".jar")
        || file.endsWith(".so")
        || file.contains(".so.")
        || file.endsWith("/lib/modules")
        || file.endsWith(".exec")
        || file.startsWith("/dev/")
        || file.startsWith("/proc/");
  }

  private void add(String description) {
    counts.merge(description, 1, Integer::sum);
  }

  /** Returns what there is more of now than {@code before}, with how many. */
  public Map<String, Integer> moreThan(OpenThings before) {
    Map<String, Integer> more = new TreeMap<>();
    counts.forEach(
        (description, count) -> {
          int extra = count - before.counts.getOrDefault(description, 0);
          if (extra > 0) {
            more.put(description, extra);
          }
        });
    return more;
  }
}
