package dev.weir.exporter.prometheus;

import dev.weir.pdata.NumberPoints;
import dev.weir.pdata.Points;
import dev.weir.pipeline.exposition.MetricType;
import dev.weir.pipeline.exposition.RenderedExemplar;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Gauges and sums. Integers stay integers, so that a byte counter is right to the byte. */
final class NumberTable extends SeriesTable {
  private static final int ROWS_AT_ONCE = 256;

  private final boolean counter;
  private long[] bits = new long[16];
  private boolean[] real = new boolean[16];

  NumberTable(SeriesStore store, Source source, Family family, String metricName) {
    super(store, source, family, metricName, ROWS_AT_ONCE);
    this.counter = family.header().type() == MetricType.COUNTER;
  }

  @Override
  @Nullable DropReason invalid(Points points, int i) {
    return ((NumberPoints) points).hasValue(i) ? null : DropReason.NO_VALUE;
  }

  @Override
  void replace(int row, Points points, int i) {
    NumberPoints numbers = (NumberPoints) points;
    real[row] = numbers.isReal(i);
    bits[row] = real[row] ? Double.doubleToRawLongBits(numbers.real(i)) : numbers.integer(i);
  }

  /** Adds where the delta begins at the last one's end, else replaces: as the Collector does. */
  @Override
  @Nullable DropReason addDelta(int row, Points points, int i) {
    NumberPoints numbers = (NumberPoints) points;
    if (numbers.time(i) < time(row)) {
      return DropReason.OUT_OF_ORDER;
    }
    if (numbers.startTime(i) != time(row)) {
      start(row, numbers.startTime(i));
      replace(row, points, i);
    } else if (real[row] || numbers.isReal(i)) {
      bits[row] = Double.doubleToRawLongBits(value(row) + numbers.real(i));
      real[row] = true;
    } else {
      bits[row] += numbers.integer(i);
    }
    return null;
  }

  private double value(int row) {
    return real[row] ? Double.longBitsToDouble(bits[row]) : bits[row];
  }

  @Override
  void write(PageWriter page, int row, Claim claim) throws IOException {
    RenderedExemplar exemplar = counter ? page.last(exemplars(row)) : null;
    if (real[row]) {
      page.writer().real(claim.labels(), value(row), page.time(time(row)), exemplar);
    } else {
      page.writer().integer(claim.labels(), bits[row], page.time(time(row)), exemplar);
    }
    if (counter) {
      page.created(claim.labels(), start(row));
    }
  }

  @Override
  void grow(int capacity) {
    bits = Arrays.copyOf(bits, capacity);
    real = Arrays.copyOf(real, capacity);
  }

  @Override
  void clear(int row) {
    bits[row] = 0;
  }
}
