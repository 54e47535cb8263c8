package dev.weir.transport.tls;

import io.grpc.netty.shaded.io.netty.handler.ssl.ApplicationProtocolConfig;
import io.grpc.netty.shaded.io.netty.handler.ssl.ClientAuth;
import io.grpc.netty.shaded.io.netty.handler.ssl.DelegatingSslContext;
import io.grpc.netty.shaded.io.netty.handler.ssl.IdentityCipherSuiteFilter;
import io.grpc.netty.shaded.io.netty.handler.ssl.JdkSslContext;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * TLS as configured, for whoever opens connections: the JDK's HTTP client and server take {@link
 * #jdk()} and {@link #parameters()}, gRPC takes {@link #grpc()}. Files are read when it is made,
 * and again by later handshakes as the config says; nothing has to be closed. Thread safe.
 */
public final class TlsContext {
  /** How often {@code client_ca_file_reload} looks, where {@code reload_interval} says nothing. */
  private static final Duration LOOK = Duration.ofSeconds(1);

  private final SSLContext context;
  private final TlsSettings settings;
  private final boolean client;
  private final boolean clientsNeedCertificates;

  private TlsContext(
      SSLContext context, TlsSettings settings, boolean client, boolean clientsNeedCertificates) {
    this.context = context;
    this.settings = settings;
    this.client = client;
    this.clientsNeedCertificates = clientsNeedCertificates;
  }

  /**
   * Returns the TLS of a client, or null if it speaks plain text.
   *
   * @param clock says when files are read again
   * @param logger says that they were
   * @throws TlsException if a file cannot be read or used
   */
  public static @Nullable TlsContext client(
      TlsClientConfig config, InstantSource clock, Logger logger) throws TlsException {
    return config.plainText() ? null : encryptedClient(config, clock, logger);
  }

  /** Returns the TLS of a client whose endpoint demands it whatever {@code insecure} says. */
  public static TlsContext encryptedClient(
      TlsClientConfig config, InstantSource clock, Logger logger) throws TlsException {
    TlsSettings settings = config.settings();
    try {
      TrustManager trust;
      if (config.insecureSkipVerify()) {
        if (settings.hasAuthorities()) {
          Pem.certificates(authorities(settings).read(), authorities(settings).name());
        }
        trust = new Trust.Everybody();
      } else {
        trust = new Trust(authorities(settings, clock, logger), config.serverNameOverride());
      }
      return new TlsContext(context(ownKey(settings, clock, logger), trust), settings, true, false);
    } catch (TlsException e) {
      throw new TlsException("failed to load TLS config: " + e.getMessage(), e);
    }
  }

  /**
   * Returns the TLS of a server.
   *
   * @param clock says when files are read again
   * @param logger says that they were
   * @throws TlsException if a file cannot be read or used
   */
  public static TlsContext server(TlsServerConfig config, InstantSource clock, Logger logger)
      throws TlsException {
    TlsSettings settings = config.settings();
    try {
      KeyManager key = ownKey(settings, clock, logger);
      boolean demanding = !config.clientCaFile().isEmpty();
      TrustManager trust;
      if (demanding) {
        PemSource source = new PemSource("client CA", config.clientCaFile(), "");
        Duration interval = settings.reloadInterval();
        if (config.clientCaFileReload() && interval.isZero()) {
          interval = LOOK;
        }
        trust = new Trust(reloading(source, false, interval, clock, logger), "");
      } else {
        trust = new Trust.Everybody();
      }
      return new TlsContext(context(key, trust), settings, false, demanding);
    } catch (TlsException e) {
      throw new TlsException("failed to load TLS config: " + e.getMessage(), e);
    }
  }

  private static @Nullable KeyManager ownKey(
      TlsSettings settings, InstantSource clock, Logger logger) throws TlsException {
    if (!settings.hasCertificate()) {
      return null;
    }
    PemSource certificate = new PemSource("cert", settings.certFile(), settings.certPem());
    PemSource key = new PemSource("key", settings.keyFile(), settings.keyPem());
    try {
      return new OwnKey(
          new Reloading<>(
              List.of(certificate, key),
              pem -> OwnKey.Pair.of(pem.get(0), pem.get(1), certificate.name(), key.name()),
              settings.reloadInterval(),
              clock,
              logger));
    } catch (TlsException e) {
      throw new TlsException("failed to load TLS cert and key: " + e.getMessage(), e);
    }
  }

