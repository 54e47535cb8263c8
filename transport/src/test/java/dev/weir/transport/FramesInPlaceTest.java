package dev.weir.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.netty.shaded.io.netty.buffer.ByteBuf;
import io.grpc.netty.shaded.io.netty.buffer.CompositeByteBuf;
import io.grpc.netty.shaded.io.netty.buffer.Unpooled;
import io.grpc.netty.shaded.io.netty.buffer.UnpooledByteBufAllocator;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FramesInPlaceTest {
  private static ByteBuf cumulate(ByteBuf kept, ByteBuf read) {
    return FramesInPlace.CUMULATOR.cumulate(UnpooledByteBufAllocator.DEFAULT, kept, read);
  }

  @Test
  void aFrameThatComesByteByByteIsOneBuffer() {
    ByteBuf kept = Unpooled.EMPTY_BUFFER;
    for (int i = 0; i < 16_000; i++) {
      kept = cumulate(kept, Unpooled.buffer(1).writeByte(i));
    }
    assertThat(kept.readableBytes()).isEqualTo(16_000);
    assertThat(kept).isNotInstanceOf(CompositeByteBuf.class);
    for (int i = 0; i < 16_000; i++) {
      assertThat(kept.readByte()).isEqualTo((byte) i);
    }
    kept.release();
  }

  @Test
  void largeReadsStayWhereTheyAre() {
    ByteBuf first = Unpooled.buffer(65_536).writeZero(65_536);
    first.skipBytes(60_000);
    ByteBuf kept = cumulate(first, Unpooled.buffer(65_536).writeZero(65_536));
    assertThat(kept).isInstanceOf(CompositeByteBuf.class);
    assertThat(kept.readableBytes()).isEqualTo(5_536 + 65_536);
    kept.release();
  }

  @Test
  void theBytesAreTheSameHoweverTheReadsAreCut() {
    Random random = new Random(11);
    byte[] sent = new byte[2_000_000];
    random.nextBytes(sent);
    ByteBuf kept = Unpooled.EMPTY_BUFFER;
    int at = 0;
    int taken = 0;
    while (taken < sent.length) {
      if (at < sent.length) {
        int n = Math.min(sent.length - at, 1 + random.nextInt(random.nextBoolean() ? 300 : 65_536));
        kept = cumulate(kept, Unpooled.buffer(n).writeBytes(sent, at, n));
        at += n;
      }
      int some =
          at == sent.length ? kept.readableBytes() : random.nextInt(kept.readableBytes() + 1);
      ByteBuf slice = kept.readRetainedSlice(some); // as the decoder hands frames on
      for (int i = 0; i < some; i++) {
        if (slice.getByte(slice.readerIndex() + i) != sent[taken + i]) {
          throw new AssertionError("byte " + (taken + i));
        }
      }
      slice.release();
      taken += some;
    }
    assertThat(kept.readableBytes()).isZero();
    kept.release();
  }
}
