@NullMarked
package dev.weir.extension.testing;

import org.jspecify.annotations.NullMarked;
