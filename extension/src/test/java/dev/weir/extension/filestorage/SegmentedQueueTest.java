package dev.weir.extension.filestorage;

import static dev.weir.extension.filestorage.Shelf.bytes;
import static dev.weir.extension.filestorage.Shelf.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.pipeline.StartException;
import dev.weir.pipeline.StoredQueue;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SegmentedQueueTest {
  @TempDir Path directory;
  private Shelf shelf = new Shelf(Path.of("."));

  @BeforeEach
  void shelf() {
    shelf = new Shelf(directory);
  }

  @Test
  void whatWasNotRemovedIsFoundAgainInOrder() throws Exception {
    StoredQueue queue = shelf.open();
    assertThat(shelf.found).isEmpty();
    long a = queue.append(bytes("a"), bytes("A"));
    long b = queue.append(bytes("b"));
    long c = queue.append(bytes(""));
    assertThat(text(queue.read(a))).isEqualTo("aA");
    queue.remove(b);
    queue.close();
    StoredQueue again = shelf.open();
    assertThat(shelf.found.values()).containsExactly("aA", "");
    assertThat(shelf.found.keySet()).containsExactly(a, c);
    long d = again.append(bytes("d"));
    assertThat(d).isGreaterThan(c);
    again.remove(a);
    again.close();
    shelf.open().close();
    assertThat(shelf.found.values()).containsExactly("", "d");
  }

  @Test
  void aFileIsRemovedWhenAllInItIsDone() throws Exception {
    StoredQueue queue = shelf.open();
    List<Long> numbers = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      numbers.add(queue.append(bytes("x".repeat(50))));
    }
    assertThat(shelf.segments()).hasSize(10); // two of 74 bytes in 200
    assertThat(shelf.measurements.values())
        .containsEntry(
            "weir_storage_disk_bytes{extension=file_storage, queue=exporter_otlp_grpc__logs}",
            Integer.toString(20 * 74));
    for (long number : numbers.subList(0, 15)) {
      queue.remove(number);
    }
    assertThat(shelf.segments()).hasSize(3);
    for (long number : numbers.subList(15, 20)) {
      queue.remove(number);
    }
    queue.close();
    assertThat(shelf.segments()).isEmpty();
    shelf.open().close();
    assertThat(shelf.found).isEmpty();
  }

  @Test
  void aDamagedRecordIsLeftOutAlone() throws Exception {
    shelf.segmentSize = 10_000;
    StoredQueue queue = shelf.open();
    for (int i = 0; i < 5; i++) {
      queue.append(bytes("record " + i));
    }
    queue.close();
    Path file = shelf.segments().getFirst();
    byte[] content = Files.readAllBytes(file);
    content[2 * (RecordFormat.HEAD + 8) + RecordFormat.HEAD + 3] ^= 1;
    Files.write(file, content);
    shelf.open().close();
    assertThat(shelf.found.values())
        .containsExactly("record 0", "record 1", "record 3", "record 4");
    assertThat(shelf.measurements.values())
        .containsEntry("weir_storage_corrupt_records{extension=file_storage, reason=damaged}", "1");
    assertThat(shelf.log.lines())
        .singleElement()
        .asString()
        .startsWith("ERROR A stored queue holds something that is no whole record")
        .contains("position=64, bytes=32");
  }

  @Test
  void aSegmentThatTheDiskDoesNotGiveIsSaidAndCountedAndKeptForTheNextStart() throws Exception {
    StoredQueue queue = shelf.open();
    queue.append(bytes("first"));
    queue.close();
    Path file = shelf.segments().getFirst();
    shelf.badFrom = 0;
    StoredQueue again = shelf.open();
    assertThat(shelf.found).isEmpty();
    assertThat(shelf.measurements.values())
        .containsEntry(
            "weir_storage_corrupt_records{extension=file_storage, reason=truncated}", "1");
    assertThat(shelf.log.lines())
        .satisfiesExactly(
            line ->
                assertThat(line)
                    .startsWith("ERROR A stored queue ends in something that is no whole record")
                    .contains("file=" + file + ", position=0, bytes=29"),
            line ->
                assertThat(line)
                    .startsWith("ERROR The disk does not give some of a stored queue.")
                    .contains("file=" + file));
    assertThat(again.append(bytes("second"))).as("a number of its own").isGreaterThan(1);
    again.close();
    assertThat(shelf.segments()).hasSize(2).contains(file);
    shelf.badFrom = Long.MAX_VALUE;
    shelf.open().close();
    assertThat(shelf.found.values()).containsExactly("first", "second");
  }

  @Test
  void aBadSectorCostsOnlyWhatIsInIt() throws Exception {
    shelf.segmentSize = 1_000_000;
    StoredQueue queue = shelf.open();
    for (int i = 0; i < 200; i++) {
      queue.append(bytes(i + "x".repeat(2_000)));
    }
    queue.close();
    shelf.badFrom = 512 * 400;
    shelf.badTo = 512 * 401;
    StoredQueue again = shelf.open();
    assertThat(shelf.found).as("all but the one around the sector").hasSize(199);
    assertThat(shelf.measurements.values())
        .containsEntry("weir_storage_corrupt_records{extension=file_storage, reason=damaged}", "1");
    shelf.found.keySet().forEach(again::remove);
    assertThat(shelf.segments()).as("what may be readable another time is kept").hasSize(1);
    again.close();
    shelf.badFrom = Long.MAX_VALUE;
    StoredQueue healed = shelf.open();
    assertThat(shelf.found).as("the one, and none of the others again").hasSize(1);
    shelf.found.keySet().forEach(healed::remove);
    assertThat(shelf.segments()).isEmpty();
    healed.close();
  }

  @Test
  void numbersThatMayBeInAnUnreadableTailAreNotGivenAgain() throws Exception {
    shelf.segmentSize = 1_000_000;
    StoredQueue queue = shelf.open();
    for (int i = 0; i < 100; i++) {
      queue.append(bytes(i + "x".repeat(2_000)));
    }
    queue.close();
    shelf.badFrom = 512 * 200;
    StoredQueue again = shelf.open();
    assertThat(shelf.found).as("those before the bad part").hasSizeLessThan(60);
    int before = shelf.found.size();
    shelf.badFrom = Long.MAX_VALUE; // it gives everything again, while new ones are appended
    for (int i = 0; i < 10; i++) {
      again.append(bytes("new " + i));
    }
    again.close();
    StoredQueue healed = shelf.open();
    assertThat(shelf.found).as("before: %d", before).hasSize(110);
    healed.close();
  }

  @Test
  void aRecordThatIsDamagedWhileOpenIsNotHandedOut() throws Exception {
    StoredQueue queue = shelf.open();
    long a = queue.append(bytes("a record"));
    try (RandomAccessFile file = new RandomAccessFile(shelf.segments().getFirst().toFile(), "rw")) {
      file.seek(RecordFormat.HEAD + 1);
      file.write(7);
    }
    assertThatThrownBy(() -> queue.read(a))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("record 1 in ")
        .hasMessageContaining("is damaged");
    queue.close();
  }

  @Test
  void aFullDiskRefusesWhatDoesNotFitAndKeepsTheRest() throws Exception {
    StoredQueue queue = shelf.open();
    long a = queue.append(bytes("first"));
    shelf.room.set(30);
    assertThatThrownBy(() -> queue.append(bytes("second, which is longer")))
        .hasMessage(shelf.queueDirectory() + ": No space left on device");
    assertThat(text(queue.read(a))).isEqualTo("first");
    shelf.room.set(1000);
    queue.append(bytes("third"));
    queue.close();
    shelf.open().close();
    assertThat(shelf.found.values()).containsExactly("first", "third");
    assertThat(shelf.measurements.values())
        .containsEntry("weir_storage_failed_writes{extension=file_storage}", "1");
    assertThat(shelf.log.lines()).isEmpty();
  }

  @Test
  void aReadOnlyDiskRefusesAndKeepsTheRest() throws Exception {
    StoredQueue queue = shelf.open();
    long a = queue.append(bytes("first"));
    long b = queue.append(bytes("second"));
    shelf.readOnly = true;
    assertThatThrownBy(() -> queue.append(bytes("third")))
        .hasMessage(shelf.queueDirectory() + ": Read-only file system");
    assertThat(text(queue.read(a))).isEqualTo("first");
    queue.remove(a);
    assertThat(text(queue.read(b))).isEqualTo("second");
    assertThat(shelf.log.lines())
        .singleElement()
        .asString()
        .startsWith("WARN A stored record cannot be marked as done; after a restart it is sent");
    queue.close();
  }

  @Test
  void aForceThatFailsIsNoAcknowledgement() throws Exception {
    shelf.fsync = true;
    StoredQueue queue = shelf.open();
    long a = queue.append(bytes("first"));
    assertThat(shelf.forces).hasValue(1);
    shelf.forceFails = true;
    assertThatThrownBy(() -> queue.append(bytes("second")))
        .hasMessage(shelf.queueDirectory() + ": the disk does not confirm it: Input/output error");
    shelf.forceFails = false;
    long c = queue.append(bytes("third"));
    assertThat(shelf.segments()).hasSize(2); // nothing is written behind what was lost
    queue.close();
    shelf.open().close();
    assertThat(shelf.found.keySet()).containsExactly(a, c);
  }

  @Test
  void itIsOpenOnlyOnce() throws Exception {
    StoredQueue queue = shelf.open();
    assertThatThrownBy(() -> shelf.open())
        .isInstanceOf(StartException.class)
        .hasMessage(
            "timeout: the stored queue in "
                + shelf.queueDirectory()
                + " is in use, by another process or by another exporter of this one");
    queue.close();
    shelf.open().close();
  }

  @Test
  void itTakesNoMoreOfTheDiskThanItMay() throws Exception {
    shelf.maxSize = 100;
    StoredQueue queue = shelf.open();
    long a = queue.append(bytes("x".repeat(50)));
    assertThatThrownBy(() -> queue.append(bytes("x".repeat(50))))
        .hasMessage(shelf.queueDirectory() + ": has 74 bytes on the disk and max_size is 100");
    queue.remove(a);
    assertThat(queue.append(bytes("y".repeat(50)))).as("empty again").isGreaterThan(a);
    queue.close();
  }

  @Test
  void manyThreadsShareTheForces() throws Exception {
    shelf.fsync = true;
    shelf.segmentSize = 1_000_000;
    StoredQueue queue = shelf.open();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 16; t++) {
      String body = "thread " + t;
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    for (int i = 0; i < 20; i++) {
                      try {
                        queue.append(bytes(body));
                      } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                      }
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    queue.close();
    assertThat(shelf.forces).hasPositiveValue().hasValueLessThanOrEqualTo(320);
    shelf.open().close();
    assertThat(shelf.found).hasSize(320);
  }

  @Test
  void namesAreThoseOfTheCollectorsFiles() {
    assertThat(
            FileStorageExtension.fileName(
                dev.weir.pipeline.ComponentKind.EXPORTER,
                new dev.weir.pipeline.ComponentId("otlp", "a/b c"),
                "metrics"))
        .isEqualTo("exporter_otlp_a~002Fb~0020c_metrics");
  }
}
