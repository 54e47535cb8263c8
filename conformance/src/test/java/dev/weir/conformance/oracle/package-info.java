/**
 * Weir beside the real OpenTelemetry Collector, the oracle: the same configuration, the same input,
 * and what comes out compared. Where Weir differs on purpose, the test has a table that says why.
 *
 * <p>The Collector is built by {@code build/oracle.sh}. Tests that need it carry the tag {@code
 * oracle}; {@code make test} leaves them out, and says so, where Go is missing.
 */
@NullMarked
package dev.weir.conformance.oracle;

import org.jspecify.annotations.NullMarked;
