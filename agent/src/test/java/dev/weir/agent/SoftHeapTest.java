package dev.weir.agent;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SoftHeapTest {
  private static final long MB = 1 << 20;
  private static final long MILLISECOND = 1_000_000;

  /** A heap in which so much lives, which a collection finds out in 20 ms. */
  private static final class TestJvm implements SoftHeap.Jvm {
    long committed = 6 * MB;
    long alive = 5 * MB;
    long now = 5_000 * MILLISECOND;
    long cpu;
    int collections;

    @Override
    public long committed() {
      return committed;
    }

    @Override
    public long used() {
      return alive;
    }

    @Override
    public void shrink() {
      collections++;
      now += 20 * MILLISECOND;
      committed = alive * 3 / 2;
    }

    @Override
    public long nanos() {
      return now;
    }

    @Override
    public long cpuNanos() {
      return cpu;
    }
  }

  private final TestJvm jvm = new TestJvm();
  private final SoftHeap heap = new SoftHeap(jvm);

  @Test
  void aSmallHeapIsLeftAlone() {
    for (int i = 0; i < 10_000; i++) {
      jvm.now += SoftHeap.INTERVAL.toNanos();
      heap.look();
    }
    assertThat(jvm.collections).isZero();
  }

  /** Looks as often as it takes to see that the agent has little to do. */
  private void look() {
    for (int i = 0; i < 10; i++) {
      jvm.now += SoftHeap.INTERVAL.toNanos();
      heap.look();
    }
  }

  @Test
  void aBusyAgentKeepsItsHeapUntilItHasLessToDo() {
    jvm.committed = 100 * MB;
    for (int i = 0; i < 100; i++) {
      jvm.now += SoftHeap.INTERVAL.toNanos();
      jvm.cpu += SoftHeap.INTERVAL.toNanos() / 2;
      heap.look();
    }
    jvm.now += 3 * SoftHeap.INTERVAL.toNanos();
    heap.look();
    assertThat(jvm.collections).as("a pause is not yet quiet").isZero();
    look();
    assertThat(jvm.collections).isEqualTo(1);
  }

  @Test
  void aHeapThatHasGrownPastWhatLivesIsCollected() {
    jvm.committed = 100 * MB;
    look();
    assertThat(jvm.collections).isEqualTo(1);
    assertThat(jvm.committed).isLessThan(10 * MB);
  }

  @Test
  void whatLivesMayGrow() {
    jvm.alive = 60 * MB;
    jvm.committed = 100 * MB;
    look();
    jvm.committed = 130 * MB; // not more than twice what lives, and some
    jvm.now += 60_000 * MILLISECOND;
    look();
    assertThat(jvm.collections).isEqualTo(1);
  }

  @Test
  void aHundredthOfTheTimeIsTheMostThatIsSpent() {
    long begin = jvm.now;
    for (int i = 0; i < 2_000; i++) {
      jvm.committed = 120 * MB; // it grows faster than it can be collected
      jvm.now += 10 * MILLISECOND;
      heap.look();
    }
    long spent = 20 * MILLISECOND * jvm.collections;
    assertThat(jvm.collections).isGreaterThan(1);
    assertThat(spent).isLessThanOrEqualTo((jvm.now - begin) / 100 + 20 * MILLISECOND);
  }
}
