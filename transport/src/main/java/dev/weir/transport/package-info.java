/**
 * What servers and clients of components share: how a server listens over gRPC and HTTP, what its
 * limits are, and how its part of the config file looks. TLS is in {@code dev.weir.transport.tls},
 * compression in {@code dev.weir.transport.compression}.
 */
@NullMarked
package dev.weir.transport;

import org.jspecify.annotations.NullMarked;
