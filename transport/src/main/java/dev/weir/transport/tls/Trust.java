package dev.weir.transport.tls;

import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Checks the other side's certificate against authorities that may change, and, where a name
 * replaces the endpoint's, against that name.
 */
final class Trust extends X509ExtendedTrustManager {
  private final Supplier<X509ExtendedTrustManager> authorities;
  private final String expectedName;

  /**
   * Makes a check.
   *
   * @param expectedName the name that a server must have, or empty for that of the endpoint
   */
  Trust(Supplier<X509ExtendedTrustManager> authorities, String expectedName) {
    this.authorities = authorities;
    this.expectedName = expectedName;
  }

  /** Returns the check of the JDK against these authorities, or the system's if none are given. */
  static X509ExtendedTrustManager against(
      @Nullable List<X509Certificate> authorities, boolean andSystem) throws TlsException {
    try {
      KeyStore store = null;
      if (authorities != null) {
        store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        int n = 0;
        for (X509Certificate authority : authorities) {
          store.setCertificateEntry(String.valueOf(n++), authority);
        }
        if (andSystem) {
          for (X509Certificate authority : against(null, false).getAcceptedIssuers()) {
            store.setCertificateEntry(String.valueOf(n++), authority);
          }
        }
      }
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      for (TrustManager manager : factory.getTrustManagers()) {
        if (manager instanceof X509ExtendedTrustManager extended) {
          return extended;
        }
      }
      throw new TlsException("this JDK has no check of X.509 certificates");
    } catch (GeneralSecurityException | IOException e) {
      throw new TlsException("cannot use the authorities: " + e.getMessage(), e);
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    if (expectedName.isEmpty()) {
      authorities.get().checkServerTrusted(chain, type, engine);
    } else {
      checkServerTrusted(chain, type);
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    if (expectedName.isEmpty()) {
      authorities.get().checkServerTrusted(chain, type, socket);
    } else {
      checkServerTrusted(chain, type);
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    authorities.get().checkServerTrusted(chain, type);
    if (!expectedName.isEmpty() && !CertificateNames.has(chain[0], expectedName)) {
      throw new CertificateException(
          "the certificate is not for "
              + expectedName
              + " (server_name_override), but for "
              + CertificateNames.of(chain[0]));
    }
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    authorities.get().checkClientTrusted(chain, type, engine);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    authorities.get().checkClientTrusted(chain, type, socket);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
    authorities.get().checkClientTrusted(chain, type);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return authorities.get().getAcceptedIssuers();
  }

  /** Trusts everybody, for {@code insecure_skip_verify}. */
  static final class Everybody extends X509ExtendedTrustManager {
    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
        throws CertificateException {
      throw new CertificateException("clients are not trusted without a check");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
        throws CertificateException {
      throw new CertificateException("clients are not trusted without a check");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      throw new CertificateException("clients are not trusted without a check");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
