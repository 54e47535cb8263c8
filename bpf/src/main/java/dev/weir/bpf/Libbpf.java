package dev.weir.bpf;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.slf4j.Logger;

/**
 * libbpf 1.x: the calls that are used, and nothing hidden. Handles are raw pointers; whoever owns
 * them is {@link BpfObject}. Calls return libbpf's value, or the negative errno where it returns
 * NULL.
 *
 * <p>libbpf's own log lines go to the logger that was given: warnings as warnings, the rest as
 * debug. The upcall lives as long as the process (global arena), because libbpf keeps the pointer.
 */
final class Libbpf {
  private static final String[] NAMES = {"libbpf.so.1"};
  private static final int LIBBPF_WARN = 0;
  private static final int LINE = 64 * 1024;
  static final int BTF_KIND_TYPEDEF = 8;

  private static final Linker LINKER = Linker.nativeLinker();

  private final SymbolLookup symbols;
  private final MethodHandle openMem;
  private final MethodHandle load;
  private final MethodHandle closeObject;
  private final MethodHandle findMap;
  private final MethodHandle mapFd;
  private final MethodHandle setMaxEntries;
  private final MethodHandle initialValue;
  private final MethodHandle nextProgram;
  private final MethodHandle programName;
  private final MethodHandle programSection;
  private final MethodHandle programFd;
  private final MethodHandle setAutoload;
  private final MethodHandle attach;
  private final MethodHandle attachIter;
  private final MethodHandle linkFd;
  private final MethodHandle linkDestroy;
  private final MethodHandle iterCreate;
  private final MethodHandle mapUpdate;
  private final MethodHandle mapNextKey;
  private final MethodHandle mapLookupAndDelete;
  private final MethodHandle objectInfo;
  private final MethodHandle vmlinuxBtf;
  private final MethodHandle btfFind;
  private final MethodHandle btfFree;

