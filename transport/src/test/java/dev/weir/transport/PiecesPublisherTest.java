package dev.weir.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.pdata.otlp.Pieces;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.Test;

class PiecesPublisherTest {
  /** Asks for {@code step} buffers at a time, from within what it is told. */
  private static final class Reader implements Flow.Subscriber<ByteBuffer> {
    private final long step;
    final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    final List<String> ends = new ArrayList<>();
    int buffers;
    Flow.Subscription subscription = new Nothing();
    private long asked;

    Reader(long step) {
      this.step = step;
    }

    @Override
    public void onSubscribe(Flow.Subscription to) {
      subscription = to;
      ask();
    }

    private void ask() {
      asked = step;
      if (step > 0) {
        subscription.request(step);
      }
    }

    @Override
    public void onNext(ByteBuffer item) {
      buffers++;
      byte[] some = new byte[item.remaining()];
      item.get(some);
      bytes.writeBytes(some);
      if (--asked == 0) {
        ask();
      }
    }

    @Override
    public void onError(Throwable failure) {
      ends.add(failure.getMessage());
    }

    @Override
    public void onComplete() {
      ends.add("complete");
    }
  }

  /** What a subscriber has before it is given one. */
  private static final class Nothing implements Flow.Subscription {
    @Override
    public void request(long n) {}

    @Override
    public void cancel() {}
  }

  private static final byte[] MESSAGE = new byte[1_000_000];

  static {
    new Random(7).nextBytes(MESSAGE);
  }

  private static PiecesPublisher publisher() {
    return new PiecesPublisher(Pieces.of(MESSAGE));
  }

  @Test
  void givesAllOfItOnceHoweverItIsAsked() {
    for (long step : new long[] {1, 3, Long.MAX_VALUE}) {
      PiecesPublisher publisher = publisher();
      assertThat(publisher.contentLength()).isEqualTo(MESSAGE.length);
      for (int subscriber = 0; subscriber < 2; subscriber++) {
        Reader reader = new Reader(step);
        publisher.subscribe(reader);
        assertThat(reader.bytes.toByteArray()).isEqualTo(MESSAGE);
        assertThat(reader.ends).containsExactly("complete");
      }
    }
  }

  @Test
  void givesNoMoreThanWasAskedFor() {
    Reader reader = new Reader(0);
    publisher().subscribe(reader);
    assertThat(reader.buffers).isZero();
    reader.subscription.request(2);
    assertThat(reader.buffers).isEqualTo(2);
    reader.subscription.cancel();
    reader.subscription.request(2);
    assertThat(reader.buffers).isEqualTo(2);
    assertThat(reader.ends).isEmpty();
  }

  @Test
  void refusesToBeAskedForNothing() {
    Reader reader = new Reader(0);
    publisher().subscribe(reader);
    reader.subscription.request(0);
    reader.subscription.request(1);
    assertThat(reader.ends).containsExactly("request(0)");
    assertThat(reader.buffers).isZero();
  }

  @Test
  void anEmptyMessageEndsAtOnce() {
    Reader reader = new Reader(1);
    new PiecesPublisher(Pieces.of(new byte[0])).subscribe(reader);
    assertThat(reader.bytes.size()).isZero();
    assertThat(reader.ends).containsExactly("complete");
  }
}
