/** Tests of the telemetry in memory. */
@NullMarked
package dev.weir.pdata;

import org.jspecify.annotations.NullMarked;
