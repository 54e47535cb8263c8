/**
 * From YAML to a validated config: {@code YAML text -> nodes with file:line -> merged -> expanded
 * -> decoded by each component's schema -> checked}.
 *
 * <p>A component declares one {@link dev.weir.pipeline.config.Schema}; decoding, defaults, null
 * rules, nearest-key errors, redaction, {@code --set} and the table of keys in its README follow
 * from it.
 */
@NullMarked
package dev.weir.pipeline.config;

import org.jspecify.annotations.NullMarked;
