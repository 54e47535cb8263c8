package dev.weir.agent;

import dev.weir.agent.Finding.Level;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/**
 * {@code weir doctor}: says what works on this machine, and what is lost where something is
 * missing.
 */
final class DoctorCommand {
  /** How findings are written. */
  enum Format {
    TEXT,
    JSON
  }

  private final List<Finding> findings;

  DoctorCommand(List<Finding> findings) {
    this.findings = findings;
  }

  /** Prints the findings; the exit code says whether something essential is missing. */
  int run(Format format, PrintWriter out) {
    boolean runs = findings.stream().noneMatch(finding -> finding.level() == Level.MISSING);
    switch (format) {
      case TEXT -> text(runs, out);
      case JSON -> json(runs, out);
    }
    return runs ? ExitCode.OK : ExitCode.CANNOT_START;
  }

  private void text(boolean runs, PrintWriter out) {
    int width = findings.stream().mapToInt(finding -> finding.subject().length()).max().orElse(0);
    for (Finding finding : findings) {
      String margin = " ".repeat(9 + width + 2);
      out.println(
          pad(finding.level().word(), 9) + pad(finding.subject(), width + 2) + finding.found());
      if (!finding.consequence().isEmpty()) {
        out.println(margin + "lost: " + finding.consequence());
      }
      if (!finding.remedy().isEmpty()) {
        out.println(margin + "try:  " + finding.remedy());
      }
    }
    long limited = findings.stream().filter(f -> f.level() == Level.LIMITED).count();
    out.println();
    out.println(
        !runs
            ? "Weir cannot measure TCP connections here."
            : limited == 0
                ? "Weir can measure everything here."
                : "Weir can run here, with the limits above.");
  }

  private static String pad(String text, int width) {
    return text + " ".repeat(Math.max(0, width - text.length()));
  }

  private void json(boolean runs, PrintWriter out) {
    StringBuilder json =
        new StringBuilder("{\n  \"runs\": ").append(runs).append(",\n  \"findings\": [");
    String separator = "\n";
    for (Finding finding : findings) {
      json.append(separator)
          .append("    {\"subject\": ")
          .append(JsonText.quoted(finding.subject()))
          .append(", \"level\": ")
          .append(JsonText.quoted(finding.level().name().toLowerCase(Locale.ROOT)))
          .append(", \"found\": ")
          .append(JsonText.quoted(finding.found()))
          .append(", \"lost\": ")
          .append(JsonText.quoted(finding.consequence()))
          .append(", \"remedy\": ")
          .append(JsonText.quoted(finding.remedy()))
          .append('}');
      separator = ",\n";
    }
    out.println(json.append("\n  ]\n}"));
  }
}
