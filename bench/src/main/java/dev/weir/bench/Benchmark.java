package dev.weir.bench;

import java.io.PrintStream;
import java.util.List;

/** One thing that can be measured on its own. */
interface Benchmark {
  /** Returns the word that chooses it on the command line. */
  String name();

  /** Returns what it measures, for the help text. */
  String about();

  /**
   * Measures.
   *
   * @param progress for a line now and then, so that a person sees that it goes on
   */
  List<Result> run(Settings settings, PrintStream progress) throws Exception;
}
