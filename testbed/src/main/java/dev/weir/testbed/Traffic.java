package dev.weir.testbed;

import dev.weir.testbed.Namespaces.End;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * TCP traffic of which every figure is known: the program {@code src/main/c/traffic.c}, one
 * scenario a run. A scenario whose own bookkeeping does not come out fails the test.
 *
 * <p>The client's process is named {@code tb-client} and the server's {@code tb-server}.
 */
public final class Traffic implements AutoCloseable {
  /** Beyond the program's own limit ({@code --limit}, 60 s by default). */
  private static final long LIMIT_SECONDS = 300;

  /**
   * What one end did.
   *
   * @param pid its process; of several the first
   * @param opened connections established
   * @param closed of those, ended
   * @param failed connections never established
   * @param sent payload bytes given to the network, lost ones included
   * @param received payload bytes that arrived, unread ones included
   * @param error name of the errno that the scenario was after, or empty
   */
  public record Tally(
      long pid, long opened, long closed, long failed, long sent, long received, String error) {
    private static Tally of(Map<?, ?> json) {
      return new Tally(
          Json.number(json, "pid"),
          Json.number(json, "opened"),
          Json.number(json, "closed"),
          Json.number(json, "failed"),
          Json.number(json, "sent"),
          Json.number(json, "received"),
          Json.string(json, "error"));
    }
  }

  /**
   * How a scenario came out.
   *
   * @param port where the server listened
   * @param client the end that connects
   * @param server the end that accepts
   * @param nanos wall clock of all
   * @param cpuNanos CPU, user and system, of the processes of both ends
   */
  public record Result(int port, Tally client, Tally server, long nanos, long cpuNanos) {
    private static Result of(String line) {
      Map<?, ?> json = Json.object(line);
      return new Result(
          (int) Json.number(json, "port"),
          Tally.of(Json.object(json, "client")),
          Tally.of(Json.object(json, "server")),
          Json.number(json, "nanos"),
          Json.number(json, "cpu_nanos"));
    }
  }

  private final Process process;
  private final BufferedReader out;
  private final Writer in;
  private final Path err;
  private final String line;

  private Traffic(List<String> line) throws IOException {
    this.line = String.join(" ", line);
    err = Files.createTempFile("weir-traffic-", ".err");
    process = new ProcessBuilder(line).redirectError(err.toFile()).start();
    out = process.inputReader(StandardCharsets.UTF_8);
    in = process.outputWriter(StandardCharsets.UTF_8);
  }

  /** Runs a scenario between the two namespaces to its end. */
  public static Result run(Namespaces between, String... scenario) {
    try (Traffic traffic = start(between, scenario)) {
      return traffic.result();
    }
  }

  /** Runs a scenario on this machine's loopback interface to its end. */
  public static Result runOnLoopback(String... scenario) {
    try (Traffic traffic = startOnLoopback(scenario)) {
      return traffic.result();
    }
  }

  /**
   * Starts a scenario between the two namespaces. Without {@code --server} the client connects to
   * the server's IPv4 address.
   */
  public static Traffic start(Namespaces between, String... scenario) {
    List<String> all = new ArrayList<>(Arrays.asList(scenario));
    all.addAll(List.of("--client-ns", between.name(End.CLIENT)));
    all.addAll(List.of("--server-ns", between.name(End.SERVER)));
    if (!all.contains("--server")) {
      all.addAll(List.of("--server", between.server4()));
    }
    return start(all);
  }

  /** Starts a scenario on this machine's loopback interface. */
  public static Traffic startOnLoopback(String... scenario) {
    return start(Arrays.asList(scenario));
  }

  private static Traffic start(List<String> scenario) {
    List<String> all = new ArrayList<>();
    all.add(program().toString());
    all.addAll(scenario);
    try {
      return new Traffic(all);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the program itself, for what starts it in its own way. */
  public static Path program() {
    return Program.PATH;
  }

  /** Waits for the next line that the program prints before its result, such as a checkpoint. */
  public Map<?, ?> next() {
    String text = readLine();
    if (text == null) {
      throw failed();
    }
    return Json.object(text);
  }

  /** Waits for a checkpoint by its name; {@code --pause} makes the scenario stop there. */
  public void awaitCheckpoint(String name) {
    Map<?, ?> said = next();
    if (!name.equals(said.get("checkpoint"))) {
      throw new AssertionError(line + ": checkpoint '" + name + "' expected, not " + said);
    }
  }

  /** Lets the scenario go on from a checkpoint. */
  public void proceed() {
    say("go");
  }

  /**
   * Has {@code hold} exchange once more on each of its connections, and waits until that is done.
   */
  public void exchange() {
    say("exchange");
    next();
  }

  private void say(String word) {
    try {
      in.write(word + "\n");
      in.flush();
    } catch (IOException e) {
      throw failed();
    }
  }

  /** Returns whether it still goes on. */
  public boolean running() {
    return process.isAlive();
  }

  /** Waits for the end and returns the figures; {@code hold} closes its connections first. */
  public Result result() {
    try {
      in.close();
      String last = null;
      for (String text = readLine(); text != null; text = readLine()) {
        last = text;
      }
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)
          || process.exitValue() != 0
          || last == null) {
        throw failed();
      }
      return Result.of(last);
    } catch (IOException e) {
      throw failed();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  private @Nullable String readLine() {
    try {
      return out.readLine();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private AssertionError failed() {
    try {
      process.waitFor(1, TimeUnit.SECONDS);
      String code = process.isAlive() ? "still running" : "exit code " + process.exitValue();
      return new AssertionError(line + ": " + code + "\n" + Files.readString(err));
    } catch (IOException e) {
      return new AssertionError(line + ": failed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new AssertionError(line + ": failed", e);
    }
  }

  /** Ends the program, with SIGKILL if it has not ended by itself. */
  @Override
  public void close() {
    // Its children die with it (PR_SET_PDEATHSIG) or, in lock step, with each other.
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    try {
      process.waitFor();
      Files.deleteIfExists(err);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The program lies beside the classes; out of a jar it has to be copied once. */
  private static final class Program {
    static final Path PATH = unpack();

    private static Path unpack() {
      try (InputStream in =
          Objects.requireNonNull(
              Traffic.class.getResourceAsStream("traffic"), "the build left no 'traffic'")) {
        Path file = Files.createTempFile("weir-traffic-", "");
        file.toFile().deleteOnExit();
        Files.write(file, in.readAllBytes());
        if (!file.toFile().setExecutable(true, false)) {
          throw new IOException("cannot make " + file + " executable");
        }
        return file;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
