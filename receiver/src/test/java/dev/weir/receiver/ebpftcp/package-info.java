@NullMarked
package dev.weir.receiver.ebpftcp;

import org.jspecify.annotations.NullMarked;