  private Libbpf(SymbolLookup symbols) {
    this.symbols = symbols;
    openMem =
        handle("bpf_object__open_mem", FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_LONG, ADDRESS));
    load = handle("bpf_object__load", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    closeObject = handle("bpf_object__close", FunctionDescriptor.ofVoid(ADDRESS));
    findMap =
        handle("bpf_object__find_map_by_name", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS));
    mapFd = handle("bpf_map__fd", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    setMaxEntries =
        handle("bpf_map__set_max_entries", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
    initialValue =
        handle("bpf_map__initial_value", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS));
    nextProgram =
        handle("bpf_object__next_program", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS));
    programName = handle("bpf_program__name", FunctionDescriptor.of(ADDRESS, ADDRESS));
    programSection = handle("bpf_program__section_name", FunctionDescriptor.of(ADDRESS, ADDRESS));
    programFd = handle("bpf_program__fd", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    setAutoload =
        handle("bpf_program__set_autoload", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_BOOLEAN));
    attach = handle("bpf_program__attach", FunctionDescriptor.of(ADDRESS, ADDRESS));
    attachIter =
        handle("bpf_program__attach_iter", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS));
    linkFd = handle("bpf_link__fd", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    linkDestroy = handle("bpf_link__destroy", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    iterCreate = handle("bpf_iter_create", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    mapUpdate =
        handle(
            "bpf_map_update_elem",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG));
    mapNextKey =
        handle("bpf_map_get_next_key", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    mapLookupAndDelete =
        handle(
            "bpf_map_lookup_and_delete_elem",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    objectInfo =
        handle(
            "bpf_obj_get_info_by_fd", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    vmlinuxBtf = handle("btf__load_vmlinux_btf", FunctionDescriptor.of(ADDRESS));
    btfFind =
        handle(
            "btf__find_by_name_kind", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));
    btfFree = handle("btf__free", FunctionDescriptor.ofVoid(ADDRESS));
  }

  /**
   * Finds libbpf and directs its log lines to {@code log}.
   *
   * @throws BpfException if it is not installed, with the package to install
   */
  static Libbpf find(Logger log) throws BpfException {
    for (String name : NAMES) {
      try {
        SymbolLookup symbols = SymbolLookup.libraryLookup(name, Arena.global());
        Libbpf found = new Libbpf(symbols);
        found.redirectLog(log);
        return found;
      } catch (IllegalArgumentException e) {
        log.debug("{} not found", name, e);
      }
    }
    throw new BpfException(
        "libbpf.so.1 was not found: install libbpf 1.0 or newer (Debian and Ubuntu: apt-get install"
            + " libbpf1; Fedora: dnf install libbpf; Alpine: apk add libbpf)");
  }

  private MethodHandle handle(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(
        symbols
            .find(name)
            .orElseThrow(() -> new IllegalArgumentException("libbpf has no function " + name)),
        descriptor,
        Libc.ERRNO);
  }

  /** Formats libbpf's messages and hands them to the logger; made once a process. */
  private record LogSink(Logger log, MethodHandle vsnprintf) {
    /** Called by libbpf: {@code int (*)(enum libbpf_print_level, const char *, va_list)}. */
    @SuppressWarnings("UnusedMethod") // found by name
    int print(int level, MemorySegment format, MemorySegment arguments) {
      // An exception that escapes an upcall ends the JVM.
      try (Arena arena = Arena.ofConfined()) {
        if (level != LIBBPF_WARN && !log.isDebugEnabled()) {
          return 0;
        }
        MemorySegment line = arena.allocate(LINE);
        int n = (int) vsnprintf.invokeExact(line, (long) LINE, format, arguments);
        String text = line.getString(0).strip();
        if (level == LIBBPF_WARN) {
          log.warn("libbpf: {}", text);
        } else {
          log.debug("libbpf: {}", text);
        }
        return n;
      } catch (Throwable e) {
        log.debug("libbpf said something that cannot be shown", e);
        return 0;
      }
    }
  }

  private void redirectLog(Logger log) {
    try {
      MethodHandle vsnprintf =
          LINKER.downcallHandle(
              LINKER.defaultLookup().find("vsnprintf").orElseThrow(),
              FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS));
      LogSink sink = new LogSink(log, vsnprintf);
      MethodHandle print =
          MethodHandles.lookup()
              .findVirtual(
                  LogSink.class,
                  "print",
                  MethodType.methodType(
                      int.class, int.class, MemorySegment.class, MemorySegment.class))
              .bindTo(sink);
      MemorySegment stub =
          LINKER.upcallStub(
              print, FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS), Arena.global());
      MethodHandle setPrint =
          LINKER.downcallHandle(
              symbols.find("libbpf_set_print").orElseThrow(),
              FunctionDescriptor.of(ADDRESS, ADDRESS));
      MemorySegment _ = (MemorySegment) setPrint.invokeExact(stub);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private static IllegalStateException unexpected(Throwable failure) {
    return new IllegalStateException("foreign call failed", failure);
  }

  /** A pointer, or the negative errno that came with NULL. */
  record Pointer(MemorySegment address, int errno) {
    boolean isNull() {
      return address.address() == 0;
    }
  }

  private static Pointer pointer(MemorySegment result, MemorySegment state) {
    return new Pointer(result, result.address() == 0 ? Libc.errno(state) : 0);
  }

  Pointer openMemory(MemorySegment elf) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Libc.CALL_STATE);
      return pointer(
          (MemorySegment) openMem.invokeExact(state, elf, elf.byteSize(), MemorySegment.NULL),
          state);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  int load(MemorySegment object) {
    return call(load, object);
  }

  void close(MemorySegment object) {
    try (Arena arena = Arena.ofConfined()) {
      closeObject.invokeExact(arena.allocate(Libc.CALL_STATE), object);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private int call(MethodHandle handle, MemorySegment argument) {
    try (Arena arena = Arena.ofConfined()) {
      return (int) handle.invokeExact(arena.allocate(Libc.CALL_STATE), argument);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  Pointer findMap(MemorySegment object, String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Libc.CALL_STATE);
      return pointer(
          (MemorySegment) findMap.invokeExact(state, object, arena.allocateFrom(name)), state);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  int mapFd(MemorySegment map) {
    return call(mapFd, map);
  }

  int setMaxEntries(MemorySegment map, int entries) {
    try (Arena arena = Arena.ofConfined()) {
      return (int) setMaxEntries.invokeExact(arena.allocate(Libc.CALL_STATE), map, entries);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Returns the memory that becomes the map's content at load; to be written to before. */
  MemorySegment initialValue(MemorySegment map) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment size = arena.allocate(JAVA_LONG);
      MemorySegment value =
          (MemorySegment) initialValue.invokeExact(arena.allocate(Libc.CALL_STATE), map, size);
      return value.reinterpret(value.address() == 0 ? 0 : size.get(JAVA_LONG, 0));
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  MemorySegment nextProgram(MemorySegment object, MemorySegment previous) {
    try (Arena arena = Arena.ofConfined()) {
      return (MemorySegment)
          nextProgram.invokeExact(arena.allocate(Libc.CALL_STATE), object, previous);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  String programName(MemorySegment program) {
    return string(programName, program);
  }

  String programSection(MemorySegment program) {
    return string(programSection, program);
  }

  private String string(MethodHandle handle, MemorySegment argument) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text =
          (MemorySegment) handle.invokeExact(arena.allocate(Libc.CALL_STATE), argument);
      return text.reinterpret(256).getString(0);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  int programFd(MemorySegment program) {
    return call(programFd, program);
  }

  int setAutoload(MemorySegment program, boolean on) {
    try (Arena arena = Arena.ofConfined()) {
      return (int) setAutoload.invokeExact(arena.allocate(Libc.CALL_STATE), program, on);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  Pointer attach(MemorySegment program) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Libc.CALL_STATE);
      return pointer((MemorySegment) attach.invokeExact(state, program), state);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Attaches an iterator; {@code mapFd} is the map that it walks, or -1 for one without a map. */
  Pointer attachIter(MemorySegment program, int mapFd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Libc.CALL_STATE);
      MemorySegment options = MemorySegment.NULL;
      if (mapFd >= 0) {
        MemorySegment info = arena.allocate(16, 8); // union bpf_iter_link_info
        info.set(JAVA_INT, 0, mapFd);
        options = arena.allocate(24, 8); // struct bpf_iter_attach_opts
        options.set(JAVA_LONG, 0, 24);
        options.set(ADDRESS, 8, info);
        options.set(JAVA_INT, 16, 16);
      }
      return pointer((MemorySegment) attachIter.invokeExact(state, program, options), state);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  int linkFd(MemorySegment link) {
    return call(linkFd, link);
  }

  void destroyLink(MemorySegment link) {
    int _ = call(linkDestroy, link);
  }

  int createIterator(int linkFd) {
    try (Arena arena = Arena.ofConfined()) {
      return (int) iterCreate.invokeExact(arena.allocate(Libc.CALL_STATE), linkFd);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  int update(int fd, MemorySegment key, MemorySegment value) {
    try (Arena arena = Arena.ofConfined()) {
      return (int) mapUpdate.invokeExact(arena.allocate(Libc.CALL_STATE), fd, key, value, 0L);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  int nextKey(int fd, MemorySegment key, MemorySegment next) {
    try (Arena arena = Arena.ofConfined()) {
      return (int) mapNextKey.invokeExact(arena.allocate(Libc.CALL_STATE), fd, key, next);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  int lookupAndDelete(int fd, MemorySegment key, MemorySegment value) {
    try (Arena arena = Arena.ofConfined()) {
      return (int) mapLookupAndDelete.invokeExact(arena.allocate(Libc.CALL_STATE), fd, key, value);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /**
   * Returns {@code bpf_prog_info.recursion_misses} (since 5.12) of a program, 0 where there is
   * none.
   */
  long recursionMisses(int programFd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = arena.allocate(232, 8); // struct bpf_prog_info
      MemorySegment length = arena.allocate(JAVA_INT);
      length.set(JAVA_INT, 0, 232);
      int r =
          (int) objectInfo.invokeExact(arena.allocate(Libc.CALL_STATE), programFd, info, length);
      return r != 0 || length.get(JAVA_INT, 0) < 216 ? 0 : info.get(JAVA_LONG, 208);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Returns the running kernel's BTF, null pointer if it has none; to be freed. */
  Pointer kernelBtf() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Libc.CALL_STATE);
      return pointer((MemorySegment) vmlinuxBtf.invokeExact(state), state);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  boolean btfHas(MemorySegment btf, String name, int kind) {
    try (Arena arena = Arena.ofConfined()) {
      return (int)
              btfFind.invokeExact(
                  arena.allocate(Libc.CALL_STATE), btf, arena.allocateFrom(name), kind)
          > 0;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  void freeBtf(MemorySegment btf) {
    try (Arena arena = Arena.ofConfined()) {
      btfFree.invokeExact(arena.allocate(Libc.CALL_STATE), btf);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }
}
