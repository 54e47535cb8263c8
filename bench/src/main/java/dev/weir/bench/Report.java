package dev.weir.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** The results as a plain table, which is Markdown as well. */
final class Report {
  private static final List<String> HEAD =
      List.of("benchmark", "what", "unit", "median", "min..max", "bound", "");

  private final List<List<String>> lines = new ArrayList<>(List.of(HEAD));
  private int missed;

  void add(String benchmark, Result result) {
    Sample sample = result.sample();
    String spread =
        sample.min() == sample.max()
            ? ""
            : Result.number(sample.min()) + ".." + Result.number(sample.max());
    lines.add(
        List.of(
            benchmark,
            result.what(),
            result.unit(),
            Result.number(sample.median()),
            spread,
            result.bound(),
            result.verdict()));
    missed += result.kept() ? 0 : 1;
  }

  /** A benchmark that came to no figures. */
  void failed(String benchmark, String why) {
    lines.add(List.of(benchmark, why, "", "", "", "", "FAILED"));
    missed++;
  }

  boolean good() {
    return missed == 0;
  }

  void print(PrintStream out) {
    int[] widths = new int[HEAD.size()];
    for (List<String> line : lines) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], line.get(i).length());
      }
    }
    for (int row = 0; row < lines.size(); row++) {
      out.println(line(lines.get(row), widths, ' '));
      if (row == 0) {
        out.println(line(HEAD.stream().map(_ -> "").toList(), widths, '-'));
      }
    }
  }

  private static String line(List<String> cells, int[] widths, char fill) {
    StringBuilder text = new StringBuilder("|");
    for (int i = 0; i < widths.length; i++) {
      String cell = cells.get(i);
      text.append(fill).append(cell).repeat(fill, widths[i] - cell.length()).append(fill);
      text.append('|');
    }
    return text.toString();
  }
}
