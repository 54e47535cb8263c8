package dev.weir.exporter.accesslog;

import dev.weir.pdata.Attributes;
import dev.weir.pdata.Key;
import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Resource;
import dev.weir.pdata.Scope;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.Text;
import dev.weir.pdata.Value;
import java.util.ArrayList;
import java.util.List;

/** Log records as the receiver makes them, and others. */
final class Records {
  static final long AT = 1_795_171_914_947_554_021L;

  private static final byte[] TRACE = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

  private Records() {}

  static Telemetry<LogRecord> batch(List<LogRecord> records) {
    Attributes resource =
        Attributes.builder().put("service.name", "weir").put("host.name", "node 17").build();
    return Telemetry.of(Signal.LOGS, Resource.of(resource), Scope.of("s", "1"), records);
  }

  /** Connections numbered from {@code first}, about 200 bytes a line. */
  static Telemetry<LogRecord> connections(int first, int count) {
    List<LogRecord> records = new ArrayList<>(count);
    for (int i = first; i < first + count; i++) {
      records.add(
          close("10.0.0.1", "10.0.0.2")
              .attributes(client("10.0.0.1", "10.0.0.2").with(Key.of("n"), new Value.Int(i))));
    }
    return batch(records);
  }

  static Attributes client(String source, String destination) {
    return Attributes.builder()
        .put("network.transport", "tcp")
        .put("network.type", source.contains(":") ? "ipv6" : "ipv4")
        .put("source.address", source)
        .put(Key.of("source.port"), 43210)
        .put("destination.address", destination)
        .put(Key.of("destination.port"), 443)
        .put("reporter", "client")
        .put("source.process.executable.name", "curl")
        .put(Key.of("source.process.pid"), 4711)
        .build();
  }

  static LogRecord open(String source, String destination) {
    return new LogRecord()
        .times(AT, AT + 5)
        .severity(9, "INFO")
        .eventName("tcp.connection.open")
        .attributes(client(source, destination));
  }

  static LogRecord close(String source, String destination) {
    return open(source, destination)
        .times(AT + 1_000_000_000L, AT + 5)
        .eventName("tcp.connection.close")
        .attributes(
            client(source, destination).toBuilder()
                .put(Key.of("tcp.connection.id"), 99)
                .put(Key.of("tcp.io.transmit"), 5_368_709_120L)
                .put(Key.of("tcp.io.receive"), 1)
                .put(Key.of("tcp.retransmits"), 0)
                .put(Key.of("tcp.rtt"), new Value.Real(0.000125))
                .put(Key.of("tcp.connection.duration"), new Value.Real(12.5))
                .build());
  }

  /** One of each kind: what the golden files hold. */
  static List<LogRecord> all() {
    List<LogRecord> all = new ArrayList<>();
    all.add(open("10.0.0.1", "10.0.0.2"));
    all.add(
        open("2001:db8::1", "2001:db8::2")
            .eventName("tcp.connection.report")
            .attributes(
                client("2001:db8::1", "2001:db8::2")
                    .with(Key.of("source.k8s.pod.uid"), Text.of("0d1e"))
                    .with(Key.of("source.container.id"), Text.of("c0ffee"))
                    .with(Key.of("destination.k8s.service.name"), Text.of("shop"))
                    .with(Key.of("source.k8s.namespace.name"), Text.of("web"))
                    .with(Key.of("zone.crossing"), Value.Bool.TRUE)));
    all.add(close("10.0.0.1", "10.0.0.2"));
    all.add(
        open("10.0.0.1", "10.0.0.2")
            .severity(13, "WARN")
            .eventName("tcp.connection.fail")
            .attributes(
                client("10.0.0.1", "10.0.0.2").with(Key.of("error.type"), Text.of("refused"))));
    // Nothing is known of it.
    all.add(new LogRecord().times(0, AT).eventName("tcp.connection.close"));
    // What a process may call itself.
    all.add(
        open("10.0.0.1", "10.0.0.2")
            .attributes(
                client("10.0.0.1", "10.0.0.2")
                    .with(
                        Key.of("source.process.executable.name"),
                        Text.of("a b\"c\\d=e\n\u001b[31m\u202e\u2028\u007f\u00e9\uD83D\uDE00"))));
    // Not a connection event: from an application, by OTLP.
    all.add(
        new LogRecord()
            .times(AT, AT)
            .severity(17, "ERROR")
            .body(Text.of("cannot open file"))
            .attributes(
                Attributes.builder()
                    .put("time", "mine")
                    .put("empty", "")
                    .put(Key.of("bytes"), Value.Bytes.of(new byte[] {0, 1, (byte) 0xff}))
                    .put(
                        Key.of("list"),
                        new Value.Items(
                            List.of(Text.of("a b"), new Value.Real(1e-9), Value.Empty.INSTANCE)))
                    .put(
                        Key.of("map"),
                        new Value.Pairs(Attributes.of(Key.of("k"), new Value.Int(Long.MIN_VALUE))))
                    .put(Key.of("nan"), new Value.Real(Double.NaN))
                    .put(Key.of("big"), new Value.Real(1e21))
                    .put(Key.of("half"), new Value.Real(-0.5))
                    .build())
            .context(Value.Bytes.of(TRACE), null));
    all.add(
        new LogRecord()
            .times(AT, 0)
            .severity(5, "")
            .eventName("session start")
            .body(new Value.Int(7)));
    return all;
  }
}
