package dev.weir.transport.tls;

import dev.weir.pipeline.config.Schema;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * The keys that clients and servers share, named as in the Collector's {@code configtls.Config}.
 *
 * @param caFile file with the authorities to trust, or empty
 * @param caPem the same in the config itself, or empty
 * @param systemAuthorities whether the system's authorities are trusted beside the given ones
 * @param certFile file with the own certificate and its chain, or empty
 * @param certPem the same in the config itself, or empty
 * @param keyFile file with the own private key, or empty
 * @param keyPem the same in the config itself, or empty
 * @param minVersion least version, empty for 1.2
 * @param maxVersion highest version, empty for the highest there is
 * @param cipherSuites suites of TLS 1.2 that may be used; empty for the usual ones
 * @param insecureCipherSuites whether {@code cipherSuites} may name weak ones
 * @param curves key exchange groups that may be used; empty for the usual ones
 * @param reloadInterval how old a read file may be before a handshake reads it again, 0 for never
 * @param tpm keys in a TPM, which cannot be had
 */
public record TlsSettings(
    String caFile,
    String caPem,
    boolean systemAuthorities,
    String certFile,
    String certPem,
    String keyFile,
    String keyPem,
    String minVersion,
    String maxVersion,
    List<String> cipherSuites,
    boolean insecureCipherSuites,
    List<String> curves,
    Duration reloadInterval,
    Tpm tpm) {

  /**
   * The section {@code tpm}, which is refused when it is enabled.
   *
   * @param enabled whether the key is in a TPM
   * @param path its device
   * @param ownerAuth its password
   * @param auth the key's password
   */
  public record Tpm(boolean enabled, String path, String ownerAuth, String auth) {
    static final Schema<Tpm> SCHEMA =
        Schema.define(
            fields -> {
              var enabled =
                  fields
                      .flag("enabled", false, "Not there: an error if true.")
                      .check(on -> !on, "keys in a TPM cannot be used; put the key into a file");
              var path = fields.text("path", "", "No effect.");
              var ownerAuth = fields.text("owner_auth", "", "No effect.").secret();
              var auth = fields.text("auth", "", "No effect.").secret();
              return values ->
                  new Tpm(
                      values.get(enabled),
                      values.get(path),
                      values.get(ownerAuth),
                      values.get(auth));
            });
  }

  /** The settings of an empty section. */
  static final TlsSettings DEFAULTS =
      new TlsSettings(
          "",
          "",
          false,
          "",
          "",
          "",
          "",
          "",
          "",
          List.of(),
          false,
          List.of(),
          Duration.ZERO,
          new Tpm(false, "", "", ""));

  private static final List<String> VERSIONS = List.of("1.0", "1.1", "1.2", "1.3");

  /** Go's names of key exchange groups, and the JDK's. */
  private static final Map<String, String> CURVES =
      Map.of("X25519", "x25519", "P256", "secp256r1", "P384", "secp384r1", "P521", "secp521r1");

  /** The suites that Go calls secure; the names are the JDK's too. */
  private static final Set<String> SECURE_SUITES =
      Set.of(
          "TLS_AES_128_GCM_SHA256",
          "TLS_AES_256_GCM_SHA384",
          "TLS_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256");

  /** Copies the lists. */
  public TlsSettings {
    cipherSuites = List.copyOf(cipherSuites);
    curves = List.copyOf(curves);
  }

  /** Declares the shared keys in the schema of a client or of a server. */
  static <C> Function<Schema.Values, TlsSettings> declare(Schema.Fields<C> fields) {
    var caFile = fields.text("ca_file", "", "File (PEM) with the authorities to trust.");
    var caPem = fields.text("ca_pem", "", "The same, in the config itself.").secret();
    var system =
        fields.flag(
            "include_system_ca_certs_pool",
            false,
            "Trusts the system's authorities beside those given. If none are given, they are"
                + " trusted anyway.");
    var certFile = fields.text("cert_file", "", "File (PEM) with the own certificate and chain.");
    var certPem = fields.text("cert_pem", "", "The same, in the config itself.").secret();
    var keyFile =
        fields.text("key_file", "", "File (PEM) with the own key: PKCS#8, PKCS#1 or SEC1.");
    var keyPem = fields.text("key_pem", "", "The same, in the config itself.").secret();
    var min =
        fields.text("min_version", "", "Least version, 1.2 or 1.3. Empty, 1.0 and 1.1 mean 1.2.");
    var max = fields.text("max_version", "", "Highest version, 1.2 or 1.3. Empty: 1.3.");
    var suites =
        fields.texts(
            "cipher_suites",
            List.of(),
            "Suites of TLS 1.2 that may be used; those of 1.3 always may. Empty: the JDK's.");
    var weak =
        fields.flag(
            "include_insecure_cipher_suites", false, "`cipher_suites` may name weak suites.");
    var curves =
        fields.texts(
            "curve_preferences",
            List.of(),
            "Key exchange groups that may be used: X25519, P256, P384, P521. Empty: the JDK's.");
    var reload =
        fields
            .duration(
                "reload_interval",
                Duration.ZERO,
                "How old a read certificate, key or list of authorities may be before a handshake"
                    + " reads the file again; 0: never.")
            .check(d -> !d.isNegative(), "must not be negative");
    var tpm = fields.section("tpm", Tpm.SCHEMA, "Keys in a TPM: not there.");
    return values ->
        new TlsSettings(
            values.get(caFile),
            values.get(caPem),
            values.get(system),
            values.get(certFile),
            values.get(certPem),
            values.get(keyFile),
            values.get(keyPem),
            values.get(min),
            values.get(max),
            values.get(suites),
            values.get(weak),
            values.get(curves),
            values.get(reload),
            values.get(tpm));
  }

  /** Returns what is wrong with the settings, before any file is read. */
  List<String> errors() {
    List<String> errors = new ArrayList<>();
    if (!caFile.isEmpty() && !caPem.isEmpty()) {
      errors.add("provide either a CA file or the PEM-encoded string, but not both");
    }
    version("min_version", minVersion, errors);
    version("max_version", maxVersion, errors);
    if (errors.isEmpty() && !maxVersion.isEmpty()) {
      if (VERSIONS.indexOf(maxVersion) < VERSIONS.indexOf(leastVersion())) {
        errors.add(
            minVersion.compareTo(maxVersion) > 0
                ? "invalid TLS configuration: min_version cannot be greater than max_version"
                : "max_version: TLS " + maxVersion + " is broken and cannot be used; take 1.2");
      }
    }
    if (hasCertificate() != hasKey()) {
      errors.add("for auth via TLS, provide both certificate and key, or neither");
    }
    if (!certFile.isEmpty() && !certPem.isEmpty()) {
      errors.add(
          "for auth via TLS, provide either a certificate or the PEM-encoded string, but not"
              + " both");
    }
    if (!keyFile.isEmpty() && !keyPem.isEmpty()) {
      errors.add("for auth via TLS, provide either a key or the PEM-encoded string, but not both");
    }
    for (String suite : cipherSuites) {
      if (!SECURE_SUITES.contains(suite) && !insecureCipherSuites) {
        errors.add(
            "invalid TLS cipher suite: \""
                + suite
                + "\" is unknown or weak; weak ones need include_insecure_cipher_suites: true");
      }
    }
    for (String curve : curves) {
      if (!CURVES.containsKey(curve)) {
        errors.add("invalid curve type: \"" + curve + "\"; there are X25519, P256, P384 and P521");
      }
    }
    return errors;
  }

  private static void version(String key, String version, List<String> errors) {
    if (!version.isEmpty() && !VERSIONS.contains(version)) {
      errors.add("invalid TLS " + key + ": unsupported TLS version: \"" + version + "\"");
    }
  }

  boolean hasCertificate() {
    return !certFile.isEmpty() || !certPem.isEmpty();
  }

  boolean hasKey() {
    return !keyFile.isEmpty() || !keyPem.isEmpty();
  }

  /** Returns whether authorities are given. */
  boolean hasAuthorities() {
    return !caFile.isEmpty() || !caPem.isEmpty();
  }

  /** The JDK does not speak what is older than 1.2. */
  private String leastVersion() {
    return minVersion.compareTo("1.2") < 0 ? "1.2" : minVersion;
  }

  /** Returns the JDK's names of the versions that may be used. */
  String[] protocols() {
    int from = VERSIONS.indexOf(leastVersion());
    int to = maxVersion.isEmpty() ? VERSIONS.size() - 1 : VERSIONS.indexOf(maxVersion);
    return VERSIONS.subList(from, to + 1).stream().map(v -> "TLSv" + v).toArray(String[]::new);
  }

  /** Returns the JDK's names of the groups that may be used; empty for the usual ones. */
  String[] groups() {
    return curves.stream().map(curve -> CURVES.getOrDefault(curve, curve)).toArray(String[]::new);
  }
}
