package dev.weir.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What the receiver spends on a record: the agent's ring reader over one ring of records, on one
 * side with a sink that only adds 20 longs of each up, on the other with the receiver's rows.
 */
final class FoldBenchmark implements Benchmark {
  private static final double MOST_TIMES = 10;

  @Override
  public String name() {
    return "fold";
  }

  @Override
  public String about() {
    return "a record from the ring into its row, against the bare read";
  }

  @Override
  public List<Result> run(Settings settings, PrintStream progress) throws Exception {
    Map<FoldSide, Sample> samples = new EnumMap<>(FoldSide.class);
    Sample times = new Sample();
    List<FoldSide> order = new ArrayList<>(List.of(FoldSide.values()));
    for (int pair = 0; pair < settings.pairs(); pair++) {
      Map<FoldSide, Double> nanos = new EnumMap<>(FoldSide.class);
      for (FoldSide side : pair % 2 == 0 ? order : order.reversed()) {
        nanos.put(side, side.fork());
      }
      nanos.forEach((side, value) -> samples.computeIfAbsent(side, _ -> new Sample()).add(value));
      double raw = nanos.getOrDefault(FoldSide.RAW, Double.NaN);
      double shipped = nanos.getOrDefault(FoldSide.AS_SHIPPED, Double.NaN);
      times.add(shipped / raw);
      progress.printf(
          Locale.ROOT, "fold: pair %d: %.1f ns raw, %.1f ns as shipped%n", pair + 1, raw, shipped);
    }
    List<Result> results = new ArrayList<>();
    samples.forEach(
        (side, sample) ->
            results.add(
                Result.figure(
                    switch (side) {
                      case RAW -> "ring read of a record";
                      case WITHOUT_CONTAINERS -> "read and fold, containers not looked up";
                      case AS_SHIPPED -> "read and fold as shipped";
                    },
                    "ns",
                    sample)));
    results.add(Result.atMost("fold as shipped over bare read", "times", times, MOST_TIMES));
    return results;
  }
}
