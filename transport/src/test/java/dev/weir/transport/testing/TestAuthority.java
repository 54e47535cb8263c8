package dev.weir.transport.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/**
 * A certificate authority for tests, so that no key lies in the repository: makes certificates for
 * localhost (and any other name) in PEM. Keys are EC P-256, or RSA where a test asks for it.
 *
 * <p>Writes X.509 version 3 by hand (RFC 5280 4.1), since the JDK has no public way to.
 */
public final class TestAuthority {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuuMMddHHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);
  private static final byte[] SHA256_WITH_ECDSA = hex("300a06082a8648ce3d040302");
  private static final byte[] COMMON_NAME = hex("0603550403");
  private static final byte[] ALTERNATIVE_NAMES = hex("0603551d11");
  private static final byte[] BASIC_CONSTRAINTS = hex("0603551d13");
  private static final byte[] TRUE = hex("0101ff");
  private static final byte[] VERSION_3 = hex("a003020102");

  /**
   * A certificate and its key.
   *
   * @param certificate PEM
   * @param key PEM, PKCS#8
   * @param secret the key
   */
  public record Issued(String certificate, String key, PrivateKey secret) {
    /** Writes both into a directory as {@code name.crt} and {@code name.key}. */
    public void write(Path directory, String name) throws IOException {
      Files.writeString(directory.resolve(name + ".crt"), certificate);
      Files.writeString(directory.resolve(name + ".key"), key);
    }
  }

  private final String name;
  private final KeyPair pair;
  private final String certificate;
  private int serial = 1;

  /** Makes an authority with a new key. */
  public TestAuthority(String name) {
    this.name = name;
    this.pair = newKey("EC");
    this.certificate =
        pem("CERTIFICATE", certificate(name, pair.getPublic(), true, List.of(), Instant.MAX));
  }

  /** Returns the authority's own certificate in PEM. */
  public String certificate() {
    return certificate;
  }

  /** Returns a certificate for names and addresses, with an EC key. */
  public Issued issue(String subject, String... names) {
    return issue("EC", subject, Instant.MAX, names);
  }

  /** Returns a certificate for names and addresses with a key of algorithm RSA, EC or Ed25519. */
  public Issued issue(String algorithm, String subject, Instant until, String... names) {
    KeyPair key = newKey(algorithm);
    byte[] der = certificate(subject, key.getPublic(), false, List.of(names), until);
    return new Issued(
        pem("CERTIFICATE", der),
        pem("PRIVATE KEY", key.getPrivate().getEncoded()),
        key.getPrivate());
  }

  /** Returns DER in PEM. */
  public static String pem(String label, byte[] der) {
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(label, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der), label);
  }

  private static KeyPair newKey(String algorithm) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
      if (algorithm.equals("EC")) {
        generator.initialize(256);
      } else if (algorithm.equals("RSA")) {
        generator.initialize(2048);
      }
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private byte[] certificate(
      String subject, PublicKey key, boolean authority, List<String> names, Instant until) {
    Instant now = Instant.now();
    Instant end = until.equals(Instant.MAX) ? now.plusSeconds(86_400) : until;
    Instant begin = (end.isBefore(now) ? end : now).minusSeconds(86_400);
    ByteArrayOutputStream extensions = new ByteArrayOutputStream();
    if (authority) {
      extensions.writeBytes(der(0x30, BASIC_CONSTRAINTS, TRUE, der(0x04, der(0x30, TRUE))));
    }
    if (!names.isEmpty()) {
      ByteArrayOutputStream general = new ByteArrayOutputStream();
      for (String each : names) {
        general.writeBytes(
            Character.isDigit(each.charAt(0))
                ? der(0x87, address(each))
                : der(0x82, each.getBytes(StandardCharsets.US_ASCII)));
      }
      extensions.writeBytes(
          der(0x30, ALTERNATIVE_NAMES, der(0x04, der(0x30, general.toByteArray()))));
    }
    byte[] inner =
        der(
            0x30,
            VERSION_3,
            der(0x02, BigInteger.valueOf(serial++).toByteArray()),
            SHA256_WITH_ECDSA,
            named(name),
            der(0x30, time(begin), time(end)),
            named(subject),
            key.getEncoded(),
            extensions.size() == 0 ? new byte[0] : der(0xa3, der(0x30, extensions.toByteArray())));
    try {
      Signature signature = Signature.getInstance("SHA256withECDSA");
      signature.initSign(pair.getPrivate());
      signature.update(inner);
      return der(0x30, inner, SHA256_WITH_ECDSA, der(0x03, new byte[1], signature.sign()));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] named(String name) {
    byte[] text = der(0x0c, name.getBytes(StandardCharsets.UTF_8));
    return der(0x30, der(0x31, der(0x30, COMMON_NAME, text)));
  }

  private static byte[] time(Instant time) {
    return der(0x18, TIME.format(time).getBytes(StandardCharsets.US_ASCII));
  }

  private static byte[] address(String text) {
    String[] parts = text.split("\\.", -1);
    byte[] address = new byte[parts.length];
    for (int i = 0; i < parts.length; i++) {
      address[i] = (byte) Integer.parseInt(parts[i]);
    }
    return address;
  }

  private static byte[] der(int tag, byte[]... parts) {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      content.writeBytes(part);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    int length = content.size();
    if (length >= 0x100) {
      out.write(0x82);
      out.write(length >> 8);
    } else if (length >= 0x80) {
      out.write(0x81);
    }
    out.write(length);
    out.writeBytes(content.toByteArray());
    return out.toByteArray();
  }

  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text);
  }
}
