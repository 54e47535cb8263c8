package dev.weir.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Locale;

/** What the whole agent takes where nothing happens, and how fast it is there. */
final class IdleBenchmark implements Benchmark {
  private static final double MOST_MEGABYTES = 80;
  private static final double MOST_PERCENT = 1;
  private static final double MOST_SECONDS = 1.5;
  private static final int STARTS = 5;
  private static final int SECONDS = 60;

  /** An agent that has just started is not idle: it compiles, and then gives memory back. */
  private static final int SETTLING_SECONDS = 10;

  private static final String ANY_CONNECTION = "tcp_connection_active";

  @Override
  public String name() {
    return "idle";
  }

  @Override
  public String about() {
    return "memory and CPU of the idle agent, and its start to the first good scrape";
  }

  @Override
  public List<Result> run(Settings settings, PrintStream progress) throws Exception {
    // One connection that is older than the agent: its first collection has something to show.
    try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket client = new Socket(listener.getInetAddress(), listener.getLocalPort());
        Socket _ = listener.accept()) {
      if (!client.isConnected()) {
        throw new IOException("not connected");
      }
      Sample starts = new Sample();
      for (int i = 0; i < Math.min(STARTS, settings.pairs()); i++) {
        try (RunningAgent agent = new RunningAgent(settings.dist())) {
          starts.add(agent.awaitLine(ANY_CONNECTION));
        }
      }
      Sample settling = new Sample();
      Sample memory = new Sample();
      double percent;
      int seconds = settings.amount(SECONDS, 3);
      progress.println("idle: watching the agent for " + seconds + " s");
      try (RunningAgent agent = new RunningAgent(settings.dist())) {
        agent.awaitLine(ANY_CONNECTION);
        for (int i = 0; i < SETTLING_SECONDS; i++) {
          Thread.sleep(1000);
          settling.add(agent.residentMegabytes());
        }
        double before = agent.cpuSeconds();
        long begin = System.nanoTime();
        for (int i = 0; i < seconds; i++) {
          // The time is what is measured here: a figure a second for so long.
          Thread.sleep(1000);
          memory.add(agent.residentMegabytes());
        }
        double wall = (System.nanoTime() - begin) / 1e9;
        percent = (agent.cpuSeconds() - before) / wall * 100;
      }
      return List.of(
          Result.atMost("start to the first good scrape", "s", starts, MOST_SECONDS),
          Result.figure("resident memory, the first 10 s", "MB", settling),
          new Result(
              "resident memory, idle",
              "MB",
              memory,
              String.format(Locale.ROOT, "never above %.0f", MOST_MEGABYTES),
              memory.max() <= MOST_MEGABYTES),
          Result.atMost("CPU, idle", "% of a core", Sample.of(percent), MOST_PERCENT));
    }
  }
}
