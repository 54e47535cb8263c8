package dev.weir.extension.filestorage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.extension.testing.Yaml;
import dev.weir.pipeline.ComponentId;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.ExtensionFactory;
import dev.weir.pipeline.StartException;
import dev.weir.pipeline.config.SchemaTable;
import dev.weir.pipeline.testing.LifecycleContract;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileStorageExtensionTest {
  private static final Path README =
      Path.of("src/main/java/dev/weir/extension/filestorage/README.md");

  @TempDir Path directory;
  private final ExtensionFactory<FileStorageConfig> factory = FileStorageExtensionFactory.create();

  private FileStorageConfig config(Path where, boolean create, String permissions) {
    return new FileStorageConfig(where, create, permissions, Duration.ofSeconds(1), 0, false);
  }

  @Test
  void aDirectoryThatIsNotThereIsRefusedUnlessItIsToBeMade() throws Exception {
    Path missing = directory.resolve("a/b");
    assertThat(Yaml.errors(factory, "extensions: {file_storage: {directory: \"" + missing + "\"}}"))
        .contains(
            "directory must exist: stat "
                + missing
                + ": no such file or directory. You can enable the create_directory option to"
                + " automatically create it");
    Path file = Files.createFile(directory.resolve("file"));
    assertThat(Yaml.errors(factory, "extensions: {file_storage: {directory: \"" + file + "\"}}"))
        .contains(file + " is not a directory");
    FileStorageConfig made =
        (FileStorageConfig)
            Yaml.config(
                factory,
                "extensions: {file_storage: {directory: \""
                    + missing
                    + "\", create_directory: true, directory_permissions: \"0700\"}}");
    Shelf shelf = new Shelf(directory);
    var extension =
        new FileStorageExtension(
            context(shelf),
            made,
            Disk.ofMachine(made.filePermissions()),
            1000,
            dev.weir.pipeline.Time.SYSTEM);
    extension.start(Yaml.nobody());
    var queue =
        extension.open(ComponentKind.EXPORTER, ComponentId.parse("x"), "logs", (_, _) -> {});
    queue.append(Shelf.bytes("secret"));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(missing)))
        .isEqualTo("rwx------");
    try (var files = Files.walk(missing)) {
      assertThat(files.filter(Files::isRegularFile))
          .allSatisfy(
              path ->
                  assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                      .isEqualTo("rw-------"));
    }
    queue.close();
    extension.stop(Duration.ZERO);
  }

  private static dev.weir.pipeline.ComponentContext context(Shelf shelf) {
    return new dev.weir.pipeline.ComponentContext(
        ComponentKind.EXTENSION,
        ComponentId.parse("file_storage"),
        new dev.weir.pipeline.BuildInfo("weir", "0"),
        dev.weir.pdata.Resource.EMPTY,
        shelf.log,
        shelf.measurements.meter(),
        java.time.InstantSource.system(),
        java.util.Map.of());
  }

  @Test
  void badPermissionsAreRefused() {
    String begin =
        "extensions: {file_storage: {directory: \""
            + directory
            + "\", create_directory: true, directory_permissions: \"";
    assertThat(Yaml.errors(factory, begin + "rwx\"}}"))
        .contains("directory_permissions value must be a valid octal representation");
    assertThat(Yaml.errors(factory, begin + "7777\"}}"))
        .contains("directory_permissions contain invalid bits for file access");
  }

  @Test
  void whatCannotBeMadeIsSaid() throws Exception {
    Path file = Files.createFile(directory.resolve("file"));
    FileStorageConfig config = config(file.resolve("below"), true, "0750");
    var extension =
        new FileStorageExtension(
            context(new Shelf(directory)),
            config,
            Disk.ofMachine(config.filePermissions()),
            1000,
            dev.weir.pipeline.Time.SYSTEM);
    assertThatThrownBy(() -> extension.start(Yaml.nobody()))
        .isInstanceOf(StartException.class)
        .hasMessageStartingWith("cannot make " + file.resolve("below"));
  }

  @Test
  void theReadmeSaysWhatTheSchemaSaysAndItsExampleLoads() throws Exception {
    String readme = Files.readString(README);
    assertThat(SchemaTable.of(FileStorageConfig.SCHEMA).differences(readme))
        .as(SchemaTable.of(FileStorageConfig.SCHEMA).markdown())
        .isEmpty();
    assertThat(Yaml.config(factory, Yaml.example(readme)))
        .isEqualTo(
            new FileStorageConfig(
                Path.of("/var/lib/weir"), true, "0750", Duration.ofSeconds(1), 0, true));
  }

  @Test
  void itKeepsTheLifecycle() throws Exception {
    LifecycleContract.of(factory, config(directory, false, "0750")).check();
  }
}
