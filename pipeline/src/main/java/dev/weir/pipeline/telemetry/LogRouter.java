package dev.weir.pipeline.telemetry;

/** Points loggers that exist already to a sink that came later. Thread safe. */
final class LogRouter {
  private volatile LogSink sink;

  LogRouter(LogSink first) {
    this.sink = first;
  }

  LogSink sink() {
    return sink;
  }

  void sink(LogSink next) {
    this.sink = next;
  }

  /** Goes back to {@code earlier} unless somebody else has taken over from {@code mine}. */
  synchronized void restore(LogSink mine, LogSink earlier) {
    if (sink.equals(mine)) {
      sink = earlier;
    }
  }
}
