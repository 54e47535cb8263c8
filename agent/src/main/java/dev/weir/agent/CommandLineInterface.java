package dev.weir.agent;

import dev.weir.pipeline.BuildInfo;
import dev.weir.pipeline.config.ConfigPrinter;
import dev.weir.pipeline.config.ConfigSource;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Parses the arguments and calls one command.
 *
 * <p>Options are declared by picocli's programmatic model, not by its annotations: measured with an
 * AOT cache, five subcommands and a dozen options (median of 11), the annotations cost 90 ms more
 * from start to exit (326 against 236 ms wall clock on a busy machine, 292 against 228 ms of CPU),
 * because picocli finds and sets annotated fields by reflection.
 */
final class CommandLineInterface {
  private static final String[] EXIT_CODES = {
    "",
    "Exit codes:",
    "  0  the command did its work; the agent was stopped by a signal",
    "  1  the configuration is wrong, the agent cannot start, or doctor misses something essential",
    "  2  the command line is wrong",
    "  3  a component could not go on while the agent ran",
    "  4  a bug in Weir",
    "  130, 143  a second SIGINT or SIGTERM ended the agent before everything was flushed"
  };

  private final PrintWriter out;
  private final PrintWriter err;
  private final BuiltIn builtIn;
  private final StopSignal stopSignal;
  private final @Nullable Path home;

  /**
   * Makes it.
   *
   * @param home where the distribution lies, or null if the agent does not run from one
   */
  CommandLineInterface(
      PrintWriter out,
      PrintWriter err,
      BuiltIn builtIn,
      StopSignal stopSignal,
      @Nullable Path home) {
    this.out = out;
    this.err = err;
    this.builtIn = builtIn;
    this.stopSignal = stopSignal;
    this.home = home;
  }

