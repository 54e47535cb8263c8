/**
 * The receiver {@code ebpf_tcp}: every TCP connection of this machine, as metrics and as log
 * records. README.md beside this package says what can be configured, docs/metrics.md what it
 * measures.
 *
 * <p>Path of a record: {@link dev.weir.bpf.ConnectionSource} -> {@code SharedSource} (one thread
 * reads for all receivers) -> {@code RowTable} (one row for each distinct set of enabled
 * attributes) -> {@code MetricBatch} (each interval) -> {@code MetricOutlet} (a thread of its own
 * hands over). Connection events go by {@code EventQueue} and {@code EventOutlet}.
 */
@NullMarked
package dev.weir.receiver.ebpftcp;

import org.jspecify.annotations.NullMarked;
