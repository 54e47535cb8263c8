package dev.weir.bench;

import java.nio.file.Path;

/**
 * How much is measured.
 *
 * @param pairs alternating pairs of a comparison
 * @param scale by how much amounts (connections, sockets, seconds) are multiplied; below 1 a run is
 *     for trying out, and its report says so
 * @param dist the distribution whose {@code bin/weir} is measured
 * @param collector the OpenTelemetry Collector that it is measured against
 */
record Settings(int pairs, double scale, Path dist, Path collector) {
  static final int FULL_PAIRS = 11;

  boolean full() {
    return pairs >= FULL_PAIRS && scale >= 1;
  }

  /** Returns an amount, scaled, at least {@code least}. */
  int amount(int full, int least) {
    return Math.max(least, (int) Math.round(full * scale));
  }
}
