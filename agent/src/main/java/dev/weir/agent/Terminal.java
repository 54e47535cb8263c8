package dev.weir.agent;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The terminal of {@code weir top}: keys without Enter and without echo, and its size, both by
 * {@code stty}, which every system with a terminal has. Closing it puts everything back.
 */
final class Terminal implements AutoCloseable {
  private static final int DEFAULT_COLUMNS = 160;
  private static final int DEFAULT_LINES = 40;

  private final String before;
  private final BlockingQueue<Character> keys = new LinkedBlockingQueue<>(64);

  private Terminal(String before) {
    this.before = before;
  }

  /** Returns the terminal, or null if input and output are not both one. */
  static @Nullable Terminal open() {
    if (!Objects.requireNonNull(System.console()).isTerminal()) { // never null since Java 22
      return null;
    }
    String before = stty("-g");
    if (before == null || stty("-icanon", "-echo", "min", "1", "time", "0") == null) {
      return null;
    }
    Terminal terminal = new Terminal(before);
    Thread.ofPlatform().daemon().name("keys").start(terminal::readKeys);
    return terminal;
  }

  private void readKeys() {
    InputStream in = System.in;
    try {
      for (int key = in.read(); key >= 0; key = in.read()) {
        keys.offer((char) key);
      }
    } catch (IOException e) {
      // The terminal is gone; no more keys.
    }
  }

  /** Returns a key that was pressed, or null if none was. */
  @Nullable Character key() {
    return keys.poll();
  }

  /** Returns how many characters fit on a line. */
  int columns() {
    return size()[1];
  }

  /** Returns how many lines fit on the screen. */
  int lines() {
    return size()[0];
  }

  private static int[] size() {
    String text = stty("size");
    if (text != null) {
      String[] parts = text.strip().split(" ", 2);
      try {
        if (parts.length == 2) {
          int lines = Integer.parseInt(parts[0]);
          int columns = Integer.parseInt(parts[1]);
          if (lines > 0 && columns > 0) {
            return new int[] {lines, columns};
          }
        }
      } catch (NumberFormatException e) {
        // Not a size: the default.
      }
    }
    return new int[] {DEFAULT_LINES, DEFAULT_COLUMNS};
  }

  @Override
  public void close() {
    stty(before);
  }

  /** Runs stty on the terminal and returns what it prints, or null if it fails. */
  private static @Nullable String stty(String... arguments) {
    List<String> command = new ArrayList<>(List.of("stty", "-F", "/dev/tty"));
    command.addAll(List.of(arguments));
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return process.waitFor(2, TimeUnit.SECONDS) && process.exitValue() == 0 ? text.strip() : null;
    } catch (IOException e) {
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
  }
}
