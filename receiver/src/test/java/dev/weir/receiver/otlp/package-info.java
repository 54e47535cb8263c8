@NullMarked
package dev.weir.receiver.otlp;

import org.jspecify.annotations.NullMarked;
