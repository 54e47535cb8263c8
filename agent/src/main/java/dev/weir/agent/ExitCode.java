package dev.weir.agent;

/** What the command's exit codes mean; {@code weir --help} says the same. */
final class ExitCode {
  /** All is well: the command did what was asked, or the agent was stopped by a signal. */
  static final int OK = 0;

  /** The configuration is wrong, the agent cannot start, or {@code doctor} misses something. */
  static final int CANNOT_START = 1;

  /** The command line is wrong. */
  static final int USAGE = 2;

  /** The agent ran, and a component could not go on. */
  static final int FAILED = 3;

  /** A bug in Weir. */
  static final int BUG = 4;

  private ExitCode() {}
}
