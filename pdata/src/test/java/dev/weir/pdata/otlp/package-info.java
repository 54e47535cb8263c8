@NullMarked
package dev.weir.pdata.otlp;

import org.jspecify.annotations.NullMarked;
