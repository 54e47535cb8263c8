package dev.weir.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** The program {@code src/main/c/load.c}, which measures its own CPU. */
final class LoadProgram implements AutoCloseable {
  private final Path file;

  private LoadProgram(Path file) {
    this.file = file;
  }

  /** Takes the program from beside the classes, or out of their jar. */
  static LoadProgram unpack() throws IOException {
    Path file = Files.createTempFile("weir-load-", "");
    try (InputStream in =
        Objects.requireNonNull(
            LoadProgram.class.getResourceAsStream("load"), "the build left no 'load'")) {
      Files.write(file, in.readAllBytes());
    }
    if (!file.toFile().setExecutable(true)) {
      throw new IOException("cannot make " + file + " executable");
    }
    return new LoadProgram(file);
  }

  /** Runs {@code load arguments} and returns its CPU nanoseconds an operation. */
  double run(String... arguments) throws IOException, InterruptedException {
    return runUnder(List.of(), arguments);
  }

  /** The same, started by another command such as {@code ip netns exec}. */
  double runUnder(List<String> command, String... arguments)
      throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(command);
    line.add(file.toString());
    line.addAll(Arrays.asList(arguments));
    Process process =
        new ProcessBuilder(line).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try {
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      if (process.waitFor() != 0) {
        throw new IOException(String.join(" ", line) + ": exit code " + process.exitValue());
      }
      String[] figures = out.strip().split(" ", -1);
      return Double.parseDouble(figures[0]) / Long.parseLong(figures[1]);
    } finally {
      process.destroyForcibly();
    }
  }

  @Override
  public void close() throws IOException {
    Files.delete(file);
  }
}
