package dev.weir.processor.memorylimiter;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.util.List;

/** What is in use of the memory that is limited; tests put in their own. Thread safe. */
interface Heap {

  /** Returns the bytes in use. */
  long used();

  /** Returns the most bytes that can be in use. */
  long room();

  /** Collects garbage, all of it, before it returns. */
  void collect();

  /**
   * Returns the heap of this JVM without the space in which objects begin: that one fills and
   * empties several times a second, mostly with garbage, and says nothing about what is held. What
   * is held gets into the other spaces at the next small collection.
   */
  static Heap ofJvm() {
    List<MemoryPoolMXBean> pools =
        ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getType() == MemoryType.HEAP && !pool.getName().contains("Eden"))
            .toList();
    return new Heap() {
      @Override
      public long used() {
        long used = 0;
        for (MemoryPoolMXBean pool : pools) {
          used += pool.getUsage().getUsed();
        }
        return used;
      }

      @Override
      public long room() {
        long room = 0;
        for (MemoryPoolMXBean pool : pools) {
          long max = pool.getUsage().getMax();
          if (max < 0) {
            return Runtime.getRuntime().maxMemory();
          }
          room += max;
        }
        return room;
      }

      @Override
      public void collect() {
        System.gc();
      }
    };
  }
}
