package dev.weir.transport.tls;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/**
 * The names in a certificate's subject alternative names, matched as RFC 6125 6.4 says: a wildcard
 * stands for the whole leftmost label and nothing else. The common name does not count, as in Go.
 */
final class CertificateNames {
  private static final int DNS = 2;
  private static final int ADDRESS = 7;

  private CertificateNames() {}

  /** Returns the names and addresses. */
  static List<String> of(X509Certificate certificate) {
    List<String> names = new ArrayList<>();
    try {
      Collection<List<?>> all = certificate.getSubjectAlternativeNames();
      if (all != null) {
        for (List<?> each : all) {
          if (each.get(0) instanceof Integer kind && (kind == DNS || kind == ADDRESS)) {
            names.add(String.valueOf(each.get(1)));
          }
        }
      }
    } catch (CertificateParsingException e) {
      return List.of(); // a certificate whose names cannot be read has none
    }
    return names;
  }

  /** Returns whether the certificate is for {@code name}, a host name or an address. */
  static boolean has(X509Certificate certificate, String name) {
    String wanted = name.toLowerCase(Locale.ROOT);
    int dot = wanted.indexOf('.');
    for (String each : of(certificate)) {
      String offered = each.toLowerCase(Locale.ROOT);
      if (offered.equals(wanted)) {
        return true;
      }
      if (offered.startsWith("*.")
          && dot > 0
          && offered.substring(1).equals(wanted.substring(dot))) {
        return true;
      }
    }
    return false;
  }
}
