/**
 * Packing and unpacking of message bodies, under the names that HTTP and gRPC have for it, with a
 * limit on what may come out. The errors are worded as the Collector words them.
 */
@NullMarked
package dev.weir.transport.compression;

import org.jspecify.annotations.NullMarked;
