package dev.weir.receiver.ebpftcp;

import dev.weir.pdata.Text;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds container and pod behind a socket by the names that container engines and the kubelet give
 * to cgroups.
 *
 * <p>With cgroup v2, a socket's cgroup id is the inode number of a directory below the cgroup2
 * mount: the mount is walked, and the numbers are kept. Where the id is the root's (cgroup v1 and
 * hybrid hosts) or is not found (a mount that shows a part of the tree), {@code /proc/PID/cgroup}
 * of the owner is read instead.
 *
 * <p>Everything is bounded: {@value #CACHED} results, {@value #MAX_DIRECTORIES} directories a walk,
 * one walk a second. What is not found is remembered for {@value #NEGATIVE_SECONDS} seconds, what a
 * process is in for {@value #PROCESS_SECONDS}, because process ids come again.
 *
 * <p>For one thread. Reads files: tens of microseconds for a process, some milliseconds for a walk
 * of a thousand cgroups.
 */
final class CgroupIdentity implements Identity.Resolver {
  private static final int CACHED = 1 << 16;
  private static final int MAX_DIRECTORIES = 50_000;
  private static final int MAX_DEPTH = 32;
  private static final int NEGATIVE_SECONDS = 10;
  private static final int PROCESS_SECONDS = 60;
  private static final long SECOND = 1_000_000_000L;
  private static final long FOR_GOOD = Long.MAX_VALUE;

  // docker-<id>.scope, cri-containerd-<id>.scope, crio-<id>.scope, libpod-<id>.scope (systemd), or
  // the id alone or with such a prefix (cgroupfs).
  private static final Pattern CONTAINER =
      Pattern.compile("(?:([a-z][a-z-]*)[-:])?([0-9a-f]{64})(?:\\.scope)?");
  // pod<uid> (cgroupfs), kubepods-burstable-pod<uid_with_underscores>.slice (systemd); a static
  // pod's
  // uid is a hash without dashes.
  private static final Pattern POD =
      Pattern.compile(
          "(?:.*-)?pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\\.slice)?");
  // What watches over a container and is not in it.
  private static final String MONITOR = "conmon";

  private record Known(Identity identity, long until) {}

  private final Path proc;
  private final LongSupplier monotonic;
  private final Map<Long, Known> byCgroup = bounded();
  private final Map<Integer, Known> byProcess = bounded();
  private @Nullable Path mount;
  private boolean mountSought;
  private long rootId = 1;
  private long walkAgainAt;

  /** Makes a resolver that reads below {@code proc}, which is /proc but in tests. */
  CgroupIdentity(Path proc, LongSupplier monotonic) {
    this.proc = proc;
    this.monotonic = monotonic;
    this.walkAgainAt = monotonic.getAsLong();
  }

  private static <K> Map<K, Known> bounded() {
    return new LinkedHashMap<>(64, 0.75f, true) {
      private static final long serialVersionUID = 1L;

      @Override
      protected boolean removeEldestEntry(Map.Entry<K, Known> eldest) {
        return size() > CACHED;
      }
    };
  }

  @Override
  public Identity resolve(long cgroup, int tgid) {
    long now = monotonic.getAsLong();
    if (cgroup > 1) {
      Identity identity = ofCgroup(cgroup, now);
      if (identity != null) {
        return identity;
      }
    }
    return tgid == 0 ? Identity.NONE : ofProcess(tgid, now);
  }

  /** Returns who is in the cgroup, or null if its id is the root's or is found nowhere. */
  private @Nullable Identity ofCgroup(long cgroup, long now) {
    Known known = byCgroup.get(cgroup);
    if (known == null || isOver(known, now)) {
      if (now - walkAgainAt >= 0) {
        walkAgainAt = now + SECOND;
        walk();
        known = byCgroup.get(cgroup);
      }
      if (known == null || isOver(known, now)) {
        byCgroup.put(cgroup, new Known(Identity.NONE, now + NEGATIVE_SECONDS * SECOND));
        return null;
      }
    }
    return cgroup == rootId || known.until() != FOR_GOOD ? null : known.identity();
  }

  private static boolean isOver(Known known, long now) {
    return known.until() != FOR_GOOD && now - known.until() >= 0;
  }

  private void walk() {
    Path root = mount();
    if (root == null) {
      return;
    }
    record Step(Path directory, int depth) {}
    Deque<Step> open = new ArrayDeque<>();
    Map<Long, Known> found = new HashMap<>();
    open.add(new Step(root, 0));
    while (!open.isEmpty() && found.size() < MAX_DIRECTORIES) {
      Step step = open.poll();
      long id = inode(step.directory());
      if (id == 0) {
        continue;
      }
      if (step.depth() == 0) {
        rootId = id;
      }
      found.put(id, new Known(ofPath("/" + root.relativize(step.directory())), FOR_GOOD));
      if (step.depth() == MAX_DEPTH) {
        continue;
      }
      try (DirectoryStream<Path> entries =
          Files.newDirectoryStream(
              step.directory(), entry -> Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS))) {
        for (Path entry : entries) {
          open.add(new Step(entry, step.depth() + 1));
        }
      } catch (IOException | RuntimeException e) {
        // The cgroup was removed while it was read: whoever was in it is gone.
        found.remove(id);
      }
    }
    byCgroup.putAll(found);
  }

  private static long inode(Path directory) {
    try {
      return ((Number) Files.getAttribute(directory, "unix:ino")).longValue();
    } catch (IOException e) {
      return 0;
    }
  }

  /** Returns where cgroup2 is mounted: alone, or beside the v1 hierarchies. */
  private @Nullable Path mount() {
    if (mountSought) {
      return mount;
    }
    mountSought = true;
    try {
      for (String line : Files.readAllLines(proc.resolve("mounts"))) {
        List<String> fields = List.of(line.split(" ", 4));
        if (fields.size() == 4 && fields.get(2).equals("cgroup2")) {
          mount = Path.of(fields.get(1).replace("\\040", " ").replace("\\134", "\\"));
          break;
        }
      }
    } catch (IOException e) {
      // No mount is known: /proc/PID/cgroup is left.
      mount = null;
    }
    return mount;
  }

  private Identity ofProcess(int tgid, long now) {
    Known known = byProcess.get(tgid);
    if (known != null && !isOver(known, now)) {
      return known.identity();
    }
    Identity identity = Identity.NONE;
    int keep = PROCESS_SECONDS;
    try {
      for (String line :
          Files.readAllLines(proc.resolve(Integer.toUnsignedString(tgid)).resolve("cgroup"))) {
        // hierarchy:controllers:path; a path may have colons of its own.
        String[] fields = line.split(":", 3);
        if (fields.length == 3) {
          Identity candidate = ofPath(fields[2]);
          if (!candidate.equals(Identity.NONE)) {
            identity = candidate;
            break;
          }
        }
      }
    } catch (IOException e) {
      // The process is gone.
      keep = NEGATIVE_SECONDS;
    }
    byProcess.put(tgid, new Known(identity, now + keep * SECOND));
    return identity;
  }

  /**
   * Returns whose cgroup has this path. In a pod it is the first container below it (a container
   * engine inside of the pod makes more), elsewhere the innermost one.
   */
  static Identity ofPath(String path) {
    String container = null;
    String pod = null;
    for (String segment : path.split("/", -1)) {
      Matcher podName = POD.matcher(segment);
      if (podName.matches()) {
        pod = podName.group(1).replace('_', '-');
        container = null;
        continue;
      }
      String inside = segment;
      // containerd with the systemd notation on the cgroupfs driver: slice:cri-containerd:id.
      int colon = segment.indexOf(':');
      if (colon > 0) {
        Matcher slice = POD.matcher(segment.substring(0, colon));
        if (slice.matches()) {
          pod = slice.group(1).replace('_', '-');
          container = null;
        }
        inside = segment.substring(colon + 1);
      }
      Matcher name = CONTAINER.matcher(inside);
      if (name.matches() && (pod == null || container == null)) {
        String prefix = name.group(1);
        if (prefix == null || !prefix.contains(MONITOR)) {
          container = name.group(2);
        }
      }
    }
    return container == null && pod == null
        ? Identity.NONE
        : new Identity(
            container == null ? null : Text.of(container), pod == null ? null : Text.of(pod));
  }
}
