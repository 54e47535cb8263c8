package dev.weir.agent;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Where the {@code weir} command begins. */
public final class Main {
  private Main() {}

  /** Runs the command and ends the process with its exit code. */
  public static void main(String[] arguments) {
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    String home = System.getProperty("weir.home"); // set by bin/weir
    int code =
        new CommandLineInterface(
                out, err, BuiltIn.create(), new StopSignal(), home == null ? null : Path.of(home))
            .run(arguments);
    System.exit(code);
  }
}
