@NullMarked
package dev.weir.extension.healthcheck;

import org.jspecify.annotations.NullMarked;
