package dev.weir.receiver.ebpftcp;

import dev.weir.bpf.ConnectionRecord;
import dev.weir.bpf.OverflowEntry;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * The file that {@code record} writes and {@code replay} reads: a header, then frames. All numbers
 * in the byte order of the machine that recorded, as the records themselves are.
 *
 * <pre>
 * header  magic "WEIRTCP\n" | order 01020304 | version | sizes of record, overflow key, sum | 0 | epoch offset
 * frame   type | payload bytes | time | CRC-32C of the payload | items | payload
 * </pre>
 *
 * <p>Time is CLOCK_MONOTONIC at recording, the epoch offset what to add to it to get nanoseconds
 * since 1970. A file whose last frame is not {@link #END} was cut off.
 *
 * <p>A recording in which further fields of live connections stand ({@code tcp.info.*}, rows of a
 * kind of their own) has a version of its own: who does not know that kind would take such a row
 * for a connection, and must refuse the file. All other recordings keep the first version, which
 * every Weir plays.
 */
final class RecordingFormat {
  static final byte[] MAGIC = "WEIRTCP\n".getBytes(StandardCharsets.US_ASCII);
  static final int ORDER = 0x01020304;

  /** Of a recording of connections alone. */
  static final int VERSION = 1;

  /** Of a recording that also has rows of {@link ConnectionRecord#KIND_FIELDS}. */
  static final int VERSION_WITH_FIELDS = 2;

  static final int HEADER_SIZE = 40;
  static final int FRAME_SIZE = 24;

  /** Records out of the ring. */
  static final int RECORDS = 1;

  /** Records of a snapshot. */
  static final int SNAPSHOT = 2;

  /** The snapshot before is complete; no payload. */
  static final int SNAPSHOT_END = 3;

  /** Entries of the overflow hash, each key and sum. */
  static final int OVERFLOW = 4;

  /** A sum without attributes. */
  static final int TOTAL = 5;

  /** Records of the last iteration; live connections in it give no samples. */
  static final int FINAL = 6;

  /** The recording was ended in order; no payload. */
  static final int END = 7;

  /** Bytes of one item of a payload, by type. */
  private static final int[] ITEM_SIZES = {
    0,
    ConnectionRecord.SIZE,
    ConnectionRecord.SIZE,
    0,
    OverflowEntry.KEY_SIZE + OverflowEntry.SUM_SIZE,
    OverflowEntry.SUM_SIZE,
    ConnectionRecord.SIZE,
    0
  };

  /** Most bytes of a payload. */
  static final int MAX_PAYLOAD = 1 << 16;

  private RecordingFormat() {}

  /** Returns the bytes of one item, or -1 if there is no such type. */
  static int itemSize(int type) {
    return type >= RECORDS && type <= END ? ITEM_SIZES[type] : -1;
  }

  static ByteBuffer header(long epochOffset, boolean withFields) {
    return ByteBuffer.allocate(HEADER_SIZE)
        .order(ByteOrder.nativeOrder())
        .put(MAGIC)
        .putInt(ORDER)
        .putInt(withFields ? VERSION_WITH_FIELDS : VERSION)
        .putInt(ConnectionRecord.SIZE)
        .putInt(OverflowEntry.KEY_SIZE)
        .putInt(OverflowEntry.SUM_SIZE)
        .putInt(0)
        .putLong(epochOffset)
        .flip();
  }

  static int checksum(ByteBuffer payload) {
    CRC32C crc = new CRC32C();
    crc.update(payload);
    return (int) crc.getValue();
  }
}
