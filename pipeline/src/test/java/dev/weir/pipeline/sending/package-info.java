@NullMarked
package dev.weir.pipeline.sending;

import org.jspecify.annotations.NullMarked;
