package dev.weir.transport.tls;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * Shows the own certificate in handshakes: always the newest, whatever authorities the other side
 * names, as Go's {@code GetCertificate} does.
 *
 * <p>The JDK asks for an alias, then for its chain, then for its key. The alias therefore names the
 * pair that was current when it was chosen, and the last one stays to be had.
 */
final class OwnKey extends X509ExtendedKeyManager {
  /** A certificate with what it was issued by, and its key. */
  record Pair(PrivateKey key, List<X509Certificate> chain) {
    /** Makes a pair, after having checked that the key is the certificate's. */
    static Pair of(byte[] certificates, byte[] key, String certificateName, String keyName)
        throws TlsException {
      List<X509Certificate> chain = Pem.certificates(certificates, certificateName);
      PrivateKey secret = Pem.key(key, keyName);
      if (!belong(secret, chain.getFirst())) {
        throw new TlsException(
            "the private key in "
                + keyName
                + " is not that of the first certificate in "
                + certificateName);
      }
      return new Pair(secret, chain);
    }

    private static boolean belong(PrivateKey key, X509Certificate certificate) {
      String algorithm =
          switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> null;
          };
      if (algorithm == null) {
        return true; // other kinds fail in the handshake
      }
      try {
        byte[] message = {1};
        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(key);
        signature.update(message);
        byte[] signed = signature.sign();
        signature.initVerify(certificate.getPublicKey());
        signature.update(message);
        return signature.verify(signed);
      } catch (GeneralSecurityException e) {
        return false;
      }
    }
  }

  /** A pair and the alias it goes by. */
  private record Named(String alias, Pair pair, @Nullable Named last) {}

  private final Reloading<Pair> pairs;
  private volatile Named newest;

  OwnKey(Reloading<Pair> pairs) {
    this.pairs = pairs;
    this.newest = new Named("1", pairs.current(), null);
  }

  private Named newest() {
    Pair pair = pairs.current();
    Named now = newest;
    if (now.pair().equals(pair)) {
      return now;
    }
    return turn(pair);
  }

  private synchronized Named turn(Pair pair) {
    Named now = newest;
    if (!now.pair().equals(pair)) {
      String alias = String.valueOf(Long.parseLong(now.alias()) + 1);
      now = new Named(alias, pair, new Named(now.alias(), now.pair(), null));
      newest = now;
    }
    return now;
  }

  private @Nullable Pair pair(String alias) {
    for (Named each = newest; each != null; each = each.last()) {
      if (each.alias().equals(alias)) {
        return each.pair();
      }
    }
    return null;
  }

  private @Nullable String choose(String... keyTypes) {
    Named now = newest();
    String algorithm = now.pair().key().getAlgorithm();
    for (String type : keyTypes) {
      if (type.equals(algorithm)
          || type.startsWith(algorithm + "_")
          || (algorithm.equals("RSASSA-PSS") && type.startsWith("RSASSA"))) {
        return now.alias();
      }
    }
    return null;
  }

  @Override
  public @Nullable String chooseEngineClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return choose(keyTypes);
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return choose(keyType);
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return choose(keyTypes);
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return choose(keyType);
  }

  @Override
  public String[] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return new String[] {newest().alias()};
  }

  @Override
  public String[] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    return new String[] {newest().alias()};
  }

  @Override
  public X509Certificate @Nullable [] getCertificateChain(String alias) {
    Pair pair = pair(alias);
    return pair == null ? null : pair.chain().toArray(new X509Certificate[0]);
  }

  @Override
  public @Nullable PrivateKey getPrivateKey(String alias) {
    Pair pair = pair(alias);
    return pair == null ? null : pair.key();
  }
}
