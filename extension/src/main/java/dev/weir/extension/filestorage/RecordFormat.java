package dev.weir.extension.filestorage;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * How a record lies in a segment: a head of 24 bytes, big endian, then the bytes of the record.
 *
 * <pre>
 *  0  4 bytes  mark 0x57525131 ("WRQ1"), by which a reader finds its way again after damage
 *  4  4 bytes  state: 0 as it is written; 0x444F4E45 ("DONE") once removed; anything else counts as 0
 *  8  4 bytes  length of the record
 * 12  8 bytes  number of the record, which grows through all segments
 * 20  4 bytes  CRC-32C of the bytes from 8 to 19 and of the record
 * </pre>
 *
 * <p>The state is outside the checksum and is overwritten in place: four bytes that lie in one
 * sector of the disk or are found torn, which counts as not removed.
 */
final class RecordFormat {
  static final int HEAD = 24;
  static final int STATE = 4;
  static final int DONE = 0x444F4E45;
  private static final int MARK = 0x57525131;
  private static final int CRC = 20;

  /** What a head says. */
  record Head(boolean done, int length, long number, int crc) {}

  private RecordFormat() {}

  /** Returns the head of a record. */
  static byte[] head(long number, byte[]... parts) {
    int length = 0;
    for (byte[] part : parts) {
      length = Math.addExact(length, part.length);
    }
    ByteBuffer head = ByteBuffer.allocate(HEAD);
    head.putInt(MARK).putInt(0).putInt(length).putLong(number);
    CRC32C crc = new CRC32C();
    crc.update(head.array(), STATE + Integer.BYTES, CRC - STATE - Integer.BYTES);
    for (byte[] part : parts) {
      crc.update(part);
    }
    return head.putInt((int) crc.getValue()).array();
  }

  /** Returns what a head says; it has a mark. */
  static Head read(byte[] bytes, int offset) {
    ByteBuffer head = ByteBuffer.wrap(bytes, offset, HEAD);
    head.getInt();
    return new Head(head.getInt() == DONE, head.getInt(), head.getLong(), head.getInt());
  }

  /** Returns whether a mark stands here. */
  static boolean isMark(byte[] bytes, int offset) {
    return ByteBuffer.wrap(bytes, offset, Integer.BYTES).getInt() == MARK;
  }

  /** Returns whether a record is what its head says. */
  static boolean matches(byte[] head, int offset, Head said, byte[] record) {
    CRC32C crc = new CRC32C();
    crc.update(head, offset + STATE + Integer.BYTES, CRC - STATE - Integer.BYTES);
    crc.update(record);
    return (int) crc.getValue() == said.crc();
  }
}
