/** Benchmarks. {@code make bench} runs them; their last figures stand in docs/performance.md. */
@NullMarked
package dev.weir.bench;

import org.jspecify.annotations.NullMarked;
