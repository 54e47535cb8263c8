/**
 * TLS of clients and servers: the Collector's {@code configtls} (collector.md 2.2), with
 * certificates and keys in PEM, read again when they change.
 */
@NullMarked
package dev.weir.transport.tls;

import org.jspecify.annotations.NullMarked;
