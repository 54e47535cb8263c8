/** Extension {@code health_check}: see README.md in this folder. */
@NullMarked
package dev.weir.extension.healthcheck;

import org.jspecify.annotations.NullMarked;
