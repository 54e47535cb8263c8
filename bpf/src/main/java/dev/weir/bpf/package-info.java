/**
 * BPF programs and libbpf, called through Java's foreign function API: load, attach, read the ring,
 * iterate, detach.
 *
 * <p>The programs are in {@code src/main/bpf}. What they hand over is a {@link
 * dev.weir.bpf.ConnectionRecord}; who takes it is a {@link dev.weir.bpf.RecordSink}; where it comes
 * from is a {@link dev.weir.bpf.ConnectionSource}. How totals stay exact is told in docs/design.md.
 */
@NullMarked
package dev.weir.bpf;

import org.jspecify.annotations.NullMarked;
