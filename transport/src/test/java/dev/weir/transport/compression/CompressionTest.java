package dev.weir.transport.compression;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.transport.compression.CompressionException.Reason;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class CompressionTest {
  private static final long SEED = 20261120;

  @ParameterizedTest
  @EnumSource
  void whatIsPackedIsUnpacked(Compression compression) throws Exception {
    Random random = new Random(SEED);
    for (int size : new int[] {0, 1, 5, 15, 16, 17, 4095, 65_536, 65_537, 300_000, 9_000_000}) {
      for (int kind = 0; kind < 3; kind++) {
        byte[] bytes = sample(random, size, kind);
        ByteSlice packed = compression.compress(bytes, 0, size, Compression.DEFAULT_LEVEL);
        ByteSlice back =
            compression.decompress(packed.array(), packed.offset(), packed.length(), size);
        assertThat(back.toArray())
            .as("%s, %d bytes of kind %d", compression, size, kind)
            .isEqualTo(bytes);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aSliceIsPackedAndUnpackedAmongOtherBytes(Compression compression) throws Exception {
    byte[] bytes = "before the text, the text, after the text".getBytes(UTF_8);
    ByteSlice packed = compression.compress(bytes, 17, 8, Compression.DEFAULT_LEVEL);
    byte[] shifted = new byte[packed.length() + 12];
    System.arraycopy(packed.array(), packed.offset(), shifted, 5, packed.length());
    ByteSlice back = compression.decompress(shifted, 5, packed.length(), 1000);
    assertThat(new String(back.array(), back.offset(), back.length(), UTF_8)).isEqualTo("the text");
  }

  @ParameterizedTest
  @EnumSource
  void moreThanAllowedDoesNotComeOut(Compression compression) {
    byte[] zeros = new byte[1_000_000];
    ByteSlice packed = compression.compress(zeros, 0, zeros.length, Compression.DEFAULT_LEVEL);
    for (long limit : new long[] {0, 1, 1000, 999_999}) {
      assertThatThrownBy(
              () -> compression.decompress(packed.array(), packed.offset(), packed.length(), limit))
          .isInstanceOfSatisfying(
              CompressionException.class, e -> assertThat(e.reason()).isEqualTo(Reason.TOO_LARGE));
    }
  }

  @ParameterizedTest
  @EnumSource
  void damagedBytesGiveAnErrorAndNothingElse(Compression compression) {
    Random random = new Random(SEED);
    byte[] bytes = sample(random, 5000, 1);
    byte[] packed =
        compression.compress(bytes, 0, bytes.length, Compression.DEFAULT_LEVEL).toArray();
    for (int i = 0; i < 5000; i++) {
      byte[] bad = packed.clone();
      int changes = 1 + random.nextInt(4);
      for (int c = 0; c < changes; c++) {
        bad[random.nextInt(Math.min(bad.length, 1 + random.nextInt(bad.length)))] =
            (byte) random.nextInt();
      }
      int length = random.nextInt(4) == 0 ? random.nextInt(bad.length) : bad.length;
      try {
        ByteSlice out = compression.decompress(bad, 0, length, 20_000);
        assertThat(out.length()).isLessThanOrEqualTo(20_000);
      } catch (CompressionException e) {
        assertThat(e.getMessage()).as("seed %d, case %d", SEED, i).isNotBlank();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void garbageGivesAnErrorAndNothingElse(Compression compression) {
    Random random = new Random(SEED);
    for (int i = 0; i < 5000; i++) {
      byte[] garbage = new byte[random.nextInt(60)];
      random.nextBytes(garbage);
      try {
        compression.decompress(garbage, 0, garbage.length, 1 << 20);
      } catch (CompressionException e) {
        assertThat(e.getMessage()).as("seed %d, case %d", SEED, i).isNotBlank();
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gzip|gzip: invalid header",
        "zlib|zlib: invalid header",
        "deflate|zlib: invalid header",
        "zstd|invalid input: magic number mismatch",
        "snappy|snappy: corrupt input",
        "x-snappy-framed|snappy: corrupt input",
        "lz4|lz4: bad magic number",
      })
  void textThatIsNotPackedIsRefusedInTheCollectorsWords(String name, String message) {
    byte[] text = "{\"resourceMetrics\":[{\"scopeMetrics\":[]}]}".getBytes(UTF_8);
    assertThatThrownBy(
            () -> Compression.named(name).orElseThrow().decompress(text, 0, text.length, 1000))
        .hasMessage(message);
  }

  @Test
  void gzipIsWhatTheJdkReadsAndWrites() throws Exception {
    byte[] bytes = sample(new Random(SEED), 100_000, 1);
    ByteSlice packed = Compression.GZIP.compress(bytes, 0, bytes.length, 6);
    assertThat(new GZIPInputStream(packed.stream()).readAllBytes()).isEqualTo(bytes);
    ByteArrayOutputStream twoMembers = new ByteArrayOutputStream();
    for (int part = 0; part < 2; part++) {
      GZIPOutputStream gzip = new GZIPOutputStream(twoMembers);
      gzip.write(bytes, part * 50_000, 50_000);
      gzip.finish();
    }
    byte[] both = twoMembers.toByteArray();
    assertThat(Compression.GZIP.decompress(both, 0, both.length, 100_000).toArray())
        .isEqualTo(bytes);
  }

  @Test
  void aGzipHeaderMayCarryNameCommentAndExtraField() throws Exception {
    byte[] packed = Compression.GZIP.compress("x".getBytes(UTF_8), 0, 1, 6).toArray();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(packed, 0, 3);
    out.write(4 | 8 | 16);
    out.write(packed, 4, 6);
    out.write(new byte[] {3, 0, 1, 2, 3});
    out.write("name\0comment\0".getBytes(UTF_8));
    out.write(packed, 10, packed.length - 10);
    byte[] bytes = out.toByteArray();
    assertThat(Compression.GZIP.decompress(bytes, 0, bytes.length, 10).toArray())
        .isEqualTo("x".getBytes(UTF_8));
  }

  /** Values of the xxHash project's specification and tests. */
  @Test
  void theChecksumOfTheSpecificationIsKept() {
    byte[] abc = "abc".getBytes(UTF_8);
    assertThat(Xxh32.hash(new byte[0], 0, 0)).isEqualTo(0x02CC5D05);
    assertThat(Xxh32.hash(abc, 0, 3)).isEqualTo(0x32D153FF);
    byte[] longer = "Nobody inspects the spammish repetition".getBytes(UTF_8);
    assertThat(Xxh32.hash(longer, 0, longer.length)).isEqualTo(0xE2293B2F);
  }

  @Test
  void snappyUnpacksTheFramingFormatToo() throws Exception {
    byte[] bytes = sample(new Random(SEED), 200_000, 1);
    ByteSlice framed = Compression.SNAPPY_FRAMED.compress(bytes, 0, bytes.length, -1);
    assertThat(
            Compression.SNAPPY
                .decompress(framed.array(), framed.offset(), framed.length(), 200_000)
                .toArray())
        .isEqualTo(bytes);
  }

  @Test
  void framedSnappyCarriesTheMaskedChecksum() {
    byte[] packed = Compression.SNAPPY_FRAMED.compress(new byte[] {'a'}, 0, 1, -1).toArray();
    assertThat(HexFormat.of().formatHex(packed)).startsWith("ff060000734e61507059").hasSize(38);
  }

  @Test
  void severalZstdFramesAreOneBody() throws Exception {
    byte[] bytes = sample(new Random(SEED), 10_000, 1);
    byte[] first = Compression.ZSTD.compress(bytes, 0, 4000, -1).toArray();
    byte[] second = Compression.ZSTD.compress(bytes, 4000, 6000, -1).toArray();
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    assertThat(Compression.ZSTD.decompress(both, 0, both.length, 10_000).toArray())
        .isEqualTo(bytes);
  }

  @Test
  void namesAreThoseOfTheCollector() {
    assertThat(Compression.names())
        .containsExactly(
            "none", "gzip", "zstd", "snappy", "x-snappy-framed", "zlib", "deflate", "lz4");
    assertThat(Compression.named("")).contains(Compression.NONE);
    assertThat(Compression.named("GZIP")).isEmpty();
    assertThat(Compression.named("br")).isEmpty();
    assertThat(Compression.grpcNamed("snappy")).contains(Compression.SNAPPY_FRAMED);
    assertThat(Compression.grpcNamed("deflate")).isEmpty();
  }

  /** Bytes of three kinds: all the same, like telemetry, random. */
  private static byte[] sample(Random random, int size, int kind) {
    byte[] bytes = new byte[size];
    switch (kind) {
      case 0 -> Arrays.fill(bytes, (byte) 'x');
      case 1 -> {
        byte[] words = "k8s.namespace.name=shop;http.route=/cart/{id};status=200;".getBytes(UTF_8);
        for (int i = 0; i < size; i++) {
          bytes[i] = i % 61 == 0 ? (byte) random.nextInt() : words[i % words.length];
        }
      }
      default -> random.nextBytes(bytes);
    }
    return bytes;
  }
}
