package dev.weir.pipeline.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Finds what someone probably meant. The distance counts letters put in, left out, replaced, or
 * swapped with their neighbour (optimal string alignment, a restricted Damerau-Levenshtein
 * distance); case, dashes and underscores count nothing.
 */
final class Nearest {
  private static final int MAX_LENGTH = 64;
  private static final int MAX_LISTED = 12;

  private Nearest() {}

  /** Returns the valid word nearest to {@code wrong}, if one is near enough to be meant. */
  static Optional<String> to(String wrong, Collection<String> valid) {
    if (wrong.length() > MAX_LENGTH) {
      return Optional.empty();
    }
    String plain = plain(wrong);
    return valid.stream()
        .filter(word -> distance(plain, plain(word)) <= allowed(plain, word))
        .min(
            Comparator.comparingInt((String word) -> distance(plain, plain(word)))
                .thenComparing(Comparator.naturalOrder()));
  }

  /** Returns {@code (did you mean "x"?)}, or else what is valid, if that is a short list. */
  static String hint(String wrong, Collection<String> valid, String what) {
    return to(wrong, valid)
        .map(word -> " (did you mean \"" + word + "\"?)")
        .orElseGet(
            () -> {
              if (valid.isEmpty()) {
                return " (there are no " + what + ")";
              }
              String listed =
                  valid.stream().sorted().limit(MAX_LISTED).collect(Collectors.joining(", "));
              return " (" + what + ": " + listed + (valid.size() > MAX_LISTED ? ", ...)" : ")");
            });
  }

  /** A third of the letters may be wrong, and one in any case. */
  private static int allowed(String wrong, String word) {
    return Math.max(1, (Math.min(wrong.length(), word.length()) + 1) / 3);
  }

  private static String plain(String word) {
    return word.toLowerCase(Locale.ROOT).replace("-", "").replace("_", "");
  }

  static int distance(String a, String b) {
    int[] before = new int[b.length() + 1];
    int[] last = new int[b.length() + 1];
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      last[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = last[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(replaced, 1 + Math.min(last[j], row[j - 1]));
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          row[j] = Math.min(row[j], before[j - 2] + 1);
        }
      }
      int[] reused = before;
      before = last;
      last = row;
      row = reused;
    }
    return last[b.length()];
  }
}
