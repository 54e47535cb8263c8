package dev.weir.transport.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.transport.testing.TestAuthority;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.interfaces.ECPrivateKey;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class PemTest {
  @Test
  void allFormsOfAKeyAreRead() throws Exception {
    for (String algorithm : new String[] {"RSA", "EC", "Ed25519"}) {
      PrivateKey key = pair(algorithm).getPrivate();
      assertThat(read(TestAuthority.pem("PRIVATE KEY", key.getEncoded()))).isEqualTo(key);
    }
  }

  @Test
  void anOldRsaKeyIsRead() throws Exception {
    PrivateKey key = pair("RSA").getPrivate();
    // PKCS#8 is a header of 26 bytes (RFC 5208), then PKCS#1
    byte[] inner = Arrays.copyOfRange(key.getEncoded(), 26, key.getEncoded().length);
    assertThat(read(TestAuthority.pem("RSA PRIVATE KEY", inner))).isEqualTo(key);
  }

  @Test
  void anOldEcKeyWithItsParametersBeforeItIsRead() throws Exception {
    // made by: openssl ecparam -name prime256v1 -genkey
    String pem =
        """
        -----BEGIN EC PARAMETERS-----
        BggqhkjOPQMBBw==
        -----END EC PARAMETERS-----
        SEC1
        """;
    KeyPair pair = pair("EC");
    byte[] pkcs8 = pair.getPrivate().getEncoded();
    // The octets of the secret number stand behind 04 20 (RFC 5915 3).
    int at = 0;
    while (!(pkcs8[at] == 4 && pkcs8[at + 1] == 32)) {
      at++;
    }
    byte[] secret = Arrays.copyOfRange(pkcs8, at, at + 34);
    byte[] curve = {(byte) 0xa0, 10, 6, 8, 42, (byte) 134, 72, (byte) 206, 61, 3, 1, 7};
    byte[] sec1 = new byte[5 + secret.length + curve.length];
    sec1[0] = 0x30;
    sec1[1] = (byte) (sec1.length - 2);
    sec1[2] = 2;
    sec1[3] = 1;
    sec1[4] = 1;
    System.arraycopy(secret, 0, sec1, 5, secret.length);
    System.arraycopy(curve, 0, sec1, 5 + secret.length, curve.length);
    String text = pem.replace("SEC1\n", TestAuthority.pem("EC PRIVATE KEY", sec1));
    assertThat(((ECPrivateKey) read(text)).getS())
        .isEqualTo(((ECPrivateKey) pair.getPrivate()).getS());
  }

  @Test
  void aKeyWithAPasswordIsRefusedWithAdvice() {
    assertThatThrownBy(() -> read(TestAuthority.pem("ENCRYPTED PRIVATE KEY", new byte[10])))
        .isInstanceOf(TlsException.class)
        .hasMessage("the private key in it has a password; store it without one");
    assertThatThrownBy(
            () ->
                read(
                    """
                    -----BEGIN RSA PRIVATE KEY-----
                    Proc-Type: 4,ENCRYPTED
                    AAAA
                    -----END RSA PRIVATE KEY-----
                    """))
        .isInstanceOf(TlsException.class)
        .hasMessageContaining("has a password");
  }

  @Test
  void garbageIsAnErrorAndNothingElse() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    byte[] good =
        TestAuthority.pem("EC PRIVATE KEY", pair("EC").getPrivate().getEncoded())
            .getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i < 300; i++) {
      byte[] bad = good.clone();
      for (int n = random.nextInt(1, 8); n > 0; n--) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
      }
      byte[] input = Arrays.copyOf(bad, random.nextInt(bad.length + 1));
      for (boolean key : new boolean[] {true, false}) {
        try {
          if (key) {
            Pem.key(input, "it");
          } else {
            Pem.certificates(input, "it");
          }
        } catch (TlsException e) {
          assertThat(e).as("seed %d", seed).hasMessageContaining("it");
        }
      }
    }
  }

  private static PrivateKey read(String pem) throws TlsException {
    return Pem.key(pem.getBytes(StandardCharsets.US_ASCII), "it");
  }

  private static KeyPair pair(String algorithm) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
    if (algorithm.equals("EC")) {
      generator.initialize(256);
    }
    return generator.generateKeyPair();
  }
}
