package dev.weir.exporter.debug;

import dev.weir.pdata.Exemplar;
import dev.weir.pdata.ExponentialHistogramPoints;
import dev.weir.pdata.HistogramPoints;
import dev.weir.pdata.Metric;
import dev.weir.pdata.NumberPoints;
import dev.weir.pdata.Points;
import dev.weir.pdata.ResourceItems;
import dev.weir.pdata.ScopeItems;
import dev.weir.pdata.SummaryPoints;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.Value;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Describes metrics and their points. */
final class MetricsText extends SignalText<Metric> {
  private static final String NESTED = "     ";

  @Override
  String title() {
    return "Metrics";
  }

  @Override
  Map<String, Integer> figures(Telemetry<Metric> batch) {
    int metrics = 0;
    for (ResourceItems<Metric> resource : batch.resources()) {
      for (ScopeItems<Metric> scope : resource.scopes()) {
        metrics += scope.items().size();
      }
    }
    Map<String, Integer> figures = new LinkedHashMap<>();
    figures.put("resource metrics", batch.resources().size());
    figures.put("metrics", metrics);
    figures.put("data points", batch.count());
    return figures;
  }

  @Override
  Heading normalHeading() {
    return new Heading("ResourceMetrics", "ScopeMetrics");
  }

  @Override
  Heading detailedHeading() {
    return normalHeading();
  }

  @Override
  void normal(StringBuilder out, Metric item) {
    Points points = item.points();
    for (int i = 0; i < points.size(); i++) {
      out.append(item.name()).append('{');
      pairs(out, "", ",", points.attributes(i));
      out.append("} ");
      switch (points) {
        case NumberPoints numbers -> {
          if (numbers.hasValue(i)) {
            out.append(
                numbers.isReal(i)
                    ? GoText.shortest(numbers.real(i))
                    : Long.toString(numbers.integer(i)));
          }
        }
        case HistogramPoints histograms -> normal(out, histograms, i);
        case ExponentialHistogramPoints histograms -> normal(out, histograms.point(i));
        case SummaryPoints summaries -> normal(out, summaries, i);
      }
      out.append('\n');
    }
  }

  private static void normal(StringBuilder out, HistogramPoints points, int i) {
    out.append("count=").append(Long.toUnsignedString(points.count(i)));
    known(out, " sum=", points.sum(i));
    known(out, " min=", points.min(i));
    known(out, " max=", points.max(i));
    double[] bounds = points.bounds(i);
    for (int b = 0; b < points.bucketCount(i); b++) {
      out.append(' ');
      if (b < bounds.length) {
        out.append("le").append(GoText.shortest(bounds[b])).append('=');
      }
      out.append(Long.toUnsignedString(points.bucket(i, b)));
    }
  }

  private static void normal(StringBuilder out, ExponentialHistogramPoints.Point point) {
    out.append("count=").append(Long.toUnsignedString(point.count()));
    known(out, " sum=", point.sum());
    known(out, " min=", point.min());
    known(out, " max=", point.max());
    double factor = factor(point.scale());
    ExponentialHistogramPoints.Buckets negative = point.negative();
    for (int b = negative.counts().length - 1; b >= 0; b--) {
      double upper = -Math.exp(((double) negative.offset() + b) * factor);
      bucket(out, upper, negative.counts()[b]);
    }
    if (point.zeroCount() != 0) {
      out.append(" zero=").append(Long.toUnsignedString(point.zeroCount()));
    }
    ExponentialHistogramPoints.Buckets positive = point.positive();
    for (int b = 0; b < positive.counts().length; b++) {
      double upper = Math.exp(((double) positive.offset() + b + 1) * factor);
      bucket(out, upper, positive.counts()[b]);
    }
  }

  private static void bucket(StringBuilder out, double upper, long count) {
    out.append(" le").append(GoText.shortest(upper)).append('=');
    out.append(Long.toUnsignedString(count));
  }

  private static void normal(StringBuilder out, SummaryPoints points, int i) {
    out.append("count=").append(Long.toUnsignedString(points.count(i)));
    out.append(" sum=").append(GoText.six(points.sum(i)));
    double[] quantiles = points.quantiles(i);
    for (int q = 0; q < quantiles.length; q++) {
      out.append(" q").append(GoText.shortest(quantiles[q])).append('=');
      out.append(GoText.shortest(points.values(i)[q]));
    }
  }

  private static void known(StringBuilder out, String label, double value) {
    if (!Double.isNaN(value)) {
      out.append(label).append(GoText.shortest(value));
    }
  }

  @Override
  void detailed(StringBuilder out, int index, Metric item) {
    out.append("Metric #").append(index).append('\n');
    out.append("Descriptor:\n");
    line(out, "     -> Name", item.name());
    line(out, "     -> Description", item.description());
    line(out, "     -> Unit", item.unit());
    line(out, "     -> DataType", kind(item.kind()));
    attributes(out, "     -> Metadata", NESTED, item.metadata());
    if (item.kind() == Metric.Kind.SUM) {
      line(out, "     -> IsMonotonic", Boolean.toString(item.monotonic()));
    }
    if (item.kind() != Metric.Kind.GAUGE && item.kind() != Metric.Kind.SUMMARY) {
      line(out, "     -> AggregationTemporality", temporality(item.temporality()));
    }
    Points points = item.points();
    for (int i = 0; i < points.size(); i++) {
      out.append(pointName(points)).append(" #").append(i).append('\n');
      attributes(out, "Data point attributes", "", points.attributes(i));
      line(out, "StartTimestamp", GoText.time(points.startTime(i)));
      line(out, "Timestamp", GoText.time(points.time(i)));
      switch (points) {
        case NumberPoints numbers -> {
          if (numbers.hasValue(i)) {
            line(
                out,
                "Value",
                numbers.isReal(i)
                    ? GoText.six(numbers.real(i))
                    : Long.toString(numbers.integer(i)));
          }
        }
        case HistogramPoints histograms -> detailed(out, histograms, i);
        case ExponentialHistogramPoints histograms -> detailed(out, histograms.point(i));
        case SummaryPoints summaries -> detailed(out, summaries, i);
      }
      exemplars(out, points.exemplars(i));
    }
  }

