package dev.weir.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A command that ran to its end.
 *
 * @param line what was run
 * @param exitCode its exit code
 * @param out its standard output
 * @param err its standard error
 */
public record Command(List<String> line, int exitCode, String out, String err) {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** Copies the command line. */
  public Command {
    line = List.copyOf(line);
  }

  /** Runs a command that must succeed and returns its standard output. */
  public static String run(String... line) {
    return run(List.of(line));
  }

  /** Runs a command that must succeed and returns its standard output. */
  public static String run(List<String> line) {
    Command done = attempt(line, LIMIT);
    if (done.exitCode != 0) {
      throw new AssertionError(done.toString());
    }
    return done.out;
  }

  /** Runs a command whatever its exit code, at most for {@code limit}. */
  public static Command attempt(List<String> line, Duration limit) {
    try {
      Path out = Files.createTempFile("weir-", ".out");
      Path err = Files.createTempFile("weir-", ".err");
      try {
        Process process =
            new ProcessBuilder(line)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .start();
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
          process.destroyForcibly().waitFor();
          throw new AssertionError(
              String.join(" ", line) + ": not done after " + limit + "\n" + read(out) + read(err));
        }
        return new Command(line, process.exitValue(), read(out), read(err));
      } finally {
        Files.delete(out);
        Files.delete(err);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while running " + String.join(" ", line), e);
    }
  }

  /** Returns the path of a program on PATH, or fails saying how to install it. */
  public static String require(String program, String debianPackage) {
    return find(program)
        .orElseThrow(
            () ->
                new AssertionError(
                    program + " is not installed: apt-get install -y " + debianPackage));
  }

  private static Optional<String> find(String program) {
    for (String directory :
        (System.getenv("PATH") + ":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin").split(":", -1)) {
      Path path = Path.of(directory, program);
      if (Files.isExecutable(path)) {
        return Optional.of(path.toString());
      }
    }
    return Optional.empty();
  }

  private static String read(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    return String.join(" ", line) + ": exit code " + exitCode + "\n" + out + err;
  }
}
