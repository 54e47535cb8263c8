package dev.weir.conformance;

import dev.weir.bpf.ConnectionRecord;
import dev.weir.bpf.Outcome;
import dev.weir.bpf.OverflowEntry;
import dev.weir.bpf.OverflowSink;
import dev.weir.bpf.RecordSink;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Adds up what the probe says, by role. One thread writes; others read copies. */
final class KernelLedger implements RecordSink, OverflowSink {
  private static final List<String> ERROR_TYPES =
      Arrays.stream(Outcome.values()).map(Outcome::errorType).toList();

  /** Sums of one role. */
  record Sums(
      long opened,
      long closed,
      long failed,
      long active,
      long sent,
      long received,
      long retransmits,
      long resetsOut,
      long resetsIn,
      long segmentsOut,
      Map<String, Long> outcomes,
      Map<String, Long> owners,
      Map<String, Long> activeByOwner) {}

  /** One role's running sums. */
  private static final class Account {
    final long[] sums = new long[10];
    final Map<String, Long> outcomes = new TreeMap<>();
    final Map<String, Long> owners = new TreeMap<>();
    final Map<String, Long> activeByOwner = new TreeMap<>();
  }

  private final Account[] accounts = {new Account(), new Account(), new Account()};
  private long opens;

  @Override
  public synchronized void accept(MemorySegment m, long at) {
    Account a = accounts[ConnectionRecord.role(m, at)];
    int effects = ConnectionRecord.effects(m, at);
    int delta = ConnectionRecord.DELTA;
    boolean closed = (effects & ConnectionRecord.CLOSED) != 0;
    boolean failed = (effects & ConnectionRecord.FAILED) != 0;
    int active =
        ((effects & ConnectionRecord.ACTIVATED) != 0 ? 1 : 0)
            - ((effects & ConnectionRecord.DEACTIVATED) != 0 ? 1 : 0);
    add(
        a,
        (effects & ConnectionRecord.OPENED) != 0 ? 1 : 0,
        closed ? 1 : 0,
        failed ? 1 : 0,
        active,
        ConnectionRecord.sent(m, at),
        ConnectionRecord.received(m, at),
        ConnectionRecord.retransmits(m, at, delta),
        ConnectionRecord.resetsOut(m, at, delta),
        ConnectionRecord.resetsIn(m, at, delta),
        ConnectionRecord.segmentsOut(m, at, delta));
    if (active != 0) {
      a.activeByOwner.merge(ConnectionRecord.comm(m, at), (long) active, Long::sum);
    }
    if (closed || failed) {
      ended(a, ConnectionRecord.outcome(m, at), ConnectionRecord.comm(m, at), 1);
    }
    if (ConnectionRecord.kind(m, at) == ConnectionRecord.KIND_OPEN) {
      opens++;
    }
  }

  @Override
  public synchronized void accept(MemorySegment key, MemorySegment sum) {
    Account a = accounts[OverflowEntry.role(key)];
    overflowed(a, sum);
    long ends =
        OverflowEntry.sum(sum, OverflowEntry.SUM_CLOSED)
            + OverflowEntry.sum(sum, OverflowEntry.SUM_FAILED);
    if (ends > 0) {
      ended(a, OverflowEntry.outcome(key), "(overflow)", ends);
    }
  }

  @Override
  public synchronized void acceptTotal(MemorySegment sum) {
    overflowed(accounts[ConnectionRecord.ROLE_UNKNOWN], sum);
  }

  private static void overflowed(Account a, MemorySegment sum) {
    add(
        a,
        OverflowEntry.sum(sum, OverflowEntry.SUM_OPENED),
        OverflowEntry.sum(sum, OverflowEntry.SUM_CLOSED),
        OverflowEntry.sum(sum, OverflowEntry.SUM_FAILED),
        OverflowEntry.sum(sum, OverflowEntry.SUM_ACTIVE),
        OverflowEntry.sum(sum, OverflowEntry.SUM_SENT),
        OverflowEntry.sum(sum, OverflowEntry.SUM_RECEIVED),
        OverflowEntry.sum(sum, OverflowEntry.SUM_RETRANSMITS),
        OverflowEntry.sum(sum, OverflowEntry.SUM_RESETS_OUT),
        OverflowEntry.sum(sum, OverflowEntry.SUM_RESETS_IN),
        OverflowEntry.sum(sum, OverflowEntry.SUM_SEGMENTS_OUT));
  }

  private static void add(Account a, long... values) {
    for (int i = 0; i < values.length; i++) {
      a.sums[i] += values[i];
    }
  }

  private static void ended(Account a, int outcome, String owner, long times) {
    a.outcomes.merge(ERROR_TYPES.get(outcome), times, Long::sum);
    a.owners.merge(owner, times, Long::sum);
  }

  Sums client() {
    return sums(ConnectionRecord.ROLE_CLIENT);
  }

  Sums server() {
    return sums(ConnectionRecord.ROLE_SERVER);
  }

  Sums unknown() {
    return sums(ConnectionRecord.ROLE_UNKNOWN);
  }

  /** How many open events came. */
  synchronized long opens() {
    return opens;
  }

  private synchronized Sums sums(int role) {
    Account a = accounts[role];
    long[] s = Arrays.copyOf(a.sums, a.sums.length);
    return new Sums(
        s[0],
        s[1],
        s[2],
        s[3],
        s[4],
        s[5],
        s[6],
        s[7],
        s[8],
        s[9],
        Map.copyOf(a.outcomes),
        Map.copyOf(a.owners),
        Map.copyOf(a.activeByOwner));
  }

  @Override
  public String toString() {
    return "client " + client() + "\nserver " + server() + "\nunknown " + unknown();
  }
}
