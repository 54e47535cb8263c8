/** Tests of the agent's own telemetry. */
@NullMarked
package dev.weir.pipeline.telemetry;

import org.jspecify.annotations.NullMarked;