  private static void detailed(StringBuilder out, HistogramPoints points, int i) {
    line(out, "Count", Long.toUnsignedString(points.count(i)));
    knownLine(out, "Sum", points.sum(i));
    knownLine(out, "Min", points.min(i));
    knownLine(out, "Max", points.max(i));
    double[] bounds = points.bounds(i);
    for (int b = 0; b < bounds.length; b++) {
      line(out, "ExplicitBounds #" + b, GoText.six(bounds[b]));
    }
    for (int b = 0; b < points.bucketCount(i); b++) {
      line(out, "Buckets #" + b + ", Count", Long.toUnsignedString(points.bucket(i, b)));
    }
  }

  private static void detailed(StringBuilder out, ExponentialHistogramPoints.Point point) {
    line(out, "Count", Long.toUnsignedString(point.count()));
    knownLine(out, "Sum", point.sum());
    knownLine(out, "Min", point.min());
    knownLine(out, "Max", point.max());
    double factor = factor(point.scale());
    ExponentialHistogramPoints.Buckets negative = point.negative();
    for (int b = negative.counts().length - 1; b >= 0; b--) {
      double index = (double) negative.offset() + b;
      out.append("Bucket [").append(GoText.six(-Math.exp((index + 1) * factor))).append(", ");
      out.append(GoText.six(-Math.exp(index * factor)));
      line(out, "), Count", Long.toUnsignedString(negative.counts()[b]));
    }
    if (point.zeroCount() != 0) {
      line(out, "Bucket [0, 0], Count", Long.toUnsignedString(point.zeroCount()));
    }
    ExponentialHistogramPoints.Buckets positive = point.positive();
    for (int b = 0; b < positive.counts().length; b++) {
      double index = (double) positive.offset() + b;
      out.append("Bucket (").append(GoText.six(Math.exp(index * factor))).append(", ");
      out.append(GoText.six(Math.exp((index + 1) * factor)));
      line(out, "], Count", Long.toUnsignedString(positive.counts()[b]));
    }
  }

  private static void detailed(StringBuilder out, SummaryPoints points, int i) {
    line(out, "Count", Long.toUnsignedString(points.count(i)));
    line(out, "Sum", GoText.six(points.sum(i)));
    double[] quantiles = points.quantiles(i);
    for (int q = 0; q < quantiles.length; q++) {
      out.append("QuantileValue #").append(q).append(": Quantile ");
      out.append(GoText.six(quantiles[q])).append(", Value ");
      out.append(GoText.six(points.values(i)[q])).append('\n');
    }
  }

  private static void knownLine(StringBuilder out, String label, double value) {
    if (!Double.isNaN(value)) {
      line(out, label, GoText.six(value));
    }
  }

  private static void exemplars(StringBuilder out, List<Exemplar> exemplars) {
    if (exemplars.isEmpty()) {
      return;
    }
    out.append("Exemplars:\n");
    int i = 0;
    for (Exemplar exemplar : exemplars) {
      out.append("Exemplar #").append(i++).append('\n');
      line(out, "     -> Trace ID", hex(exemplar.traceId()));
      line(out, "     -> Span ID", hex(exemplar.spanId()));
      line(out, "     -> Timestamp", GoText.time(exemplar.time()));
      if (exemplar.value() instanceof Value.Int whole) {
        line(out, "     -> Value", Long.toString(whole.value()));
      } else if (exemplar.value() instanceof Value.Real real) {
        line(out, "     -> Value", GoText.six(real.value()));
      }
      attributes(out, "     -> FilteredAttributes", NESTED, exemplar.attributes());
    }
  }

  /** Returns ln(base) of the buckets at {@code scale}: base = 2^(2^-scale), OTLP data model. */
  private static double factor(int scale) {
    return Math.scalb(Math.log(2), -scale);
  }

  private static String pointName(Points points) {
    return switch (points) {
      case NumberPoints numbers -> "NumberDataPoints";
      case HistogramPoints histograms -> "HistogramDataPoints";
      case ExponentialHistogramPoints histograms -> "ExponentialHistogramDataPoints";
      case SummaryPoints summaries -> "SummaryDataPoints";
    };
  }

  private static String kind(Metric.Kind kind) {
    return switch (kind) {
      case GAUGE -> "Gauge";
      case SUM -> "Sum";
      case HISTOGRAM -> "Histogram";
      case EXPONENTIAL_HISTOGRAM -> "ExponentialHistogram";
      case SUMMARY -> "Summary";
    };
  }

  private static String temporality(Metric.Temporality temporality) {
    return switch (temporality) {
      case UNSPECIFIED -> "Unspecified";
      case DELTA -> "Delta";
      case CUMULATIVE -> "Cumulative";
    };
  }
}
