/**
 * Exactness against the real kernel: what the probe counts is what the traffic did, whatever way
 * the connections went and ended.
 */
@NullMarked
package dev.weir.conformance;

import org.jspecify.annotations.NullMarked;
