package dev.weir.exporter.prometheus;

import dev.weir.pipeline.exposition.Labels;
import dev.weir.pipeline.exposition.MetricFamily;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** The tables whose series have one name, and who of them shows which labels. Thread safe. */
final class Family {
  private final MetricFamily header;
  private final List<SeriesTable> tables = new CopyOnWriteArrayList<>();
  private final ConcurrentMap<Labels, Claim> claims = new ConcurrentHashMap<>();

  Family(MetricFamily header) {
    this.header = header;
  }

  MetricFamily header() {
    return header;
  }

  List<SeriesTable> tables() {
    return tables;
  }

  /** Returns the claim on these labels, after an attempt to make the row its owner. */
  Claim take(Labels labels, SeriesTable table, int row, long staleBefore) {
    return Objects.requireNonNull(
        claims.compute(
            labels,
            (key, known) -> {
              Claim claim = known == null ? new Claim(key) : known;
              claim.take(table, row, staleBefore);
              return claim;
            }));
  }

  /** Gives up what the row owns of a claim; labels that nobody shows are forgotten. */
  void giveBack(Claim claim, SeriesTable table, int row) {
    claims.computeIfPresent(
        claim.labels(),
        (key, known) -> {
          known.giveBack(table, row);
          return known.isFree() ? null : known;
        });
  }
}
