package dev.weir.bpf;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One compiled object: opened, configured, loaded, attached, closed. Owns every native thing that
 * comes of it (programs, maps, links), so that {@link #close} leaves nothing in the kernel; the
 * kernel itself does the same when the process ends, however it ends. For one thread.
 */
final class BpfObject implements AutoCloseable {
  private final Libbpf libbpf;
  private final MemorySegment object;
  private final Map<String, MemorySegment> programs = new HashMap<>();
  private final List<MemorySegment> links = new ArrayList<>();
  private boolean closed;

  private BpfObject(Libbpf libbpf, MemorySegment object) {
    this.libbpf = libbpf;
    this.object = object;
    for (MemorySegment p = libbpf.nextProgram(object, MemorySegment.NULL);
        p.address() != 0;
        p = libbpf.nextProgram(object, p)) {
      programs.put(libbpf.programName(p), p);
    }
  }

  /**
   * Opens a compiled object: from the directory in system property {@code weir.bpf.dir} if it is
   * set (a distribution keeps them in {@code bpf/}), else from the class path.
   */
  static BpfObject open(Libbpf libbpf, String name) throws BpfException {
    byte[] elf = read(name);
    // libbpf may keep pointers into the image for as long as the object lives.
    MemorySegment image = Arena.global().allocate(elf.length, 16);
    MemorySegment.copy(elf, 0, image, ValueLayout.JAVA_BYTE, 0, elf.length);
    Libbpf.Pointer opened = libbpf.openMemory(image);
    if (opened.isNull()) {
      throw new BpfException("libbpf cannot open " + name + ": errno " + opened.errno());
    }
    return new BpfObject(libbpf, opened.address());
  }

  private static byte[] read(String name) throws BpfException {
    @Nullable String directory = System.getProperty("weir.bpf.dir");
    try {
      if (directory != null) {
        return Files.readAllBytes(Path.of(directory, name));
      }
      try (InputStream in = BpfObject.class.getResourceAsStream(name)) {
        if (in == null) {
          throw new BpfException(name + " is not on the class path: build with clang installed");
        }
        return in.readAllBytes();
      }
    } catch (IOException e) {
      throw new BpfException("cannot read " + name + ": " + e.getMessage(), e);
    }
  }

  MemorySegment program(String name) throws BpfException {
    MemorySegment program = programs.get(name);
    if (program == null) {
      throw new BpfException("the BPF object has no program " + name);
    }
    return program;
  }

  MemorySegment map(String name) throws BpfException {
    Libbpf.Pointer map = libbpf.findMap(object, name);
    if (map.isNull()) {
      throw new BpfException("the BPF object has no map " + name);
    }
    return map.address();
  }

  int mapFd(String name) throws BpfException {
    return libbpf.mapFd(map(name));
  }

  void capacity(String map, int entries) throws BpfException {
    int r = libbpf.setMaxEntries(map(map), entries);
    if (r != 0) {
      throw new BpfException("map " + map + " cannot have " + entries + " entries: errno " + -r);
    }
  }

  MemorySegment initialValue(String map) throws BpfException {
    return libbpf.initialValue(map(map));
  }

  void skip(String program) throws BpfException {
    int _ = libbpf.setAutoload(program(program), false);
  }

  /** Loads; returns 0 or the negative errno. */
  int load() {
    return libbpf.load(object);
  }

  /** Attaches a tracepoint program. */
  void attach(String program) throws BpfException {
    keep(program, libbpf.attach(program(program)));
  }

  /** Attaches an iterator and returns the descriptor of its link. */
  int attachIterator(String program, int mapFd) throws BpfException {
    return libbpf.linkFd(keep(program, libbpf.attachIter(program(program), mapFd)));
  }

  private MemorySegment keep(String program, Libbpf.Pointer link) throws BpfException {
    if (link.isNull()) {
      throw new BpfException("cannot attach " + program + ": errno " + link.errno());
    }
    links.add(link.address());
    return link.address();
  }

  /** Detaches everything; maps and what they hold stay. */
  void detach() {
    links.forEach(libbpf::destroyLink);
    links.clear();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      detach();
      libbpf.close(object);
    }
  }
}
