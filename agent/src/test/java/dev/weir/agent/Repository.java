package dev.weir.agent;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where the files of the repository are, for tests that hold them. */
final class Repository {
  private Repository() {}

  /** Returns the directory that holds the parent pom and config.yaml. */
  static Path root() {
    Path directory = Path.of("").toAbsolutePath();
    while (!Files.exists(directory.resolve("config.yaml"))) {
      Path parent = directory.getParent();
      if (parent == null) {
        throw new AssertionError("no config.yaml above " + Path.of("").toAbsolutePath());
      }
      directory = parent;
    }
    return directory;
  }
}
