package dev.weir.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** The microbenchmarks of this module, by JMH. */
final class JmhBenchmark implements Benchmark {

  @Override
  public String name() {
    return "jmh";
  }

  @Override
  public String about() {
    return "microbenchmarks: attribute sets, the OTLP codec";
  }

  @Override
  public List<Result> run(Settings settings, PrintStream progress) throws Exception {
    progress.println("jmh: some ten seconds for each");
    ChainedOptionsBuilder options =
        new OptionsBuilder().include("dev\\.weir\\..*").verbosity(VerboseMode.SILENT);
    if (!settings.full()) {
      options
          .warmupIterations(1)
          .warmupTime(TimeValue.milliseconds(200))
          .measurementIterations(2)
          .measurementTime(TimeValue.milliseconds(200));
    }
    Collection<RunResult> all = new Runner(options.build()).run();
    List<Result> results = new ArrayList<>();
    for (RunResult one : all) {
      Sample sample = new Sample();
      one.getBenchmarkResults().stream()
          .flatMap(fork -> fork.getIterationResults().stream())
          .forEach(iteration -> sample.add(iteration.getPrimaryResult().getScore()));
      String label = one.getParams().getBenchmark();
      label = label.substring(label.lastIndexOf('.', label.lastIndexOf('.') - 1) + 1);
      results.add(Result.figure(label, one.getPrimaryResult().getScoreUnit(), sample));
    }
    return results;
  }
}