  private static PemSource authorities(TlsSettings settings) {
    return new PemSource("CA", settings.caFile(), settings.caPem());
  }

  private static Supplier<X509ExtendedTrustManager> authorities(
      TlsSettings settings, InstantSource clock, Logger logger) throws TlsException {
    if (!settings.hasAuthorities()) {
      X509ExtendedTrustManager system = Trust.against(null, false);
      return () -> system;
    }
    return reloading(
        authorities(settings),
        settings.systemAuthorities(),
        settings.reloadInterval(),
        clock,
        logger);
  }

  private static Supplier<X509ExtendedTrustManager> reloading(
      PemSource source, boolean andSystem, Duration interval, InstantSource clock, Logger logger)
      throws TlsException {
    try {
      Reloading<X509ExtendedTrustManager> trust =
          new Reloading<>(
              List.of(source),
              pem -> {
                List<X509Certificate> authorities = Pem.certificates(pem.get(0), source.name());
                return Trust.against(authorities, andSystem);
              },
              interval,
              clock,
              logger);
      return trust::current;
    } catch (TlsException e) {
      throw new TlsException("failed to load CA CertPool: " + e.getMessage(), e);
    }
  }

  private static SSLContext context(@Nullable KeyManager key, TrustManager trust)
      throws TlsException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      KeyManager[] keys = key == null ? new KeyManager[0] : new KeyManager[] {key};
      context.init(keys, new TrustManager[] {trust}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new TlsException("this JDK cannot do TLS: " + e.getMessage(), e);
    }
  }

  /** Returns the JDK's context. */
  public SSLContext jdk() {
    return context;
  }

  /** Returns versions, suites, groups, and what is demanded of the other side's certificate. */
  public SSLParameters parameters() {
    SSLParameters parameters = new SSLParameters();
    parameters.setProtocols(settings.protocols());
    String[] suites = suites();
    if (suites.length > 0) {
      parameters.setCipherSuites(suites);
    }
    if (settings.groups().length > 0) {
      parameters.setNamedGroups(settings.groups());
    }
    if (client) {
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
    } else {
      parameters.setNeedClientAuth(clientsNeedCertificates);
    }
    return parameters;
  }

  /** The suites of TLS 1.3 cannot be chosen, as in Go. */
  private String[] suites() {
    if (settings.cipherSuites().isEmpty()) {
      return new String[0];
    }
    Set<String> suites = new LinkedHashSet<>();
    Set<String> there = Set.of(context.getSupportedSSLParameters().getCipherSuites());
    for (String suite : context.getDefaultSSLParameters().getCipherSuites()) {
      if (suite.startsWith("TLS_AES") || suite.startsWith("TLS_CHACHA20")) {
        suites.add(suite);
      }
    }
    settings.cipherSuites().stream().filter(there::contains).forEach(suites::add);
    return suites.toArray(String[]::new);
  }

  /** Returns the same for gRPC, which speaks HTTP/2 and says so in the handshake (ALPN). */
  public SslContext grpc() {
    ApplicationProtocolConfig http2 =
        new ApplicationProtocolConfig(
            ApplicationProtocolConfig.Protocol.ALPN,
            ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
            ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
            "h2");
    List<String> suites = new ArrayList<>(Arrays.asList(suites()));
    SslContext plain =
        new JdkSslContext(
            context,
            client,
            suites.isEmpty() ? null : suites,
            IdentityCipherSuiteFilter.INSTANCE,
            http2,
            clientsNeedCertificates ? ClientAuth.REQUIRE : ClientAuth.NONE,
            settings.protocols(),
            false);
    if (settings.groups().length == 0) {
      return plain;
    }
    return new DelegatingSslContext(plain) {
      @Override
      protected void initEngine(SSLEngine engine) {
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setNamedGroups(settings.groups());
        engine.setSSLParameters(parameters);
      }
    };
  }
}
