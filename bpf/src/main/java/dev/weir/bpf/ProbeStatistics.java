package dev.weir.bpf;

import java.util.Map;

/**
 * What the source counts of itself: every way in which data could go missing has a figure. All are
 * cumulative since the source was opened, but for those said to be levels.
 *
 * @param recordsRead records read from the ring
 * @param ringFill level: bytes in the ring not yet read
 * @param ringSize level: bytes of the ring
 * @param overflowed records for which the ring had no room; their deltas went to the overflow hash
 * @param overflowTotal records for which the hash had no room either; their deltas went to one
 *     total
 * @param lostSamples histogram samples lost with the detail of overflowed records
 * @param recursionMisses runs that the kernel skipped, by program
 * @param storageFailures sockets for which the kernel gave no storage
 * @param adopted connections older than the agent that are measured from their adoption on
 * @param unadopted connections older than the agent that ended without ever having been adopted
 * @param mapEntries level: entries in each bounded map, by map
 * @param mapCapacity level: limit of each bounded map, by map
 * @param snapshots snapshots taken
 * @param snapshotRows rows of the last snapshot
 * @param snapshotNanos nanoseconds of the last snapshot, user side included
 * @param backstops connections whose end only tcp_destroy_sock showed
 * @param unseenEnds connections whose end no program saw, found missing by two snapshots
 * @param uninsured closing connections that could not be noted: should their end go unseen, it is
 *     lost
 * @param lostEvents connection events that went with overflowed records: they are in the totals,
 *     and in no log
 */
public record ProbeStatistics(
    long recordsRead,
    long ringFill,
    long ringSize,
    long overflowed,
    long overflowTotal,
    long lostSamples,
    Map<String, Long> recursionMisses,
    long storageFailures,
    long adopted,
    long unadopted,
    Map<String, Long> mapEntries,
    Map<String, Long> mapCapacity,
    long snapshots,
    long snapshotRows,
    long snapshotNanos,
    long backstops,
    long unseenEnds,
    long uninsured,
    long lostEvents) {

  /** Copies the maps. */
  public ProbeStatistics {
    recursionMisses = Map.copyOf(recursionMisses);
    mapEntries = Map.copyOf(mapEntries);
    mapCapacity = Map.copyOf(mapCapacity);
  }
}
