package dev.weir.agent;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/** Where the {@code weir} command begins. */
public final class Main {
  private Main() {}

  /** Runs the command and ends the process with its exit code. */
  public static void main(String[] arguments) {
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    int code = new CommandLineInterface(out, err, BuiltIn.components()).run(arguments);
    System.exit(code);
  }
}
