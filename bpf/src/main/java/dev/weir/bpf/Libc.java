package dev.weir.bpf;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The few system calls that reading from the kernel takes. Numbers are Linux's, the same on x86-64
 * and arm64 but where said. Every call returns the kernel's value, or the negative errno: errno is
 * captured with the call, because the JVM may overwrite it at once.
 */
final class Libc {
  static final int EINTR = 4;
  static final int EAGAIN = 11;
  static final int ENOENT = 2;
  static final int EPERM = 1;
  static final int EACCES = 13;

  static final int PROT_READ = 1;
  static final int PROT_WRITE = 2;
  private static final int MAP_SHARED = 1;
  private static final int EPOLL_CTL_ADD = 1;
  static final int EPOLLIN = 1;
  static final int EPOLLET = 1 << 31;
  private static final int CLOCK_MONOTONIC_COARSE = 6;
  private static final int EFD_NONBLOCK = 0x800;

  private static final Linker LINKER = Linker.nativeLinker();
  static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
  static final StructLayout CALL_STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO_VALUE =
      CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  // struct epoll_event is packed on x86-64: 12 bytes, data at 4; elsewhere 16, data at 8.
  private static final boolean PACKED_EPOLL = System.getProperty("os.arch").equals("amd64");
  private static final long EPOLL_EVENT_SIZE = PACKED_EPOLL ? 12 : 16;

  private final MethodHandle mmap =
      handle(
          "mmap",
          FunctionDescriptor.of(
              ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
  private final MethodHandle munmap =
      handle("munmap", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));
  private final MethodHandle close = handle("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  private final MethodHandle read =
      handle("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
  private final MethodHandle write =
      handle("write", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
  private final MethodHandle epollCreate =
      handle("epoll_create1", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  private final MethodHandle epollCtl =
      handle("epoll_ctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
  private final MethodHandle epollWait =
      handle("epoll_wait", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));
  private final MethodHandle clockResolution =
      handle("clock_getres", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
  private final MethodHandle newEvent =
      handle("eventfd", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));

  private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().find(name).orElseThrow(() -> new UnsatisfiedLinkError(name)),
        descriptor,
        ERRNO);
  }

  static int errno(MemorySegment state) {
    return (int) ERRNO_VALUE.get(state, 0L);
  }

  private static IllegalStateException unexpected(Throwable failure) {
    return new IllegalStateException("foreign call failed", failure);
  }

  /** Maps {@code length} bytes of a map's descriptor; null if the kernel refuses. */
  MemorySegment map(int fd, long length, int protection, long offset) throws BpfException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CALL_STATE);
      MemorySegment at =
          (MemorySegment)
              mmap.invokeExact(
                  state, MemorySegment.NULL, length, protection, MAP_SHARED, fd, offset);
      if (at.address() == -1L) {
        throw new BpfException(
            "cannot map " + length + " bytes of a BPF map: errno " + errno(state));
      }
      return at.reinterpret(length);
    } catch (BpfException e) {
      throw e;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  void unmap(MemorySegment mapped) {
    try (Arena arena = Arena.ofConfined()) {
      int _ = (int) munmap.invokeExact(arena.allocate(CALL_STATE), mapped, mapped.byteSize());
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  void close(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      int _ = (int) close.invokeExact(arena.allocate(CALL_STATE), fd);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Reads into {@code buffer}; {@code state} is scratch of layout {@link #CALL_STATE}. */
  long read(MemorySegment state, int fd, MemorySegment buffer) {
    try {
      long n = (long) read.invokeExact(state, fd, buffer, buffer.byteSize());
      return n < 0 ? -errno(state) : n;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  int newEpoll() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CALL_STATE);
      int fd = (int) epollCreate.invokeExact(state, 0x80000); // EPOLL_CLOEXEC
      return fd < 0 ? -errno(state) : fd;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  int watch(int epoll, int fd, int events) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CALL_STATE);
      MemorySegment event = arena.allocate(16);
      event.set(JAVA_INT, 0, events);
      event.set(JAVA_INT, PACKED_EPOLL ? 4 : 8, fd);
      int r = (int) epollCtl.invokeExact(state, epoll, EPOLL_CTL_ADD, fd, event);
      return r < 0 ? -errno(state) : 0;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Waits; returns the number of ready descriptors, 0 after the time, or the negative errno. */
  int await(MemorySegment state, int epoll, MemorySegment events, int millis) {
    try {
      int n =
          (int)
              epollWait.invokeExact(
                  state, epoll, events, (int) (events.byteSize() / EPOLL_EVENT_SIZE), millis);
      return n < 0 ? -errno(state) : n;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Returns the nanoseconds of a jiffy: what the coarse clock advances by. */
  long jiffyNanos() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment resolution = arena.allocate(16, 8); // struct timespec
      int _ =
          (int)
              clockResolution.invokeExact(
                  arena.allocate(CALL_STATE), CLOCK_MONOTONIC_COARSE, resolution);
      return resolution.get(JAVA_LONG, 8);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  int newEventFd() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CALL_STATE);
      int fd = (int) newEvent.invokeExact(state, 0, EFD_NONBLOCK | 0x80000); // EFD_CLOEXEC
      return fd < 0 ? -errno(state) : fd;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Adds one to an eventfd. For any thread. */
  void signal(int eventFd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment one = arena.allocate(JAVA_LONG);
      one.set(JAVA_LONG, 0, 1);
      long _ = (long) write.invokeExact(arena.allocate(CALL_STATE), eventFd, one, 8L);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }
}
