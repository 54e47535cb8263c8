package dev.weir.pipeline.sending;

import dev.weir.pdata.Item;

/** What the size of a request is measured in. */
public enum Sizer {
  /** Each request is 1. */
  REQUESTS,
  /** Data points, log records or spans. */
  ITEMS,
  /** Bytes of the request encoded as OTLP protobuf. */
  BYTES;

  /** Returns the size of a request. */
  <T extends Item> long of(Request<T> request) {
    return switch (this) {
      case REQUESTS -> 1;
      case ITEMS -> request.items();
      case BYTES -> request.bytes();
    };
  }
}
