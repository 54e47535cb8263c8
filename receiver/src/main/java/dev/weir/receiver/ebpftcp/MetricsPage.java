package dev.weir.receiver.ebpftcp;

import java.util.Locale;
import java.util.stream.Collectors;

/** Renders docs/metrics.md from the tables in code; a test fails when the file says otherwise. */
final class MetricsPage {
  private MetricsPage() {}

  static String markdown() {
    StringBuilder out = new StringBuilder();
    out.append(
        """
        # What Weir measures

        Written by `MetricsPageTest` from the tables in the receiver's code: edit `MetricDefinition`, `AttributeDefinition` or
        `ConnectionEvents.ValueDefinition`, then run
        `mvn -pl receiver -am test -Dtest=MetricsPageTest -Dsurefire.failIfNoSpecifiedTests=false -Dweir.docs.write=true`.

        `source` is always the side that opened the connection, `destination` the side that accepted it, whoever observed it.

        **Both ends on one host each report.** A connection between two processes of one host, or between two hosts that both run
        Weir, is counted twice: once with `reporter="client"`, once with `reporter="server"`. Choose one before adding up:
        `sum(rate(tcp_io_bytes_total{reporter="client"}[5m]))`. Where Weir cannot know who opened (a connection older than the
        agent whose listener is gone), `reporter` is `unknown` and the lower port is taken for the server's.

        ## Metrics

        | metric | kind | unit | on by default | attributes beside the row's | what |
        |---|---|---|---|---|---|
        """);
    for (MetricDefinition metric : MetricDefinition.values()) {
      if (metric.kind() == MetricDefinition.Kind.GAUGE) {
        continue;
      }
      String extra =
          metric.directed() ? "network.io.direction" : metric.byErrorType() ? "error.type" : "";
      line(
          out,
          metric.metricName(),
          metric.kind().words(),
          metric.unit(),
          metric.enabledByDefault() ? "yes" : "no",
          extra,
          metric.doc());
    }
    out.append(
        """

        A row is one distinct set of the attributes that are on for metrics (network.io.direction and error.type aside, which tell
        points of one row apart). Points for `error.type` and `tcp.reset` appear once they are not zero. Past `max_rows` rows,
        connections are added up in one row whose only attribute is `otel.metric.overflow=true`, so that the sum over all series is
        always what the kernel counted.

        Counters are cumulative unless `temporality: delta`; `tcp.connection.active` is cumulative in both. A row that was
        forgotten (`row_expiration`) and returns begins at zero with a new start time. Bytes are payload: SYN and FIN are not
        bytes. What is sent counts when it is handed to the network, acknowledged or in flight.

        ## The kernel's own fields

        Gauges of live connections as of the last snapshot, off by default (`metrics: {tcp.info.snd_cwnd: {enabled: true}}`), named as in
        the kernel's `struct tcp_info`. Where a row stands for several connections, its gauge is their sum, their average (each
        counts the same) or the greatest, as said here; a row without live connections has no point. They are read without the
        socket's lock.

        | metric | unit | of several | what |
        |---|---|---|---|
        """);
    for (MetricDefinition metric : MetricDefinition.values()) {
      if (metric.kind() == MetricDefinition.Kind.GAUGE) {
        line(out, metric.metricName(), metric.unit(), metric.aggregation().words(), metric.doc());
      }
    }
    out.append(
        """

        ## Bounds of histograms

        | histogram | default bounds in seconds |
        |---|---|
        """);
    for (MetricDefinition metric : MetricDefinition.values()) {
      if (metric.kind() == MetricDefinition.Kind.HISTOGRAM) {
        line(
            out,
            metric.metricName(),
            metric.bounds().stream().map(MetricsPage::plain).collect(Collectors.joining(", ")));
      }
    }
    out.append(
        """

        ## Attributes

        The name is also the key under `attributes:`. Those marked *side* are exported as `source.NAME` or `destination.NAME`: of
        the side whose socket was observed.

        | attribute | values | metrics | logs |
        |---|---|---|---|
        """);
    for (AttributeDefinition attribute : AttributeDefinition.values()) {
      line(
          out,
          attribute.attributeName() + (attribute.sided() ? " (*side*)" : ""),
          attribute.possible(),
          attribute.onForMetrics() ? "on" : "off",
          attribute == AttributeDefinition.NETWORK_IO_DIRECTION
              ? "-"
              : attribute.onForLogs() ? "on" : "off");
    }
    out.append(
        """

        ## Log records

        In a logs pipeline a connection is an event: `tcp.connection.open` when it is established, `tcp.connection.report` each
        `report_interval` while it lives, `tcp.connection.close` when it ends, `tcp.connection.fail` when it was never
        established (severity WARN, the others INFO). The attributes are those that are on for logs, and these values, which count
        from the connection's beginning:

        | attribute | unit | what |
        |---|---|---|
        """);
    for (ConnectionEvents.ValueDefinition value : ConnectionEvents.ValueDefinition.values()) {
      line(out, value.key().name(), value.unit(), value.doc());
    }
    return out.toString();
  }

  private static String plain(double bound) {
    return String.format(Locale.ROOT, "%.5f", bound)
        .replaceFirst("0+$", "")
        .replaceFirst("\\.$", "");
  }

  private static void line(StringBuilder out, String... cells) {
    out.append("| ").append(String.join(" | ", cells)).append(" |\n");
  }
}
