/** What the tests of several exporters share. */
@NullMarked
package dev.weir.exporter.testing;

import org.jspecify.annotations.NullMarked;
