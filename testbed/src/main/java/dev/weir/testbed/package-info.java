/**
 * What tests against the real kernel stand on: network namespaces ({@link
 * dev.weir.testbed.Namespaces}), traffic of which every figure is known ({@link
 * dev.weir.testbed.Traffic}), the agent as a process of its own ({@link
 * dev.weir.testbed.AgentProcess}), a real Prometheus ({@link dev.weir.testbed.PrometheusServer})
 * and what the kernel says is loaded ({@link dev.weir.testbed.BpfTool}).
 *
 * <p>Needs root. Nothing here skips: what is missing fails with a message that says what to
 * install.
 */
@NullMarked
package dev.weir.testbed;

import org.jspecify.annotations.NullMarked;
