package dev.weir.pdata.otlp;

import dev.weir.pdata.Signal;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

/**
 * Feeds broken OTLP to the codec for as long as it is told: inputs of the corpus, cut off, bitten,
 * spliced, with lengths that lie. Runs for seconds in the tests and for minutes in {@code make
 * bench}. What breaks something is named with its seed and written as hexadecimal, to be put into
 * the corpus.
 */
public final class OtlpFuzz {
  /** One input of the corpus. */
  @SuppressWarnings("ArrayRecordComponent") // identity is never asked of it
  record Input(String name, Signal<?> signal, boolean json, byte[] bytes) {}

  private static final byte[][] ODD = {
    {
      (byte) 0xff,
      (byte) 0xff,
      (byte) 0xff,
      (byte) 0xff,
      (byte) 0xff,
      (byte) 0xff,
      (byte) 0xff,
      (byte) 0xff,
      (byte) 0xff,
      1
    },
    {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 7},
    {(byte) 0x80, 0},
    {0x0a, 0},
    {0x12, 0x7f},
    {0x0b},
    {0x0c},
    "{".getBytes(StandardCharsets.UTF_8),
    "\"\\ud83d\"".getBytes(StandardCharsets.UTF_8),
    "[[".getBytes(StandardCharsets.UTF_8),
    "1e999".getBytes(StandardCharsets.UTF_8),
    "null".getBytes(StandardCharsets.UTF_8),
  };

  private OtlpFuzz() {}

  /**
   * Runs with protobuf.
   *
   * @return how many inputs were tried
   * @throws AssertionError if something does not hold, with the input
   */
  public static long runProtobuf(long seed, Duration duration) throws IOException {
    return run(seed, duration, false);
  }

  /**
   * Runs with JSON.
   *
   * @return how many inputs were tried
   * @throws AssertionError if something does not hold, with the input
   */
  public static long runJson(long seed, Duration duration) throws IOException {
    return run(seed, duration, true);
  }

  private static long run(long seed, Duration duration, boolean json) throws IOException {
    List<Input> corpus = corpus().stream().filter(input -> input.json == json).toList();
    Random random = new Random(seed);
    long end = System.nanoTime() + duration.toNanos();
    long tried = 0;
    while (System.nanoTime() < end) {
      Input input = corpus.get(random.nextInt(corpus.size()));
      byte[] bytes = input.bytes;
      for (int i = random.nextInt(4); i >= 0; i--) {
        bytes = mutate(bytes, corpus.get(random.nextInt(corpus.size())).bytes, random);
      }
      try {
        OtlpInvariants.check(input.signal, input.json, bytes);
      } catch (AssertionError | RuntimeException | StackOverflowError | OutOfMemoryError e) {
        String hex = HexFormat.of().formatHex(bytes);
        throw new AssertionError(
            "seed "
                + seed
                + ", input "
                + tried
                + ", "
                + input.signal
                + (input.json ? " JSON " : " ")
                + hex,
            e);
      }
      tried++;
    }
    return tried;
  }

  static byte[] mutate(byte[] bytes, byte[] other, Random random) {
    if (bytes.length == 0) {
      return other;
    }
    int at = random.nextInt(bytes.length);
    return switch (random.nextInt(8)) {
      case 0 -> Arrays.copyOf(bytes, at);
      case 1, 2 -> with(bytes, at, (byte) (bytes[at] ^ (1 << random.nextInt(8))));
      case 3 -> with(bytes, at, (byte) random.nextInt(256));
      case 4 -> splice(bytes, at, new byte[0], Math.min(bytes.length, at + 1 + random.nextInt(8)));
      case 5 -> splice(bytes, at, ODD[random.nextInt(ODD.length)], at);
      case 6 -> {
        int from = random.nextInt(other.length + 1);
        int to = Math.min(other.length, from + random.nextInt(64));
        yield splice(bytes, at, Arrays.copyOfRange(other, from, to), at);
      }
      default -> {
        byte[] repeated = Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + 16));
        byte[] copy = bytes;
        for (int i = 0; i < 4 && copy.length < 20_000; i++) {
          copy = splice(copy, at, repeated, at);
        }
        yield copy;
      }
    };
  }

  private static byte[] with(byte[] bytes, int at, byte value) {
    byte[] copy = bytes.clone();
    copy[at] = value;
    return copy;
  }

  private static byte[] splice(byte[] bytes, int at, byte[] insert, int resume) {
    byte[] result = new byte[at + insert.length + bytes.length - resume];
    System.arraycopy(bytes, 0, result, 0, at);
    System.arraycopy(insert, 0, result, at, insert.length);
    System.arraycopy(bytes, resume, result, at + insert.length, bytes.length - resume);
    return result;
  }

  /** Reads the corpus: lines of name, signal, encoding and the input in hexadecimal. */
  static List<Input> corpus() throws IOException {
    List<Input> inputs = new ArrayList<>();
    try (InputStream in = OtlpFuzz.class.getResourceAsStream("corpus.txt")) {
      if (in == null) {
        throw new IOException("corpus.txt is not there");
      }
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      for (String line : text.lines().filter(l -> !l.isBlank() && !l.startsWith("#")).toList()) {
        String[] parts = line.split(" ", -1);
        Signal<?> signal = Signal.named(parts[1]);
        if (signal == null || parts.length != 4) {
          throw new IOException("corpus.txt: " + line);
        }
        inputs.add(
            new Input(
                parts[0], signal, parts[2].equals("json"), HexFormat.of().parseHex(parts[3])));
      }
    }
    return inputs;
  }
}
