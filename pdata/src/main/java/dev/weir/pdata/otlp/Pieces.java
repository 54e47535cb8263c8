package dev.weir.pdata.otlp;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * An encoded message that lies in several arrays: what came in as bytes and is handed on as bytes
 * stays where it is, and only what stands between is new. Whoever sends it copies it once, into the
 * buffers of its connection, instead of first into one array as large as the message.
 *
 * <p>Immutable as long as nobody writes to the arrays, which is not allowed; thread safe.
 */
public final class Pieces {
  private final List<Piece> pieces;
  private final int size;

  /**
   * A part of the message.
   *
   * @param array read only; others may share it
   * @param offset where the part begins
   * @param length how many bytes it has
   */
  @SuppressWarnings("ArrayRecordComponent") // a view, never compared
  public record Piece(byte[] array, int offset, int length) {
    /** Checks the bounds. */
    public Piece {
      Objects.checkFromIndexSize(offset, length, array.length);
    }
  }

  Pieces(List<Piece> pieces) {
    this.pieces = List.copyOf(pieces);
    long sum = 0;
    for (Piece piece : pieces) {
      sum += piece.length();
    }
    this.size = Math.toIntExact(sum);
  }

  /** Returns a message that is one array. */
  public static Pieces of(byte[] whole) {
    return new Pieces(whole.length == 0 ? List.of() : List.of(new Piece(whole, 0, whole.length)));
  }

  /** Returns the size of the message in bytes. */
  public int size() {
    return size;
  }

  /** Returns the parts in their order; none is empty. */
  public List<Piece> list() {
    return pieces;
  }

  /** Writes all of it. */
  public void writeTo(OutputStream out) throws IOException {
    for (Piece piece : pieces) {
      out.write(piece.array(), piece.offset(), piece.length());
    }
  }

  /** Returns the message as one array: the own one where the message is one, else a copy. */
  public byte[] toArray() {
    if (pieces.size() == 1 && size == pieces.getFirst().array().length) {
      return pieces.getFirst().array();
    }
    byte[] whole = new byte[size];
    int at = 0;
    for (Piece piece : pieces) {
      System.arraycopy(piece.array(), piece.offset(), whole, at, piece.length());
      at += piece.length();
    }
    return whole;
  }

  /** Puts parts together from the first to the last. For one thread. */
  static final class Builder {
    private final List<Piece> pieces = new ArrayList<>();

    void add(byte[] array, int offset, int length) {
      if (length > 0) {
        pieces.add(new Piece(array, offset, length));
      }
    }

    Pieces build() {
      return new Pieces(pieces);
    }
  }
}
