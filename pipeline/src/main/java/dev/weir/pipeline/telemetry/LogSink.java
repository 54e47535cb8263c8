package dev.weir.pipeline.telemetry;

import dev.weir.pipeline.telemetry.LogsConfig.Level;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Where lines go: level, sampling, encoding, outputs. Each line is one write to each output, under
 * one lock. Thread safe; the level may change at any time.
 */
final class LogSink implements AutoCloseable {
  private final InstantSource clock;
  private final LogEncoder encoder;
  private final LogSampler sampler;
  private final List<OutputStream> outputs;
  private final List<OutputStream> errorOutputs;
  private final ReentrantLock lock = new ReentrantLock();
  private final LongAdder sampledOut = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private volatile Level level;
  private volatile @Nullable LogExport export;

  LogSink(
      LogsConfig config,
      Map<String, String> resource,
      InstantSource clock,
      List<OutputStream> outputs,
      List<OutputStream> errorOutputs) {
    this.clock = clock;
    this.encoder = new LogEncoder(config, resource, ZoneId.systemDefault());
    this.sampler = new LogSampler(config.sampling());
    this.outputs = List.copyOf(outputs);
    this.errorOutputs = List.copyOf(errorOutputs);
    this.level = config.level();
  }

  /**
   * Opens the outputs that the config names.
   *
   * @throws IOException if a file cannot be opened; the message names it
   */
  static LogSink open(LogsConfig config, Map<String, String> resource, InstantSource clock)
      throws IOException {
    List<OutputStream> opened = new ArrayList<>();
    try {
      for (String path : config.outputPaths()) {
        opened.add(open(path));
      }
      int outputs = opened.size();
      for (String path : config.errorOutputPaths()) {
        opened.add(open(path));
      }
      return new LogSink(
          config,
          resource,
          clock,
          opened.subList(0, outputs),
          opened.subList(outputs, opened.size()));
    } catch (IOException e) {
      for (OutputStream stream : opened) {
        closeFile(stream);
      }
      throw e;
    }
  }

  private static OutputStream open(String path) throws IOException {
    return switch (path) {
      // Not System.err: its lock and buffer are not ours, and others may have replaced it.
      case "stderr" -> new Standard(FileDescriptor.err);
      case "stdout" -> new Standard(FileDescriptor.out);
      default -> {
        try {
          yield Files.newOutputStream(
              Path.of(path), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
          throw new IOException("open log output " + path + ": " + e, e);
        }
      }
    };
  }

  boolean enabled(Level wanted) {
    return wanted.compareTo(level) >= 0;
  }

  Level level() {
    return level;
  }

  void level(Level changed) {
    this.level = changed;
  }

  /** Sends what is written from now on to {@code further} too, which who opened it stops. */
  void exportTo(LogExport further) {
    this.export = further;
  }

  /** Returns how many lines sampling left out. */
  long sampledOut() {
    return sampledOut.sum();
  }

  /** Returns how many lines could not be written to some output. */
  long failed() {
    return failed.sum();
  }

  /**
   * Writes a line, if its level is enabled and sampling lets it pass.
   *
   * @param template the message before arguments were put in, by which repetitions are known
   */
  void write(
      Level lineLevel,
      String logger,
      String template,
      String message,
      Map<String, Object> fields,
      @Nullable Throwable thrown) {
    if (!enabled(lineLevel)) {
      return;
    }
    if (!sampler.pass(lineLevel, template, System.nanoTime())) {
      sampledOut.increment();
      return;
    }
    LogLine line = new LogLine(clock.instant(), lineLevel, logger, message, fields, thrown);
    byte[] bytes = encoder.encode(line).getBytes(StandardCharsets.UTF_8);
    LogExport further = export;
    if (further != null) {
      further.send(line);
    }
    lock.lock();
    try {
      for (OutputStream output : outputs) {
        try {
          output.write(bytes);
        } catch (IOException e) {
          failed.increment();
          complain(e);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void complain(IOException why) {
    byte[] bytes =
        (clock.instant() + " write error: " + why.getMessage() + "\n")
            .getBytes(StandardCharsets.UTF_8);
    for (OutputStream output : errorOutputs) {
      try {
        output.write(bytes);
      } catch (IOException e) {
        failed.increment(); // nobody is left to tell
      }
    }
  }

  /** Closes files; lines that still come are lost and counted. */
  @Override
  public void close() throws IOException {
    lock.lock();
    try {
      for (OutputStream output : outputs) {
        closeFile(output);
      }
      for (OutputStream output : errorOutputs) {
        closeFile(output);
      }
    } finally {
      lock.unlock();
    }
  }

  private static void closeFile(OutputStream stream) throws IOException {
    if (!(stream instanceof Standard)) {
      stream.close();
    }
  }

  /** Standard output or error of the process, which is not ours to close. */
  private static final class Standard extends FileOutputStream {
    Standard(FileDescriptor descriptor) {
      super(descriptor);
    }
  }
}
