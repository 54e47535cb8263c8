package dev.weir.transport;

import dev.weir.pdata.otlp.Pieces;
import java.net.http.HttpRequest;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Gives a message to the JDK's HTTP client without copying it: the JDK's own publisher copies an
 * array into buffers of 16 KiB. Each subscriber, such as the one after a redirection, gets all of
 * it.
 */
final class PiecesPublisher implements HttpRequest.BodyPublisher {
  /** The JDK copies what it writes at once to a buffer of that size, which the thread keeps. */
  private static final int MOST_AT_ONCE = 64 << 10;

  private final Pieces message;

  PiecesPublisher(Pieces message) {
    this.message = message;
  }

  @Override
  public long contentLength() {
    return message.size();
  }

  @Override
  public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
    subscriber.onSubscribe(new Subscription(message.list(), subscriber));
    if (message.list().isEmpty()) {
      subscriber.onComplete();
    }
  }

  private static final class Subscription implements Flow.Subscription {
    private final List<Pieces.Piece> pieces;
    private final Flow.Subscriber<? super ByteBuffer> subscriber;

    /** Whoever makes it positive gives until it is used up, so that nobody else does meanwhile. */
    private final AtomicLong demand = new AtomicLong();

    private int piece;
    private int offset;
    private volatile boolean ended;

    Subscription(List<Pieces.Piece> pieces, Flow.Subscriber<? super ByteBuffer> subscriber) {
      this.pieces = pieces;
      this.subscriber = subscriber;
    }

    @Override
    public void request(long n) {
      if (n <= 0) {
        if (!ended) {
          ended = true;
          subscriber.onError(new IllegalArgumentException("request(" + n + ")"));
        }
        return;
      }
      if (demand.getAndUpdate(before -> before + n < 0 ? Long.MAX_VALUE : before + n) > 0) {
        return;
      }
      do {
        if (ended || piece == pieces.size()) {
          return; // with demand left over: nobody gives any more
        }
        subscriber.onNext(next());
        if (piece == pieces.size() && !ended) {
          subscriber.onComplete();
          return;
        }
      } while (demand.decrementAndGet() > 0);
    }

    private ByteBuffer next() {
      Pieces.Piece from = pieces.get(piece);
      int length = Math.min(MOST_AT_ONCE, from.length() - offset);
      ByteBuffer next = ByteBuffer.wrap(from.array(), from.offset() + offset, length);
      offset += length;
      if (offset == from.length()) {
        piece++;
        offset = 0;
      }
      return next.asReadOnlyBuffer();
    }

    @Override
    public void cancel() {
      ended = true;
    }
  }
}
