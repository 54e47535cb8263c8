package dev.weir.testbed;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The agent as a process of its own.
 *
 * <p>It is {@code dist/bin/weir} if the system property {@code weir.launcher} names such a file,
 * else {@code dev.weir.agent.Main} on this test's class path.
 */
public final class AgentProcess implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** How the agent is started. Immutable: each method returns a new one. */
  public record Launch(
      List<String> prefix,
      List<String> arguments,
      Map<String, String> environment,
      @Nullable String config,
      @Nullable URI scrape,
      boolean asAnotherUser) {
    /** Copies what it is given. */
    public Launch {
      prefix = List.copyOf(prefix);
      arguments = List.copyOf(arguments);
      environment = Map.copyOf(environment);
    }

    /** Starts under a command, such as {@code setpriv --reuid nobody}. */
    public Launch under(String... command) {
      return new Launch(
          Arrays.asList(command), arguments, environment, config, scrape, asAnotherUser);
    }

    /** Adds command line arguments. */
    public Launch with(String... more) {
      List<String> all = new ArrayList<>(arguments);
      all.addAll(Arrays.asList(more));
      return new Launch(prefix, all, environment, config, scrape, asAnotherUser);
    }

    /** Sets an environment variable. */
    public Launch environment(String name, String value) {
      Map<String, String> all = new TreeMap<>(environment);
      all.put(name, value);
      return new Launch(prefix, arguments, all, config, scrape, asAnotherUser);
    }

    /** Runs with this configuration, written to a file. */
    public Launch config(String text) {
      return new Launch(prefix, arguments, environment, text, scrape, asAnotherUser);
    }

    /** Says where {@link AgentProcess#scrape} asks. */
    public Launch scrapedAt(URI endpoint) {
      return new Launch(prefix, arguments, environment, config, endpoint, asAnotherUser);
    }

    /**
     * Has the agent run from copies that every user can read; for {@link #under} a command that
     * changes the user, who may not look into the directories of this build.
     */
    public Launch readableByAll() {
      return new Launch(prefix, arguments, environment, config, scrape, true);
    }

    /** Starts the agent and returns at once. */
    public AgentProcess start() {
      return new AgentProcess(this);
    }

    /** Starts the agent and returns when it says that it runs and its endpoint answers. */
    public AgentProcess startAndAwaitScrape() {
      AgentProcess agent = start();
      try {
        agent.awaitRunning();
        agent.awaitScrape(s -> true);
        return agent;
      } catch (Throwable t) {
        agent.close();
        throw t;
      }
    }
  }

  private final Path directory;
  private final Process process;
  private final @Nullable URI scrape;
  private final HttpClient http = HttpClient.newHttpClient();

  private AgentProcess(Launch launch) {
    try {
      directory = Files.createTempDirectory("weir-agent-");
      // For an agent that runs as another user.
      directory.toFile().setExecutable(true, false);
      directory.toFile().setReadable(true, false);
      List<String> line = new ArrayList<>(launch.prefix);
      line.addAll(launch.asAnotherUser ? readableCommand(directory) : command());
      if (launch.config != null) {
        Path file = directory.resolve("config.yaml");
        Files.writeString(file, launch.config);
        line.addAll(List.of("--config", file.toString()));
      }
      line.addAll(launch.arguments);
      ProcessBuilder builder =
          new ProcessBuilder(line)
              .redirectOutput(out().toFile())
              .redirectError(err().toFile())
              .redirectInput(new File("/dev/null"));
      builder.environment().remove("JAVA_TOOL_OPTIONS");
      builder.environment().putAll(launch.environment);
      scrape = launch.scrape;
      process = builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns a launch of the agent with nothing set. */
  public static Launch agent() {
    return new Launch(List.of(), List.of(), Map.of(), null, null, false);
  }

  /** Returns the command line of the agent without arguments. */
  public static List<String> command() {
    String launcher = System.getProperty("weir.launcher", "");
    if (!launcher.isEmpty()) {
      if (!Files.isExecutable(Path.of(launcher))) {
        throw new AssertionError("weir.launcher=" + launcher + " is not there: run 'make build'");
      }
      return List.of(launcher);
    }
    return java(System.getProperty("java.class.path"));
  }

  private static List<String> java(String classPath) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:+UseSerialGC",
        "-Xmx192m",
        "-XX:+ExitOnOutOfMemoryError",
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "-cp",
        classPath,
        "dev.weir.agent.Main");
  }

  /** The agent from copies in {@code directory}: a distribution, or what is on the class path. */
  private static List<String> readableCommand(Path directory) {
    Path copies = directory.resolve("copies");
    String launcher = System.getProperty("weir.launcher", "");
    if (!launcher.isEmpty()) {
      Path home = Path.of(launcher).toAbsolutePath().getParent();
      Path dist = home == null ? null : home.getParent();
      if (dist == null) {
        throw new AssertionError("weir.launcher=" + launcher + " is in no distribution");
      }
      Command.run("cp", "-r", dist.toString(), copies.toString());
      Command.run("chmod", "-R", "a+rX", copies.toString());
      return List.of(copies.resolve("bin/weir").toString());
    }
    Command.run("mkdir", copies.toString());
    List<String> classPath = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      if (!entry.isEmpty() && Files.exists(Path.of(entry))) {
        Path copy = copies.resolve(Integer.toString(classPath.size()));
        // The name of a jar does not matter; that of a directory does not either.
        Command.run("cp", "-r", entry, copy.toString());
        classPath.add(copy.toString());
      }
    }
    Command.run("chmod", "-R", "a+rX", copies.toString());
    return java(String.join(File.pathSeparator, classPath));
  }

  private Path out() {
    return directory.resolve("out");
  }

  private Path err() {
    return directory.resolve("err");
  }

  /** Returns what it has written to standard output so far. */
  public String stdout() {
    return read(out());
  }

  /** Returns what it has written to standard error so far. */
  public String stderr() {
    return read(err());
  }

  /** Returns a file in a directory of this process alone, removed with it. */
  public Path file(String name) {
    return directory.resolve(name);
  }

  private static String read(Path file) {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the process that is the agent, below whatever started it. */
  public long pid() {
    return Stream.concat(Stream.of(process.toHandle()), process.descendants())
        .filter(p -> p.info().command().orElse("").endsWith("/java"))
        .findFirst()
        .orElse(process.toHandle())
        .pid();
  }

  /**
   * Waits until it says that it runs: exporters start before receivers, so an endpoint that answers
   * does not tell that connections are counted.
   */
  public void awaitRunning() {
    try {
      Awaitility.await()
          .atMost(LIMIT)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(20))
          .until(() -> stderr().contains(" is running.") || !process.isAlive());
    } catch (ConditionTimeoutException e) {
      throw new AssertionError("the agent does not start\n" + this, e);
    }
    if (!process.isAlive()) {
      throw new AssertionError("the agent has not started\n" + this);
    }
  }

  /** Asks the endpoint once. */
  public Scrape scrape() {
    return Scrape.parse(get(endpoint()));
  }

  private URI endpoint() {
    if (scrape == null) {
      throw new IllegalStateException("this agent was started without scrapedAt");
    }
    return scrape;
  }

  /** Gets a page that must be there. */
  public String get(URI uri) {
    try {
      HttpResponse<String> response =
          http.send(
              HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(10)).build(),
              HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() != 200) {
        throw new AssertionError(uri + ": " + response.statusCode() + " " + response.body());
      }
      return response.body();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Scrapes until the condition holds, at most for half a minute, and returns that scrape. */
  public Scrape awaitScrape(Predicate<Scrape> condition) {
    return awaitScrape(condition, LIMIT);
  }

  /** Scrapes until the condition holds, and returns that scrape. */
  public Scrape awaitScrape(Predicate<Scrape> condition, Duration limit) {
    Scrape[] last = new Scrape[1];
    try {
      Awaitility.await()
          .atMost(limit)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(50))
          .until(
              () -> {
                if (!process.isAlive()) {
                  throw new AssertionError("the agent has ended: " + this);
                }
                try {
                  last[0] = scrape();
                } catch (UncheckedIOException e) {
                  return false;
                }
                return condition.test(last[0]);
              });
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(
          "the awaited scrape did not come within "
              + limit
              + "\n"
              + (last[0] == null ? "no answer" : last[0].text())
              + this,
          e);
    }
    return last[0];
  }

  /** Sends SIGTERM. */
  public void terminate() {
    signal("TERM");
  }

  /** Sends SIGKILL. */
  public void kill() {
    signal("KILL");
  }

  /** Halts the process, as a machine that has no CPU for it would, until {@link #resume}. */
  public void halt() {
    signal("STOP");
  }

  /** Ends {@link #halt}. */
  public void resume() {
    signal("CONT");
  }

  private void signal(String name) {
    Command.run("kill", "-" + name, Long.toString(pid()));
  }

  /** Waits for the end and returns the exit code. */
  public int exitCode() {
    try {
      if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        throw new AssertionError("the agent does not end\n" + this);
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Returns its resident memory in bytes. */
  public long residentBytes() {
    for (String line : read(Path.of("/proc/" + pid() + "/status")).split("\n", -1)) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
      }
    }
    throw new AssertionError("no VmRSS");
  }

  /** Returns the CPU time that it has used so far, user and system. */
  public Duration cpu() {
    String stat = read(Path.of("/proc/" + pid() + "/stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    // Fields 14 and 15 of the whole line; the clock ticks 100 times a second on every Linux.
    return Duration.ofMillis((Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * 10);
  }

  /** Ends it if it still runs, by SIGKILL, and removes its files. */
  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    http.close();
    try {
      process.waitFor();
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public String toString() {
    return (process.isAlive() ? "running" : "exit code " + process.exitValue())
        + "\n-- standard output\n"
        + stdout()
        + "\n-- standard error\n"
        + stderr();
  }
}
