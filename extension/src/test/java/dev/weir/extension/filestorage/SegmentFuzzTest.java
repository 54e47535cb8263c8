package dev.weir.extension.filestorage;

import static dev.weir.extension.filestorage.Shelf.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.pipeline.StoredQueue;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damage of every kind: whatever it is, what lies outside it is found, nothing that was not written
 * is, and no exception comes out.
 */
final class SegmentFuzzTest {
  private static final int ROUNDS = Integer.getInteger("weir.fuzz.rounds", 400);

  @TempDir Path directory;

  /** Writes records and returns where each begins, the end last. */
  private static List<Integer> written(Shelf shelf, List<String> records) throws Exception {
    StoredQueue queue = shelf.open();
    List<Integer> begins = new ArrayList<>();
    int at = 0;
    for (String record : records) {
      queue.append(bytes(record));
      begins.add(at);
      at += RecordFormat.HEAD + record.length();
    }
    begins.add(at);
    queue.close();
    return begins;
  }

  private Shelf shelf(String name) throws Exception {
    Shelf shelf = new Shelf(Files.createDirectories(directory.resolve(name)));
    shelf.segmentSize = 1_000_000;
    return shelf;
  }

  /** Its own seeds, and new ones for a moment; {@code make bench ARGS=fuzz} has minutes. */
  @Test
  void whateverDamagesAQueueItGoesOn() throws Exception {
    for (long seed = 0; seed < 300; seed++) {
      StoredQueueFuzz.one(directory, seed);
    }
    long seed = System.nanoTime();
    assertThat(StoredQueueFuzz.run(directory, seed, Duration.ofSeconds(1)))
        .as("seed %d", seed)
        .isPositive();
  }

  @Test
  void aFileThatEndsAnywhereHasAllWholeRecords() throws Exception {
    Shelf shelf = shelf("truncated");
    List<String> records = List.of("first", "", "the third record", "4");
    List<Integer> begins = written(shelf, records);
    Path file = shelf.segments().getFirst();
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length <= whole.length; length++) {
      Files.write(file, java.util.Arrays.copyOf(whole, length));
      shelf.open().close();
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < records.size(); i++) {
        if (begins.get(i + 1) <= length) {
          expected.add(records.get(i));
        }
      }
      assertThat(shelf.found.values()).as("length %d", length).containsExactlyElementsOf(expected);
    }
  }

  @Test
  void flippedBitsCostOnlyTheRecordsThatTheyAreIn() throws Exception {
    Shelf shelf = shelf("flipped");
    for (int seed = 0; seed < ROUNDS; seed++) {
      Random random = new Random(seed);
      List<String> records = new ArrayList<>();
      for (int i = 1 + random.nextInt(8); i > 0; i--) {
        records.add(record(random));
      }
      for (Path old :
          Files.isDirectory(shelf.queueDirectory()) ? shelf.segments() : List.<Path>of()) {
        Files.delete(old);
      }
      List<Integer> begins = written(shelf, records);
      Path file = shelf.segments().getFirst();
      byte[] content = Files.readAllBytes(file);
      boolean[] damaged = new boolean[records.size()];
      for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
        int at = random.nextInt(content.length);
        content[at] ^= (byte) (1 << random.nextInt(8));
        for (int i = 0; i < damaged.length; i++) {
          damaged[i] |= begins.get(i) <= at && at < begins.get(i + 1);
        }
      }
      Files.write(file, content);
      shelf.open().close();
      List<String> outside = new ArrayList<>();
      for (int i = 0; i < damaged.length; i++) {
        if (!damaged[i]) {
          outside.add(records.get(i));
        }
      }
      // A flip in a state changes nothing, and three flips may undo each other.
      assertThat(shelf.found.values()).as("seed %d", seed).containsAll(outside);
      assertThat(records).as("seed %d", seed).containsAll(shelf.found.values());
    }
  }

  /** Some records look like the head of a record. */
  private static String record(Random random) {
    if (random.nextInt(4) == 0) {
      byte[] head = RecordFormat.head(random.nextInt(10), bytes("x".repeat(random.nextInt(40))));
      StringBuilder ascii = new StringBuilder();
      for (byte b : head) {
        ascii.append((char) (b & 0x7f));
      }
      return ascii.toString();
    }
    return "r".repeat(random.nextInt(200)) + random.nextInt();
  }

  @Test
  void aRecordWithinARecordIsNotFoundUnlessTheOuterOneIsDamaged() throws Exception {
    Shelf shelf = shelf("nested");
    byte[] inner = bytes("inner");
    byte[] head = RecordFormat.head(99, inner);
    StoredQueue queue = shelf.open();
    queue.append(head, inner);
    queue.close();
    shelf.open().close();
    assertThat(shelf.found).hasSize(1).containsKey(1L);
  }

  @Test
  void garbageIsPassedOver() throws Exception {
    Shelf shelf = shelf("garbage");
    for (int seed = 0; seed < ROUNDS / 10; seed++) {
      Random random = new Random(seed);
      shelf.open().close();
      byte[] garbage = new byte[random.nextInt(5_000)];
      random.nextBytes(garbage);
      for (int marks = random.nextInt(5); marks > 0 && garbage.length > 30; marks--) {
        ByteBuffer.wrap(garbage).putInt(random.nextInt(garbage.length - 4), 0x57525131);
      }
      Files.write(
          shelf.queueDirectory().resolve("0000000000000000001" + SegmentedQueue.SUFFIX), garbage);
      shelf.open().close();
      assertThat(shelf.found).as("seed %d", seed).isEmpty();
    }
  }
}
