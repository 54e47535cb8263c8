/** What tests of components that talk over the network share. */
@NullMarked
package dev.weir.transport.testing;

import org.jspecify.annotations.NullMarked;
