package dev.weir.agent;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.CountDownLatch;

/**
 * Turns SIGINT and SIGTERM into an orderly stop with an exit code of our own, and a second one into
 * the end.
 *
 * <p>The JVM answers both signals by running its shutdown hooks and then exits with 128 + number.
 * The hook here lets the main thread stop the agent, waits for it, and halts with the exit code
 * that the main thread gave. Before that it gives both signals back to the kernel, so that a second
 * one ends the process at once; this is the one thing that Java has no public call for.
 */
final class StopSignal {
  private static final int SIGINT = 2;
  private static final int SIGTERM = 15;

  private final CountDownLatch stopped = new CountDownLatch(1);
  private volatile int exitCode;

  /** Begins to watch for signals; {@code onSignal} runs once, on a thread of its own. */
  void arm(Runnable onSignal) {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  // Also runs on an ordinary System.exit, when all is stopped already: then it only
                  // halts.
                  if (stopped.getCount() > 0) {
                    restoreDefault();
                    onSignal.run();
                    awaitStopped();
                  }
                  System.out.flush();
                  Runtime.getRuntime().halt(exitCode);
                },
                "stop-signal"));
  }

  /** Says that everything is stopped and flushed, and what the exit code is. */
  void finished(int code) {
    exitCode = code;
    stopped.countDown();
  }

  private void awaitStopped() {
    try {
      stopped.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void restoreDefault() {
    try {
      Linker linker = Linker.nativeLinker();
      MethodHandle signal =
          linker.downcallHandle(
              linker.defaultLookup().findOrThrow("signal"),
              FunctionDescriptor.of(
                  ValueLayout.ADDRESS, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
      MemorySegment defaultAction = MemorySegment.NULL; // SIG_DFL
      MemorySegment interrupt = (MemorySegment) signal.invokeExact(SIGINT, defaultAction);
      MemorySegment terminate = (MemorySegment) signal.invokeExact(SIGTERM, defaultAction);
      if (interrupt.address() == -1 || terminate.address() == -1) {
        System.err.println("weir: a second signal will not end the agent: signal() failed");
      }
    } catch (Throwable e) { // what invokeExact declares
      System.err.println("weir: a second signal will not end the agent: " + e.getMessage());
    }
  }
}
