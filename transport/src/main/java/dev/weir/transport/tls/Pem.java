package dev.weir.transport.tls;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/**
 * Certificates and private keys in PEM (RFC 7468). Keys come as PKCS#8 ({@code PRIVATE KEY}), or in
 * the older forms PKCS#1 ({@code RSA PRIVATE KEY}, RFC 8017 A.1.2) and SEC1 ({@code EC PRIVATE
 * KEY}, RFC 5915), which are wrapped into PKCS#8 because the JDK reads nothing else.
 */
final class Pem {
  private static final String BEGIN = "-----BEGIN ";
  private static final String END = "-----END ";
  private static final String DASHES = "-----";

  /** DER of the algorithm identifier rsaEncryption with its NULL parameter (RFC 8017 A.1). */
  private static final byte[] RSA = HexFormat.of().parseHex("300d06092a864886f70d0101010500");

  /** DER of the object identifier id-ecPublicKey (RFC 5480 2.1.1). */
  private static final byte[] EC = HexFormat.of().parseHex("06072a8648ce3d0201");

  private static final int SEQUENCE = 0x30;
  private static final int OCTETS = 0x04;
  private static final int CURVE = 0xa0;

  /** One block between BEGIN and END. */
  private static final class Block {
    private final String label;
    private final byte[] der;

    Block(String label, byte[] der) {
      this.label = label;
      this.der = der;
    }
  }

  private Pem() {}

  /**
   * Returns the certificates in order.
   *
   * @param what how errors call the input, such as its file
   */
  static List<X509Certificate> certificates(byte[] pem, String what) throws TlsException {
    List<X509Certificate> certificates = new ArrayList<>();
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      for (Block block : blocks(pem, what)) {
        if (block.label.equals("CERTIFICATE")) {
          certificates.add(
              (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(block.der)));
        }
      }
    } catch (CertificateException e) {
      throw new TlsException("failed to parse certificate in " + what + ": " + e.getMessage(), e);
    }
    if (certificates.isEmpty()) {
      throw new TlsException("no certificate (-----BEGIN CERTIFICATE-----) in " + what);
    }
    return certificates;
  }

  /** Returns the first private key. */
  static PrivateKey key(byte[] pem, String what) throws TlsException {
    for (Block block : blocks(pem, what)) {
      switch (block.label) {
        case "PRIVATE KEY" -> {
          return fromPkcs8(block.der, what);
        }
        case "RSA PRIVATE KEY" -> {
          return fromPkcs8(pkcs8(RSA, block.der), what);
        }
        case "EC PRIVATE KEY" -> {
          return fromPkcs8(pkcs8(ecAlgorithm(block.der, what), block.der), what);
        }
        case "ENCRYPTED PRIVATE KEY" ->
            throw new TlsException(
                "the private key in " + what + " has a password; store it without one");
        default -> {} // EC PARAMETERS, certificates: the key follows
      }
    }
    throw new TlsException("no private key (-----BEGIN PRIVATE KEY-----) in " + what);
  }

  private static PrivateKey fromPkcs8(byte[] pkcs8, String what) throws TlsException {
    PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(pkcs8);
    for (String algorithm : List.of("RSA", "EC", "EdDSA", "RSASSA-PSS")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(spec);
      } catch (InvalidKeySpecException e) {
        // a key of another kind: the next may fit
      } catch (GeneralSecurityException e) {
        throw new TlsException("cannot read the private key in " + what + ": " + e, e);
      }
    }
    throw new TlsException(
        "cannot read the private key in " + what + ": it is no RSA, EC or Ed25519 key, or broken");
  }

  /** Takes the curve out of a SEC1 key, where it stands as element [0] (RFC 5915 3). */
  private static byte[] ecAlgorithm(byte[] sec1, String what) throws TlsException {
    try {
      int[] sequence = element(sec1, 0);
      int at = sequence[0];
      while (at < sequence[1]) {
        int[] content = element(sec1, at);
        if ((sec1[at] & 0xff) == CURVE) {
          byte[] curve = Arrays.copyOfRange(sec1, content[0], content[1]);
          return der(SEQUENCE, concat(EC, curve));
        }
        at = content[1];
      }
    } catch (ArrayIndexOutOfBoundsException e) {
      throw new TlsException("cannot read the private key in " + what + ": it is cut off", e);
    }
    throw new TlsException("the private key in " + what + " does not name its curve");
  }

  /** Returns where the content of the element at {@code at} begins and ends. */
  private static int[] element(byte[] der, int at) {
    int length = der[at + 1] & 0xff;
    int begin = at + 2;
    if (length >= 0x80) {
      int bytes = length & 0x7f;
      length = 0;
      for (int i = 0; i < bytes; i++) {
        length = (length << 8) | (der[begin++] & 0xff);
      }
    }
    if (length < 0 || length > der.length - begin) {
      throw new ArrayIndexOutOfBoundsException(length);
    }
    return new int[] {begin, begin + length};
  }

  /** Wraps a key into PKCS#8: version 0, algorithm, key (RFC 5208 5). */
  private static byte[] pkcs8(byte[] algorithm, byte[] key) {
    byte[] version = {2, 1, 0};
    return der(SEQUENCE, concat(version, algorithm, der(OCTETS, key)));
  }

  private static byte[] der(int tag, byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(content.length + 6);
    out.write(tag);
    if (content.length < 0x80) {
      out.write(content.length);
    } else {
      int bytes = (39 - Integer.numberOfLeadingZeros(content.length)) / 8;
      out.write(0x80 | bytes);
      for (int i = bytes - 1; i >= 0; i--) {
        out.write(content.length >> (8 * i));
      }
    }
    out.writeBytes(content);
    return out.toByteArray();
  }

  private static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  private static List<Block> blocks(byte[] pem, String what) throws TlsException {
    List<Block> blocks = new ArrayList<>();
    String label = null;
    StringBuilder base64 = new StringBuilder();
    for (String line : new String(pem, StandardCharsets.ISO_8859_1).lines().toList()) {
      String text = line.strip();
      if (label == null) {
        if (text.startsWith(BEGIN) && text.endsWith(DASHES)) {
          label = text.substring(BEGIN.length(), text.length() - DASHES.length());
          base64.setLength(0);
        }
      } else if (text.startsWith(END)) {
        try {
          blocks.add(new Block(label, Base64.getDecoder().decode(base64.toString())));
        } catch (IllegalArgumentException e) {
          throw new TlsException("the " + label + " in " + what + " is not base64", e);
        }
        label = null;
      } else if (text.indexOf(':') >= 0) {
        throw new TlsException(
            "the " + label + " in " + what + " has a password; store it without one");
      } else {
        base64.append(text);
      }
    }
    if (blocks.isEmpty()) {
      throw new TlsException("failed to find any PEM data in " + what);
    }
    return blocks;
  }
}
