package dev.weir.receiver.ebpftcp;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.weir.bpf.ConnectionRecord;
import dev.weir.bpf.Outcome;
import dev.weir.bpf.OverflowEntry;
import dev.weir.bpf.TcpField;
import dev.weir.pdata.Attributes;
import dev.weir.pdata.Key;
import dev.weir.pdata.Value;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Adds connection records up: one row for each distinct set of enabled attributes.
 *
 * <p>A row's key is the record's own bytes, turned to source and destination, and never a string;
 * {@code Attributes} are made when a row is first exported. Rows lie one after another in segments
 * of {@value #ROWS_A_SEGMENT}, one {@code long[]} each with a fixed stride ({@link RowLayout}), so
 * that folding a record touches one slot of the index and one run of memory, and allocates nothing.
 * The index is open addressing with linear probing, at most half full; a slot holds 32 bits of hash
 * and the row. The hash is multilinear with random multipliers (Dietzfelbinger 1996), because
 * addresses are chosen by strangers. docs/performance.md has the figures; the budget is ten times
 * the bare ring read.
 *
 * <p>Row 0 is the overflow row, which takes whatever finds no row: so that the sum over all rows is
 * always what the kernel counted. Memory: {@code max_rows} times the stride (about 0.9 kB with the
 * default metrics), and the attributes of exported rows.
 *
 * <p>Owned by the thread that reads; not thread safe.
 */
@SuppressWarnings("EnumOrdinal") // ordinals are the positions in a row
final class RowTable {
  static final int OVERFLOW_ROW = 0;
  static final Key OVERFLOW_KEY = Key.of("otel.metric.overflow");

  private static final int SEGMENT_BITS = 7;
  private static final int ROWS_A_SEGMENT = 1 << SEGMENT_BITS;
  private static final int SEGMENT_MASK = ROWS_A_SEGMENT - 1;
  private static final int MAX_IDENTITIES = 1 << 16;
  private static final int MAX_KEY = 9;

  private static final int OPENED = Column.OPENED.ordinal();
  private static final int SENT = Column.SENT.ordinal();
  private static final int RECEIVED = Column.RECEIVED.ordinal();
  private static final int SEGMENTS_OUT = Column.SEGMENTS_OUT.ordinal();
  private static final int SEGMENTS_IN = Column.SEGMENTS_IN.ordinal();
  private static final int RETRANSMITS = Column.RETRANSMITS.ordinal();
  private static final int LOST = Column.LOST.ordinal();
  private static final int RESETS_OUT = Column.RESETS_OUT.ordinal();
  private static final int RESETS_IN = Column.RESETS_IN.ordinal();
  private static final int ACTIVE = Column.ACTIVE.ordinal();

  final RowLayout layout;
  private final int maxRows;
  private final Identity.Resolver resolver;
  private final ConnectionAttributes attributes;

  private final Parts parts = new Parts();
  private final long[] key = new long[MAX_KEY];
  private final long[] multipliers = new long[MAX_KEY];

  private long[][] segments = new long[1][];
  private @Nullable Attributes[] @Nullable [] sets = new @Nullable Attributes[64] @Nullable [];
  private @Nullable ExponentialHistogram[] exponentials = new @Nullable ExponentialHistogram[0];
  private long[] index = new long[256];
  private int rows; // rows in use, without the overflow row
  private int high = 1; // rows ever used, the overflow row included
  private int[] free = new int[64];
  private int freeCount;

  private final Map<Identity, Integer> identityNumbers = new HashMap<>();
  private final List<Identity> identities = new ArrayList<>(List.of(Identity.NONE));

  private final int[] exponentialSizes;
  private final int duration;
  private final int handshake;
  private final int rtt;
  private final int minRtt;
  private final RowLayout.@Nullable Histogram[] explicit;

  private long now;
  private long startOfNewRows;
  private long lastLive = Long.MIN_VALUE;
  private int lastRow;
  private long lastSnapshot;
  private long overflowed;
  private boolean overflowUsed;

  RowTable(
      EbpfTcpConfig config,
      Identity.Resolver resolver,
      RandomGenerator random,
      long startEpochNanos,
      long now) {
    this.layout = new RowLayout(config);
    this.maxRows = (int) config.maxRows();
    this.resolver = resolver;
    this.attributes = new ConnectionAttributes(layout.attributes, new AddressTexts());
    this.startOfNewRows = startEpochNanos;
    this.now = now;
    for (int i = 0; i < MAX_KEY; i++) {
      multipliers[i] = random.nextLong() | 1;
    }
    explicit = new RowLayout.@Nullable Histogram[layout.histograms.size()];
    for (RowLayout.Histogram histogram : layout.explicit) {
      explicit[histogram.index()] = histogram;
    }
    duration = layout.histograms.indexOf(MetricDefinition.DURATION);
    handshake = layout.histograms.indexOf(MetricDefinition.HANDSHAKE);
    rtt = layout.histograms.indexOf(MetricDefinition.RTT);
    minRtt = layout.histograms.indexOf(MetricDefinition.RTT_MIN);
    exponentialSizes =
        layout.histograms.stream().mapToInt(m -> (int) config.settings(m).maxSize()).toArray();
    row(OVERFLOW_ROW)[layout.started] = startEpochNanos;
  }

  // ---- adding up

  /** Sets the time that rows are touched at: CLOCK_MONOTONIC in nanoseconds. */
  void now(long nanos) {
    now = nanos;
  }

  /**
   * Adds a connection record up.
   *
   * @param sampleLive whether a live connection gives a sample of its round trip time: once an
   *     interval
   */
  void fold(MemorySegment m, long at, boolean sampleLive) {
    int kind = ConnectionRecord.kind(m, at);
    if (kind == ConnectionRecord.KIND_FIELDS) {
      if (sampleLive) {
        foldFields(m, at);
      }
      return;
    }
    parts.read(m, at);
    int row = find();
    lastRow = row;
    long[] s = segments[row >>> SEGMENT_BITS];
    int base = (row & SEGMENT_MASK) * layout.stride;
    int c = base + layout.columns;
    int effects = ConnectionRecord.effects(m, at);
    s[base + layout.touched] = now;
    s[c + OPENED] += effects & 1;
    s[c + ACTIVE] += (effects >> 1 & 1) - (effects >> 2 & 1);
    s[c + SENT] += m.get(JAVA_LONG, at + ConnectionRecord.SENT);
    s[c + RECEIVED] += m.get(JAVA_LONG, at + ConnectionRecord.RECEIVED);
    long delta = at + ConnectionRecord.DELTA;
    s[c + SEGMENTS_OUT] += m.get(JAVA_INT, delta);
    s[c + SEGMENTS_IN] += m.get(JAVA_INT, delta + 4);
    // Mostly there are none of these four: two loads tell.
    if (m.get(JAVA_LONG, delta + 8) != 0) {
      s[c + RETRANSMITS] += m.get(JAVA_INT, delta + 8);
      s[c + LOST] += m.get(JAVA_INT, delta + 12);
    }
    if (m.get(JAVA_LONG, delta + 16) != 0) {
      s[c + RESETS_OUT] += m.get(JAVA_INT, delta + 16);
      s[c + RESETS_IN] += m.get(JAVA_INT, delta + 20);
    }
    if (kind == ConnectionRecord.KIND_LIVE) {
      lastLive = now;
    }
    if ((effects & (ConnectionRecord.CLOSED | ConnectionRecord.FAILED)) != 0) {
      int outcome = ConnectionRecord.outcome(m, at);
      if ((effects & ConnectionRecord.CLOSED) != 0) {
        s[c + Column.closed(outcome)]++;
        long start = ConnectionRecord.start(m, at);
        long end = ConnectionRecord.time(m, at);
        if (duration >= 0 && start != 0 && end >= start) {
          sample(row, s, base, duration, end - start);
        }
      }
      if ((effects & ConnectionRecord.FAILED) != 0) {
        s[c + Column.failed(outcome)]++;
      }
    }
    if ((effects & ConnectionRecord.OPENED) != 0
        && handshake >= 0
        && parts.role == ConnectionRecord.ROLE_CLIENT) {
      long start = ConnectionRecord.start(m, at);
      long established = ConnectionRecord.established(m, at);
      if (start != 0 && established >= start) {
        sample(row, s, base, handshake, established - start);
      }
    }
    if ((kind == ConnectionRecord.KIND_LIVE && sampleLive)
        || (effects & ConnectionRecord.CLOSED) != 0) {
      int smoothed = ConnectionRecord.srttMicros(m, at);
      if (rtt >= 0 && smoothed != 0) {
        sample(row, s, base, rtt, Integer.toUnsignedLong(smoothed) * 1000);
      }
      int least = ConnectionRecord.minRttMicros(m, at);
      if (minRtt >= 0 && least != ConnectionRecord.NO_RTT) {
        sample(row, s, base, minRtt, Integer.toUnsignedLong(least) * 1000);
      }
    }
  }

  /** Adds further fields to the gauges of the row that took the live record just before. */
  private void foldFields(MemorySegment m, long at) {
    if (layout.gauges.isEmpty()) {
      return;
    }
    long[] s = row(lastRow);
    int base = offset(lastRow);
    long snapshot = TcpField.snapshot(m, at) + 1; // 0 is a row without any
    boolean first = s[base + layout.gaugeSnapshot] != snapshot;
    s[base + layout.gaugeSnapshot] = snapshot;
    lastSnapshot = snapshot;
    for (RowLayout.Gauge gauge : layout.gauges) {
      int value = base + gauge.value();
      if (first) {
        s[value] = 0;
        s[value + 1] = 0;
      }
      long read = gauge.field().read(m, at);
      if (read != TcpField.UNKNOWN) {
        s[value] =
            gauge.metric().aggregation() == MetricDefinition.Aggregation.MAX
                ? Math.max(s[value], read)
                : s[value] + read;
        s[value + 1]++;
      }
    }
  }

  /** Returns whether the gauges of a row are of the last snapshot that had any. */
  boolean hasGauges(long[] s, int base) {
    return lastSnapshot != 0 && s[base + layout.gaugeSnapshot] == lastSnapshot;
  }

  /** Forgets the gauges: the next batch has those of a later snapshot. */
  void gaugesTaken() {
    lastSnapshot = 0;
  }

  private void sample(int row, long[] s, int base, int which, long nanos) {
    RowLayout.Histogram histogram = explicit[which];
    if (histogram == null) {
      exponential(row, which).record(nanos);
      return;
    }
    s[base + histogram.sum()] += nanos;
    s[base + histogram.buckets() + histogram.bounds().bucket(nanos)]++;
  }

  private ExponentialHistogram exponential(int row, int which) {
    int at = row * exponentialSizes.length + which;
    if (at >= exponentials.length) {
      exponentials = Arrays.copyOf(exponentials, Math.max(at + 64, exponentials.length * 2));
    }
    ExponentialHistogram histogram = exponentials[at];
    if (histogram == null) {
      histogram = new ExponentialHistogram(exponentialSizes[which]);
      exponentials[at] = histogram;
    }
    return histogram;
  }

  /** Adds an overflow entry up: sums of connections whose records found no room in the ring. */
  void foldOverflow(MemorySegment overflowKey, MemorySegment sum) {
    parts.readOverflow(overflowKey);
    add(find(), OverflowEntry.outcome(overflowKey), sum);
  }

  /** Adds up what did not fit the overflow hash either: of whom nothing is known. */
  void foldTotal(MemorySegment sum) {
    overflowUsed = true;
    add(OVERFLOW_ROW, Outcome.NONE.ordinal(), sum);
  }

  private void add(int row, int outcome, MemorySegment sum) {
    long[] s = row(row);
    int base = offset(row);
    int c = base + layout.columns;
    s[base + layout.touched] = now;
    s[c + OPENED] += OverflowEntry.sum(sum, OverflowEntry.SUM_OPENED);
    s[c + Column.closed(outcome)] += OverflowEntry.sum(sum, OverflowEntry.SUM_CLOSED);
    s[c + Column.failed(outcome)] += OverflowEntry.sum(sum, OverflowEntry.SUM_FAILED);
    s[c + ACTIVE] += OverflowEntry.sum(sum, OverflowEntry.SUM_ACTIVE);
    s[c + SENT] += OverflowEntry.sum(sum, OverflowEntry.SUM_SENT);
    s[c + RECEIVED] += OverflowEntry.sum(sum, OverflowEntry.SUM_RECEIVED);
    s[c + SEGMENTS_OUT] += OverflowEntry.sum(sum, OverflowEntry.SUM_SEGMENTS_OUT);
    s[c + SEGMENTS_IN] += OverflowEntry.sum(sum, OverflowEntry.SUM_SEGMENTS_IN);
    s[c + RETRANSMITS] += OverflowEntry.sum(sum, OverflowEntry.SUM_RETRANSMITS);
    s[c + LOST] += OverflowEntry.sum(sum, OverflowEntry.SUM_LOST);
    s[c + RESETS_OUT] += OverflowEntry.sum(sum, OverflowEntry.SUM_RESETS_OUT);
    s[c + RESETS_IN] += OverflowEntry.sum(sum, OverflowEntry.SUM_RESETS_IN);
  }

  // ---- finding the row

  /** Returns the row of {@link #parts}, made if need be; the overflow row if there is no room. */
  private int find() {
    int length = fillKey();
    long sum = 0;
    for (int i = 0; i < length; i++) {
      // Both halves of each word count in the upper half of the sum.
      long word = key[i];
      sum += (word ^ word >>> 32) * multipliers[i];
    }
    int hash = (int) (sum >>> 32);
    long wanted = (long) hash << 32;
    int mask = index.length - 1;
    int slot = hash & mask;
    while (true) {
      long entry = index[slot];
      if (entry == 0) {
        return insert(hash, slot, length);
      }
      if ((entry ^ wanted) >>> 32 == 0) {
        int row = (int) entry;
        if (matches(row, length)) {
          return row;
        }
      }
      slot = (slot + 1) & mask;
    }
  }

  private boolean matches(int row, int length) {
    long[] s = segments[row >>> SEGMENT_BITS];
    int base = (row & SEGMENT_MASK) * layout.stride;
    for (int i = 0; i < length; i++) {
      if (s[base + i] != key[i]) {
        return false;
      }
    }
    return true;
  }

  private int fillKey() {
    RowLayout l = layout;
    Parts p = parts;
    long[] k = key;
    int n = 0;
    boolean observed = false;
    if (l.sourceAddress) {
      k[n++] = p.source0;
      k[n++] = p.source1;
    }
    if (l.destinationAddress) {
      k[n++] = p.destination0;
      k[n++] = p.destination1;
    }
    if (l.process) {
      k[n++] = p.comm0;
      k[n++] = p.comm1;
      observed = p.comm0 != 0;
    }
    if (l.pid || l.namespace) {
      long owner = l.pid ? Integer.toUnsignedLong(p.tgid) : 0;
      observed |= owner != 0;
      k[n++] = owner | (l.namespace ? (long) p.netns << 32 : 0);
    }
    if (l.identity) {
      int identity = identityNumber(resolver.resolve(p.cgroup, p.tgid));
      observed |= identity != 0;
      k[n++] = identity;
    }
    long word = 0;
    if (l.destinationPort) {
      word |= p.destinationPort;
    }
    if (l.sourcePort) {
      word |= (long) p.sourcePort << 16;
    }
    if (l.reporter) {
      int role = p.role;
      word |= role == 1 || role == 2 ? (long) role << 32 : 0;
    }
    if (l.networkType) {
      word |= p.family == 4 ? 1L << 40 : 0;
    }
    // Which side was observed counts only if something of that side is shown: otherwise two rows
    // would bear the same attributes.
    if (observed) {
      word |= p.sourceSide ? 1L << 48 : 1L << 49;
    }
    k[n++] = word;
    return n;
  }

  private int identityNumber(Identity resolved) {
    Identity shown =
        new Identity(
            layout.attributes.contains(AttributeDefinition.CONTAINER_ID)
                ? resolved.containerId()
                : null,
            layout.attributes.contains(AttributeDefinition.K8S_POD_UID) ? resolved.podUid() : null);
    if (shown.equals(Identity.NONE)) {
      return 0;
    }
    Integer known = identityNumbers.get(shown);
    if (known != null) {
      return known;
    }
    if (identities.size() >= MAX_IDENTITIES) {
      return 0;
    }
    identityNumbers.put(shown, identities.size());
    identities.add(shown);
    return identities.size() - 1;
  }

  private int insert(int hash, int slot, int length) {
    if (rows >= maxRows) {
      overflowed++;
      overflowUsed = true;
      return OVERFLOW_ROW;
    }
    int row = freeCount > 0 ? free[--freeCount] : high++;
    long[] s = row(row);
    int base = offset(row);
    Arrays.fill(s, base, base + layout.stride, 0);
    System.arraycopy(key, 0, s, base, length);
    s[base + layout.started] = startOfNewRows;
    rows++;
    index[slot] = (long) hash << 32 | row;
    if (rows * 2 > index.length) {
      index = rehash(index.length * 2);
    }
    return row;
  }

  private long[] rehash(int size) {
    long[] larger = new long[size];
    int mask = size - 1;
    for (long entry : index) {
      if (entry != 0) {
        int slot = (int) (entry >>> 32) & mask;
        while (larger[slot] != 0) {
          slot = (slot + 1) & mask;
        }
        larger[slot] = entry;
      }
    }
    return larger;
  }

  /** Returns the array that holds a row. */
  long[] row(int row) {
    int segment = row >>> SEGMENT_BITS;
    if (segment >= segments.length) {
      segments = Arrays.copyOf(segments, segments.length * 2);
    }
    long[] s = segments[segment];
    if (s == null) {
      s = new long[layout.stride << SEGMENT_BITS];
      segments[segment] = s;
    }
    return s;
  }

  /** Returns where a row begins in its array. */
  int offset(int row) {
    return (row & SEGMENT_MASK) * layout.stride;
  }

  // ---- giving out

  /** Does something with the number of each row in use. */
  @FunctionalInterface
  interface RowAction {
    void accept(int row);
  }

  /** Visits the overflow row, if it was ever used, and each other row. */
  void forEach(RowAction action) {
    if (overflowUsed) {
      action.accept(OVERFLOW_ROW);
    }
    for (long entry : index) {
      if (entry != 0) {
        action.accept((int) entry);
      }
    }
  }

  /** Returns one of a row's attribute sets, always the same instance. */
  Attributes attributes(int row, int variant) {
    if (row >= sets.length) {
      sets = Arrays.copyOf(sets, Math.max(row + 1, sets.length * 2));
    }
    @Nullable Attributes[] ofRow = sets[row];
    if (ofRow == null) {
      ofRow = new @Nullable Attributes[Column.Variant.RECEIVE + 1];
      sets[row] = ofRow;
    }
    if (variant >= ofRow.length) {
      ofRow = Arrays.copyOf(ofRow, Column.Variant.COUNT);
      sets[row] = ofRow;
    }
    Attributes known = ofRow[variant];
    if (known == null) {
      known =
          variant == Column.Variant.BASE
              ? base(row)
              : ConnectionAttributes.variant(attributes(row, Column.Variant.BASE), variant);
      ofRow[variant] = known;
    }
    return known;
  }

  private Attributes base(int row) {
    if (row == OVERFLOW_ROW) {
      return Attributes.of(OVERFLOW_KEY, Value.Bool.TRUE);
    }
    long[] s = row(row);
    int at = offset(row);
    Parts p = new Parts();
    Identity identity = Identity.NONE;
    RowLayout l = layout;
    if (l.sourceAddress) {
      p.source0 = s[at++];
      p.source1 = s[at++];
    }
    if (l.destinationAddress) {
      p.destination0 = s[at++];
      p.destination1 = s[at++];
    }
    if (l.process) {
      p.comm0 = s[at++];
      p.comm1 = s[at++];
    }
    if (l.pid || l.namespace) {
      long word = s[at++];
      p.tgid = (int) word;
      p.netns = (int) (word >>> 32);
    }
    if (l.identity) {
      identity = identities.get((int) s[at++]);
    }
    long word = s[at];
    p.destinationPort = (int) word & 0xffff;
    p.sourcePort = (int) (word >>> 16) & 0xffff;
    p.role = (int) (word >>> 32) & 3;
    p.family = (word >>> 40 & 1) != 0 ? 4 : 6;
    p.sourceSide = (word >>> 48 & 1) != 0;
    return attributes.of(p, identity);
  }

  /** Returns an exponential histogram of a row, or null if it has no sample. */
  @Nullable ExponentialHistogram exponentialOf(int row, int which) {
    int at = row * exponentialSizes.length + which;
    return at < exponentials.length ? exponentials[at] : null;
  }

  /** Sets the start time of rows that are made from now on: when the last batch was taken. */
  void startOfNewRows(long epochNanos) {
    startOfNewRows = epochNanos;
  }

  // ---- forgetting

  /**
   * Forgets rows that no record touched for {@code expiration} and all of whose values were
   * delivered. A row that then still counts live connections, or less than none, is wrong about
   * them (its open or its close was added up elsewhere, in the overflow row): that count moves to
   * the overflow row, so that the sum stays, and the row goes an expiration later.
   *
   * @param deliveredUpTo what was touched later has not all been delivered yet
   * @return how many rows went
   */
  int expire(long expiration, long deliveredUpTo) {
    int before = rows;
    boolean removed = false;
    for (int slot = 0; slot < index.length; slot++) {
      long entry = index[slot];
      if (entry == 0) {
        continue;
      }
      int row = (int) entry;
      long[] s = segments[row >>> SEGMENT_BITS];
      int base = offset(row);
      long touched = s[base + layout.touched];
      if (now - touched < expiration || touched - deliveredUpTo > 0 || owes(s, base)) {
        continue;
      }
      long active = s[base + layout.columns + ACTIVE];
      if (active != 0) {
        // Live connections are read every interval: that none touched it says it has none. Only
        // where nothing at all was read live is there no such evidence.
        if (active < 0 || (lastLive != Long.MIN_VALUE && lastLive - touched > expiration / 2)) {
          settle(s, base, active);
        }
        continue;
      }
      index[slot] = 0;
      removed = true;
      rows--;
      release(row);
    }
    if (removed) {
      index = rehash(index.length);
    }
    return before - rows;
  }

  private void settle(long[] s, int base, long active) {
    s[base + layout.columns + ACTIVE] = 0;
    s[base + layout.touched] = now;
    long[] o = row(OVERFLOW_ROW);
    o[layout.columns + ACTIVE] += active;
    o[layout.touched] = now;
    overflowUsed = true;
  }

  private void release(int row) {
    if (row < sets.length) {
      sets[row] = null;
    }
    int first = row * exponentialSizes.length;
    for (int at = first;
        at < Math.min(first + exponentialSizes.length, exponentials.length);
        at++) {
      exponentials[at] = null;
    }
    if (freeCount == free.length) {
      free = Arrays.copyOf(free, free.length * 2);
    }
    free[freeCount++] = row;
  }

  /** Returns whether a counter of the row was exported too high, or not yet exported in full. */
  private boolean owes(long[] s, int base) {
    for (RowLayout.Series series : layout.series) {
      for (int column : series.columns()) {
        if (column != ACTIVE
            && s[base + layout.columns + column] != s[base + layout.marks + column]) {
          return true;
        }
      }
    }
    return false;
  }

  // ---- figures of its own

  /** Returns how many rows there are, without the overflow row. */
  int rows() {
    return rows;
  }

  /** Returns how many records went to the overflow row because there was no room for a row. */
  long overflowed() {
    return overflowed;
  }

  /** Returns the connections that the overflow row has counted as opened. */
  long overflowConnections() {
    return row(OVERFLOW_ROW)[layout.columns + OPENED];
  }

  /** Returns the live connections of all rows. */
  long active() {
    return total(Column.ACTIVE);
  }

  /** Returns the sum of a column over all rows. */
  long total(Column column) {
    long[] sum = new long[1];
    forEach(row -> sum[0] += row(row)[offset(row) + layout.columns + column.ordinal()]);
    return sum[0];
  }

  /** Returns by how much exported counters are ahead, summed over rows and columns. */
  long remainder() {
    long[] sum = new long[1];
    forEach(
        row -> {
          long[] s = row(row);
          int base = offset(row);
          for (int column = Column.FIRST_COUNTER; column < Column.COUNT; column++) {
            sum[0] +=
                Math.max(0, s[base + layout.marks + column] - s[base + layout.columns + column]);
          }
        });
    return sum[0];
  }
}