  /** Runs the command that the arguments name and returns the exit code. */
  int run(String... arguments) {
    BuildInfo build = Version.buildInfo();
    CommandLine line =
        new CommandLine(root(build))
            .setOut(out)
            .setErr(err)
            .setExpandAtFiles(false)
            .setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF))
            .setExecutionStrategy(result -> execute(build, result))
            .setParameterExceptionHandler(this::usageError);
    int code = line.execute(arguments);
    out.flush();
    err.flush();
    return code;
  }

  private static CommandSpec root(BuildInfo build) {
    CommandSpec root =
        command("weir", build, "Tells who talks to whom over the network: runs the agent.")
            .addOption(config())
            .addOption(set())
            .addOption(
                OptionSpec.builder("-v", "--version")
                    .versionHelp(true)
                    .type(boolean.class)
                    .description("Print the version.")
                    .build());
    root.usageMessage().footer(EXIT_CODES);
    root.addSubcommand(
        "validate",
        command("validate", build, "Check the configuration without running it.")
            .addOption(config())
            .addOption(set())
            .addOption(flag("Say so if it is good.", "-v", "--verbose")));
    root.addSubcommand(
        "components", command("components", build, "List what a configuration can name, as YAML."));
    CommandSpec printConfig =
        command("print-config", build, "Print the whole configuration with every default.")
            .addOption(config())
            .addOption(set())
            .addOption(
                value(
                    "redacted",
                    "<mode>",
                    "Whether to hide secrets: redacted, unredacted.",
                    "--mode"))
            .addOption(value("yaml", "<yaml|json>", "How to print: yaml or json.", "--format"))
            .addOption(
                OptionSpec.builder("--validate")
                    .type(boolean.class)
                    .arity("0..1")
                    .defaultValue("true")
                    .fallbackValue("true")
                    .paramLabel("<true|false>")
                    .description(
                        "Whether what makes no sense is an error; if not, it is warned of.")
                    .build());
    printConfig.aliases("print-initial-config");
    root.addSubcommand("print-config", printConfig);
    root.addSubcommand(
        "doctor",
        command("doctor", build, "Say what works on this machine and what is lost without it.")
            .addOption(value("text", "<text|json>", "How to print: text or json.", "--format")));
    root.addSubcommand(
        "top",
        command("top", build, "Show who talks to whom, live.")
            .addOption(flag("Print one table and end, for a pipe.", "--once"))
            .addOption(value("2s", "<duration>", "Time between two tables.", "--interval"))
            .addOption(value("20", "<rows>", "Rows to show at most.", "--limit"))
            .addOption(
                value(
                    "rate",
                    "<key>",
                    "Order of rows: rate, total, rtt, retransmits, connections.",
                    "--sort"))
            .addOption(
                value("", "<file>", "Play back a recording instead of the kernel.", "--replay"))
            .addOption(set()));
    return root;
  }

  private static CommandSpec command(String name, BuildInfo build, String description) {
    CommandSpec spec = CommandSpec.create().name(name).version("weir version " + build.version());
    spec.usageMessage().description(description).abbreviateSynopsis(false);
    return spec.addOption(
            OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .type(boolean.class)
                .description("Print this help.")
                .build())
        .addOption(flag("Print stack traces and debug logs.", "--debug"));
  }

  private static OptionSpec config() {
    return OptionSpec.builder("--config")
        .type(List.class)
        .auxiliaryTypes(String.class)
        .paramLabel("<file>")
        .description(
            "A configuration file (or file:PATH, env:NAME, yaml:TEXT, https://ADDRESS); later ones win"
                + " over earlier ones. Without it the built-in config.yaml.")
        .build();
  }

  private static OptionSpec set() {
    return OptionSpec.builder("--set")
        .type(List.class)
        .auxiliaryTypes(String.class)
        .paramLabel("<key=value>")
        .description(
            "Set one key, wins over all files: --set exporters.prometheus.endpoint=localhost:9000")
        .build();
  }

  private static OptionSpec flag(String description, String... names) {
    return OptionSpec.builder(names[0], rest(names))
        .type(boolean.class)
        .description(description)
        .build();
  }

  private static OptionSpec value(
      String defaultValue, String label, String description, String... names) {
    return OptionSpec.builder(names[0], rest(names))
        .type(String.class)
        .paramLabel(label)
        .defaultValue(defaultValue)
        .description(description)
        .build();
  }

  private static String[] rest(String[] names) {
    String[] rest = new String[names.length - 1];
    System.arraycopy(names, 1, rest, 0, rest.length);
    return rest;
  }

  private int execute(BuildInfo build, ParseResult root) {
    Integer helped = CommandLine.executeHelpRequest(root);
    if (helped != null) {
      return helped;
    }
    ParseResult command = root.hasSubcommand() ? root.subcommand() : root;
    boolean debug = given(root, "--debug") || given(command, "--debug");
    try {
      return dispatch(build, root, command, debug);
    } catch (CommandFailure e) {
      err.println("Error: " + e.getMessage());
      if (debug) {
        e.printStackTrace(err);
      }
      return e.exitCode();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return ExitCode.BUG;
    } catch (RuntimeException | Error e) { // a bug: said in a line, not thrown at the user
      err.println("Error: a bug in Weir " + build.version() + ": " + e);
      err.println(
          debug
              ? "Please report it, with the stack trace below."
              : "Please report it, with what 'weir --debug ...' prints.");
      if (debug) {
        e.printStackTrace(err);
      }
      return ExitCode.BUG;
    }
  }

  private int dispatch(BuildInfo build, ParseResult root, ParseResult command, boolean debug)
      throws CommandFailure, InterruptedException {
    return switch (command.commandSpec().name()) {
      case "weir" ->
          new RunCommand(build, builtIn, stopSignal).run(sources(root, command, debug), err);
      case "validate" ->
          new ValidateCommand(build, builtIn.components())
              .run(sources(root, command, debug), given(command, "--verbose"), out, err);
      case "components" -> new ComponentsCommand(build, builtIn.components()).run(out);
      case "print-config" ->
          new PrintConfigCommand(builtIn.components())
              .run(
                  sources(root, command, false),
                  new PrintConfigCommand.Request(
                      printFormat(command), secrets(command), validates(command)),
                  out,
                  err);
      case "doctor" ->
          new DoctorCommand(new Doctor(new MachineFiles(Path.of("/"))).examine())
              .run(doctorFormat(command), out);
      case "top" -> new TopCommand(build, builtIn, stopSignal).run(topRequest(root, command), out);
      default -> throw new IllegalStateException("no such command");
    };
  }

  private static TopCommand.Request topRequest(ParseResult root, ParseResult command)
      throws CommandFailure {
    List<ConfigSource> assignments = new ArrayList<>();
    for (String assignment : values(root, command, "--set")) {
      assignments.add(new ConfigSource.Assignment(assignment));
    }
    if (given(root, "--config")) {
      throw new CommandFailure(
          ExitCode.USAGE, "top has a pipeline of its own: it takes --set, but not --config");
    }
    return new TopCommand.Request(
        given(command, "--once"),
        value(command, "--interval", "2s"),
        rows(value(command, "--limit", "20")),
        order(value(command, "--sort", "rate")),
        value(command, "--replay", ""),
        assignments);
  }

  private static String value(ParseResult command, String option, String otherwise) {
    return command.matchedOptionValue(option, otherwise);
  }

  private static int rows(String text) throws CommandFailure {
    try {
      int rows = Integer.parseInt(text);
      if (rows > 0) {
        return rows;
      }
    } catch (NumberFormatException e) {
      // Said below, as of a number that is too small.
    }
    throw new CommandFailure(ExitCode.USAGE, "--limit: \"" + text + "\" is not a number of rows");
  }

  private static TopTable.Order order(String text) throws CommandFailure {
    for (TopTable.Order order : TopTable.Order.values()) {
      if (order.name().toLowerCase(Locale.ROOT).equals(text)) {
        return order;
      }
    }
    throw new CommandFailure(
        ExitCode.USAGE,
        "--sort: \"" + text + "\" is none of rate, total, rtt, retransmits, connections");
  }

  private static ConfigPrinter.Format printFormat(ParseResult command) throws CommandFailure {
    String format = value(command, "--format", "yaml");
    return switch (format) {
      case "yaml" -> ConfigPrinter.Format.YAML;
      case "json" -> ConfigPrinter.Format.JSON;
      default -> throw new CommandFailure(ExitCode.USAGE, "unrecognized print format: " + format);
    };
  }

  private static ConfigPrinter.Secrets secrets(ParseResult command) throws CommandFailure {
    String mode = value(command, "--mode", "redacted");
    return switch (mode) {
      case "redacted" -> ConfigPrinter.Secrets.REDACTED;
      case "unredacted" -> ConfigPrinter.Secrets.SHOWN;
      default ->
          throw new CommandFailure(
              ExitCode.USAGE, "invalid mode \"" + mode + "\": modes are: redacted, unredacted");
    };
  }

  private static boolean validates(ParseResult command) {
    return command.matchedOptionValue("--validate", true);
  }

  private static DoctorCommand.Format doctorFormat(ParseResult command) throws CommandFailure {
    String format = command.matchedOptionValue("--format", "text");
    return switch (format) {
      case "text" -> DoctorCommand.Format.TEXT;
      case "json" -> DoctorCommand.Format.JSON;
      default ->
          throw new CommandFailure(
              ExitCode.USAGE, "--format: \"" + format + "\" is neither text nor json");
    };
  }

  /**
   * Returns the sources that both the root and the command name: first all files, then all --set.
   */
  private List<ConfigSource> sources(ParseResult root, ParseResult command, boolean debug) {
    List<ConfigSource> sources = new ArrayList<>();
    if (debug) { // before those of the user, which win
      sources.add(new ConfigSource.Assignment("service.telemetry.logs.level=debug"));
    }
    for (String uri : values(root, command, "--config")) {
      sources.add(new ConfigSource.Uri(uri));
    }
    for (String assignment : values(root, command, "--set")) {
      sources.add(new ConfigSource.Assignment(assignment));
    }
    return Configuration.withDefault(sources, home);
  }

  private static List<String> values(ParseResult root, ParseResult command, String option) {
    List<String> values = new ArrayList<>(root.matchedOptionValue(option, List.<String>of()));
    if (!command.equals(root)) {
      values.addAll(command.matchedOptionValue(option, List.<String>of()));
    }
    return values;
  }

  private static boolean given(ParseResult result, String option) {
    return result.hasMatchedOption(option);
  }

  private int usageError(ParameterException problem, String[] arguments) {
    CommandLine command = problem.getCommandLine();
    err.println("Error: " + problem.getMessage());
    if (!UnmatchedArgumentException.printSuggestions(problem, err)) {
      err.println(
          "'" + command.getCommandSpec().qualifiedName() + " --help' says what can be given.");
    }
    return ExitCode.USAGE;
  }
}
