package dev.weir.receiver.ebpftcp;

import dev.weir.bpf.ConnectionRecord;
import dev.weir.bpf.Outcome;
import dev.weir.pdata.Attributes;
import dev.weir.pdata.Text;
import dev.weir.pdata.Value;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;

/**
 * Makes attributes of a record's parts: those that are switched on, always in one order, so that
 * all sets share their list of keys. For one thread.
 */
@SuppressWarnings("EnumOrdinal") // an outcome's ordinal is the kernel's number
final class ConnectionAttributes {
  private static final Text CLIENT = Text.of("client");
  private static final Text SERVER = Text.of("server");
  private static final Text UNKNOWN = Text.of("unknown");
  private static final Text TCP = Text.of("tcp");
  private static final Text IPV4 = Text.of("ipv4");
  private static final Text IPV6 = Text.of("ipv6");
  private static final Text TRANSMIT = Text.of("transmit");
  private static final Text RECEIVE = Text.of("receive");
  private static final Text[] ERRORS =
      Arrays.stream(Outcome.values()).map(o -> Text.of(o.errorType())).toArray(Text[]::new);

  private final Set<AttributeDefinition> enabled;
  private final AddressTexts addresses;

  ConnectionAttributes(Set<AttributeDefinition> enabled, AddressTexts addresses) {
    this.enabled =
        enabled.isEmpty() ? EnumSet.noneOf(AttributeDefinition.class) : EnumSet.copyOf(enabled);
    this.addresses = addresses;
  }

  private boolean has(AttributeDefinition attribute) {
    return enabled.contains(attribute);
  }

  /** Returns the attributes of a connection, without direction and error type. */
  Attributes of(Parts parts, Identity identity) {
    Attributes.Builder out = Attributes.builder();
    if (has(AttributeDefinition.SOURCE_ADDRESS)) {
      out.put(
          AttributeDefinition.SOURCE_ADDRESS.key(), addresses.text(parts.source0, parts.source1));
    }
    if (has(AttributeDefinition.SOURCE_PORT) && parts.sourcePort != 0) {
      out.put(AttributeDefinition.SOURCE_PORT.key(), parts.sourcePort);
    }
    if (has(AttributeDefinition.DESTINATION_ADDRESS)) {
      out.put(
          AttributeDefinition.DESTINATION_ADDRESS.key(),
          addresses.text(parts.destination0, parts.destination1));
    }
    if (has(AttributeDefinition.DESTINATION_PORT)) {
      out.put(AttributeDefinition.DESTINATION_PORT.key(), parts.destinationPort);
    }
    if (has(AttributeDefinition.REPORTER)) {
      out.put(
          AttributeDefinition.REPORTER.key(),
          parts.role == ConnectionRecord.ROLE_CLIENT
              ? CLIENT
              : parts.role == ConnectionRecord.ROLE_SERVER ? SERVER : UNKNOWN);
    }
    if (has(AttributeDefinition.NETWORK_TRANSPORT)) {
      out.put(AttributeDefinition.NETWORK_TRANSPORT.key(), TCP);
    }
    if (has(AttributeDefinition.NETWORK_TYPE)) {
      out.put(AttributeDefinition.NETWORK_TYPE.key(), parts.family == 4 ? IPV4 : IPV6);
    }
    boolean side = parts.sourceSide;
    if (has(AttributeDefinition.PROCESS_EXECUTABLE_NAME) && parts.comm0 != 0) {
      out.put(
          AttributeDefinition.PROCESS_EXECUTABLE_NAME.key(side), name(parts.comm0, parts.comm1));
    }
    if (has(AttributeDefinition.PROCESS_PID) && parts.tgid != 0) {
      out.put(AttributeDefinition.PROCESS_PID.key(side), Integer.toUnsignedLong(parts.tgid));
    }
    if (has(AttributeDefinition.CONTAINER_ID) && identity.containerId() != null) {
      out.put(AttributeDefinition.CONTAINER_ID.key(side), identity.containerId());
    }
    if (has(AttributeDefinition.K8S_POD_UID) && identity.podUid() != null) {
      out.put(AttributeDefinition.K8S_POD_UID.key(side), identity.podUid());
    }
    if (has(AttributeDefinition.NETWORK_NAMESPACE)) {
      out.put(
          AttributeDefinition.NETWORK_NAMESPACE.key(),
          new Value.Int(Integer.toUnsignedLong(parts.netns)));
    }
    return out.build();
  }

  /** Returns {@code base} with what the variant adds: see {@link Column.Variant}. */
  static Attributes variant(Attributes base, int variant) {
    return switch (variant) {
      case Column.Variant.BASE -> base;
      case Column.Variant.TRANSMIT ->
          base.with(AttributeDefinition.NETWORK_IO_DIRECTION.key(), TRANSMIT);
      case Column.Variant.RECEIVE ->
          base.with(AttributeDefinition.NETWORK_IO_DIRECTION.key(), RECEIVE);
      default -> withError(base, Column.Variant.outcome(variant));
    };
  }

  /** Returns {@code base} with the error type of {@code outcome}. */
  static Attributes withError(Attributes base, Outcome outcome) {
    return outcome == Outcome.NONE
        ? base
        : base.with(AttributeDefinition.ERROR_TYPE.key(), ERRORS[outcome.ordinal()]);
  }

  /**
   * Returns a process's name. Bytes that are no UTF-8 are written {@code \xNN}, and a backslash
   * doubled, so that two names never become one.
   */
  static Text name(long first, long second) {
    byte[] bytes =
        ByteBuffer.allocate(16)
            .order(ByteOrder.nativeOrder())
            .putLong(first)
            .putLong(second)
            .array();
    int length = 0;
    boolean plain = true;
    while (length < 16 && bytes[length] != 0) {
      plain &= bytes[length] > 0 && bytes[length] != '\\';
      length++;
    }
    byte[] exact = Arrays.copyOf(bytes, length);
    return plain ? Text.ofUtf8(exact) : Text.of(escape(exact));
  }

  private static String escape(byte[] bytes) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < bytes.length; ) {
      int length = Math.min(characterLength(bytes[i]), bytes.length - i);
      try {
        CharBuffer character =
            StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .decode(ByteBuffer.wrap(bytes, i, length));
        out.append(character.length() == 1 && character.get(0) == '\\' ? "\\\\" : character);
        i += length;
      } catch (CharacterCodingException e) {
        out.append(String.format("\\x%02x", bytes[i] & 255));
        i++;
      }
    }
    return out.toString();
  }

  private static int characterLength(byte first) {
    int lead = first & 255;
    return lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  }
}
