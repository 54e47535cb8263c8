package dev.weir.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What the kernel has loaded, told by {@code bpftool} and by a process's descriptors. */
public final class BpfTool {
  private BpfTool() {}

  /**
   * Identifiers of BPF objects.
   *
   * @param programs of programs
   * @param links of links: programs attached to something
   * @param maps of maps
   */
  public record Ids(Set<Long> programs, Set<Long> links, Set<Long> maps) {
    /** Copies the sets. */
    public Ids {
      programs = Set.copyOf(programs);
      links = Set.copyOf(links);
      maps = Set.copyOf(maps);
    }

    /** Returns whether there is nothing at all. */
    public boolean isEmpty() {
      return programs.isEmpty() && links.isEmpty() && maps.isEmpty();
    }

    /** Returns those that are here and there. */
    public Ids and(Ids other) {
      return new Ids(
          both(programs, other.programs), both(links, other.links), both(maps, other.maps));
    }

    private static Set<Long> both(Set<Long> a, Set<Long> b) {
      Set<Long> both = new HashSet<>(a);
      both.retainAll(b);
      return both;
    }
  }

  /** Returns everything that the kernel has. */
  public static Ids present() {
    return new Ids(Set.copyOf(programNames().keySet()), ids("link").keySet(), ids("map").keySet());
  }

  /** Returns the names of all programs that the kernel has, by identifier. */
  public static Map<Long, String> programNames() {
    return ids("prog");
  }

  private static Map<Long, String> ids(String kind) {
    String bpftool = Command.require("bpftool", "bpftool");
    Map<Long, String> ids = new TreeMap<>();
    for (Object entry : Json.array(Command.run(bpftool, "-j", kind, "show"))) {
      if (entry instanceof Map<?, ?> object && object.get("id") instanceof Number id) {
        ids.put(id.longValue(), String.valueOf(object.get("name")));
      }
    }
    return ids;
  }

  /** Returns what one process holds by its descriptors. */
  public static Ids heldBy(long pid) {
    Set<Long> programs = new HashSet<>();
    Set<Long> links = new HashSet<>();
    Set<Long> maps = new HashSet<>();
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(Path.of("/proc/" + pid + "/fdinfo"))) {
      for (Path file : files) {
        try {
          String text = Files.readString(file);
          // A link's descriptor names its program too, in the same words as the program's own.
          collect(text, "prog_id:", programs);
          collect(text, "link_id:", links);
          collect(text, "map_id:", maps);
        } catch (NoSuchFileException e) {
          // Closed since the directory was listed.
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Ids(programs, links, maps);
  }

  private static void collect(String fdinfo, String key, Set<Long> into) {
    fdinfo
        .lines()
        .filter(line -> line.startsWith(key))
        .map(line -> Long.parseLong(line.substring(key.length()).strip()))
        .forEach(into::add);
  }
}
