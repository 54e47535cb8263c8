package dev.weir.agent;

import dev.weir.pdata.Signal;
import dev.weir.pipeline.BuildInfo;
import dev.weir.pipeline.ComponentKind;
import dev.weir.pipeline.Components;
import dev.weir.pipeline.ConnectorFactory;
import dev.weir.pipeline.ExporterFactory;
import dev.weir.pipeline.ExtensionFactory;
import dev.weir.pipeline.Factory;
import dev.weir.pipeline.ProcessorFactory;
import dev.weir.pipeline.ReceiverFactory;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** {@code weir components}: what a config file can name, as YAML in the Collector's shape. */
final class ComponentsCommand {
  private final BuildInfo build;
  private final Components components;

  ComponentsCommand(BuildInfo build, Components components) {
    this.build = build;
    this.components = components;
  }

  int run(PrintWriter out) {
    out.println("buildinfo:");
    out.println("    command: " + build.command());
    out.println("    description: " + Version.DESCRIPTION);
    out.println("    version: " + build.version());
    for (ComponentKind kind : ComponentKind.values()) {
      List<Factory<?>> ofKind =
          components.factories().stream()
              .filter(factory -> factory.kind() == kind)
              .sorted(Comparator.comparing(factory -> factory.type().name()))
              .toList();
      out.println(kind.section() + ":" + (ofKind.isEmpty() ? " []" : ""));
      ofKind.forEach(factory -> print(factory, out));
    }
    return ExitCode.OK;
  }

  private void print(Factory<?> factory, PrintWriter out) {
    Factory.Type<?> type = factory.type();
    // The package of the config record is the component's folder, where its README lies.
    String module = type.schema().defaults().getClass().getPackageName();
    out.println("    - name: " + type.name());
    if (!type.aliases().isEmpty()) {
      out.println("      deprecated_aliases: [" + String.join(", ", type.aliases()) + "]");
    }
    out.println("      module: " + module + " v" + build.version());
    String stability = capitalized(type.stability());
    List<String> signals = signals(factory);
    out.println("      stability:");
    for (String signal : signals) {
      out.println("        " + signal + ": " + stability);
    }
  }

  private static List<String> signals(Factory<?> factory) {
    return switch (factory) {
      case ReceiverFactory<?> f -> f.signals().stream().map(Signal::signalName).sorted().toList();
      case ProcessorFactory<?> f -> f.signals().stream().map(Signal::signalName).sorted().toList();
      case ExporterFactory<?> f -> f.signals().stream().map(Signal::signalName).sorted().toList();
      case ConnectorFactory<?> f ->
          f.pairs().stream()
              .map(pair -> pair.from().signalName() + "-to-" + pair.to().signalName())
              .sorted()
              .toList();
      case ExtensionFactory<?> f -> List.of("extension");
    };
  }

  private static String capitalized(Factory.Stability stability) {
    String word = stability.name();
    return word.charAt(0) + word.substring(1).toLowerCase(Locale.ROOT);
  }
}
