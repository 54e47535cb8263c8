package dev.weir.exporter.prometheus;

import dev.weir.pipeline.exposition.Labels;
import org.jspecify.annotations.Nullable;

/**
 * A set of labels within a family and the row that shows it. Two rows may come to the same labels
 * (a number and its text, two scopes without scope labels); a page that held both would be faulty,
 * so only the owner is shown. Written by {@link Family} alone, under its map's lock; read by
 * anybody.
 */
final class Claim {
  /** What a row has whose labels are unusable: never owned, never shown. */
  static final Claim UNUSABLE = new Claim(Labels.NONE);

  private final Labels labels;
  private volatile @Nullable SeriesTable owner;
  private volatile int row;

  Claim(Labels labels) {
    this.labels = labels;
  }

  Labels labels() {
    return labels;
  }

  boolean isFree() {
    return owner == null;
  }

  @SuppressWarnings("ReferenceEquality") // a table is itself and no other
  boolean isOwnedBy(SeriesTable table, int tableRow) {
    return owner == table && row == tableRow;
  }

  /**
   * Makes a row the owner if there is none, or if the owner had no point since {@code staleBefore}:
   * then its source is gone and the new one goes on.
   */
  void take(SeriesTable table, int tableRow, long staleBefore) {
    SeriesTable before = owner;
    if (before == null || before.updatedAt(row) < staleBefore) {
      owner = null; // no reader may see the new row with the old table
      row = tableRow;
      owner = table;
    }
  }

  void giveBack(SeriesTable table, int tableRow) {
    if (isOwnedBy(table, tableRow)) {
      owner = null;
    }
  }
}
