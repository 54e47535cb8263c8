package dev.weir.agent;

/**
 * One thing that {@code weir doctor} looked at.
 *
 * @param subject what was looked at, in a word or two
 * @param level how good it is
 * @param found what was found
 * @param consequence what is lost; empty when nothing is
 * @param remedy what to do about it; empty when there is nothing to do
 */
record Finding(String subject, Level level, String found, String consequence, String remedy) {

  /** How good a finding is. */
  enum Level {
    /** As it should be. */
    OK("ok"),
    /** The agent runs, with less. */
    LIMITED("limited"),
    /** The agent cannot measure anything. */
    MISSING("MISSING");

    private final String word;

    Level(String word) {
      this.word = word;
    }

    String word() {
      return word;
    }
  }

  static Finding ok(String subject, String found) {
    return new Finding(subject, Level.OK, found, "", "");
  }

  static Finding limited(String subject, String found, String consequence, String remedy) {
    return new Finding(subject, Level.LIMITED, found, consequence, remedy);
  }

  static Finding missing(String subject, String found, String consequence, String remedy) {
    return new Finding(subject, Level.MISSING, found, consequence, remedy);
  }
}
