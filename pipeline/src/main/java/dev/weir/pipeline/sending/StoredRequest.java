package dev.weir.pipeline.sending;

import dev.weir.pdata.Item;
import dev.weir.pdata.Signal;
import dev.weir.pdata.Telemetry;
import dev.weir.pdata.otlp.OtlpFormatException;
import dev.weir.pdata.otlp.OtlpProtobuf;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The stored form of a request: a head with the number of items and the client's metadata, then the
 * batch as OTLP protobuf.
 *
 * <pre>
 * head:  1 byte version (1), 4 bytes items, 4 bytes length of what follows in the head,
 *        2 bytes number of keys, for each: key, 2 bytes number of values, values
 *        (texts as in DataOutput.writeUTF)
 * </pre>
 */
final class StoredRequest {
  private static final int VERSION = 1;
  private static final int FIXED = 9;
  private static final int MOST = 0xffff;

  private StoredRequest() {}

  /** Returns head and body of a request. */
  static byte[][] encode(Request<?> request) {
    ByteArrayOutputStream metadata = new ByteArrayOutputStream();
    ByteArrayOutputStream head = new ByteArrayOutputStream(FIXED);
    try {
      write(request.batch().metadata(), new DataOutputStream(metadata));
      DataOutputStream out = new DataOutputStream(head);
      out.writeByte(VERSION);
      out.writeInt(request.items());
      out.writeInt(metadata.size());
      metadata.writeTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // an array takes everything
    }
    return new byte[][] {head.toByteArray(), OtlpProtobuf.encode(request.batch())};
  }

  /** What does not fit the form (a text of more than 65,535 bytes) is left out. */
  private static void write(Map<String, List<String>> metadata, DataOutputStream out)
      throws IOException {
    Map<String, List<String>> fitting = new TreeMap<>();
    metadata.forEach(
        (key, values) -> {
          if (fits(key)
              && values.size() <= MOST
              && fitting.size() < MOST
              && values.stream().allMatch(StoredRequest::fits)) {
            fitting.put(key, values);
          }
        });
    out.writeShort(fitting.size());
    for (Map.Entry<String, List<String>> each : fitting.entrySet()) {
      out.writeUTF(each.getKey());
      out.writeShort(each.getValue().size());
      for (String value : each.getValue()) {
        out.writeUTF(value);
      }
    }
  }

  /** A character takes at most three bytes in this form. */
  private static boolean fits(String text) {
    return text.length() <= MOST / 3;
  }

  /** Returns the number of items that a stored request says it has. */
  static int items(byte[] record) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(record));
    int version = in.readUnsignedByte();
    if (version != VERSION) {
      throw new IOException("a stored request of version " + version);
    }
    int items = in.readInt();
    if (items < 0) {
      throw new IOException("a stored request with " + items + " items");
    }
    return items;
  }

  /** Returns the size that the batch has as OTLP protobuf. */
  static int bytes(byte[] record) throws IOException {
    return record.length - body(record);
  }

  private static int body(byte[] record) throws IOException {
    if (record.length < FIXED) {
      throw new IOException("a stored request of " + record.length + " bytes");
    }
    int length =
        new DataInputStream(new ByteArrayInputStream(record, FIXED - 4, record.length)).readInt();
    if (length < 0 || length > record.length - FIXED) {
      throw new IOException("a stored request whose head ends outside");
    }
    return FIXED + length;
  }

  /** Returns the request; the record is given away. */
  static <T extends Item> Request<T> decode(Signal<T> signal, byte[] record) throws IOException {
    int items = items(record);
    int body = body(record);
    Telemetry<T> batch;
    try {
      batch = OtlpProtobuf.decode(signal, record, body, record.length - body);
    } catch (OtlpFormatException e) {
      throw new IOException("a stored request that is not OTLP: " + e.getMessage(), e);
    }
    Map<String, List<String>> metadata =
        read(new DataInputStream(new ByteArrayInputStream(record, FIXED, body - FIXED)));
    batch.metadata(metadata);
    Request<T> request = new Request<>(batch);
    if (request.items() != items) {
      throw new IOException("a stored request of " + items + " items that has " + request.items());
    }
    return request;
  }

  private static Map<String, List<String>> read(DataInputStream in) throws IOException {
    int keys = in.readUnsignedShort();
    Map<String, List<String>> metadata = new TreeMap<>();
    for (int k = 0; k < keys; k++) {
      String key = in.readUTF();
      int n = in.readUnsignedShort();
      List<String> values = new ArrayList<>();
      for (int v = 0; v < n; v++) {
        values.add(in.readUTF());
      }
      metadata.put(key, values);
    }
    return metadata;
  }
}
