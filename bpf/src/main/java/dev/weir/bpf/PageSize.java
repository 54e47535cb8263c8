package dev.weir.bpf;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;

/** The size of a memory page: 4 KiB on x86-64, 4, 16 or 64 on arm64. */
final class PageSize {
  int get() {
    Linker linker = Linker.nativeLinker();
    try {
      return (int)
          linker
              .downcallHandle(
                  linker.defaultLookup().find("getpagesize").orElseThrow(),
                  FunctionDescriptor.of(JAVA_INT))
              .invokeExact();
    } catch (Throwable e) {
      throw new IllegalStateException("getpagesize failed", e);
    }
  }
}
