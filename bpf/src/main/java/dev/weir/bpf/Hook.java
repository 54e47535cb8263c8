package dev.weir.bpf;

import java.util.List;

/**
 * A place in the kernel that a BPF program of the probe attaches to.
 *
 * @param program name of the program in the object
 * @param target what it attaches to, as the kernel names it
 * @param btfType a type whose presence in the kernel's BTF says that the place exists
 * @param required whether nothing works without it
 * @param without what is lost without it, for the user
 */
public record Hook(
    String program, String target, String btfType, boolean required, String without) {
  /** All hooks of the TCP probe, in the order of attachment. */
  public static final List<Hook> TCP =
      List.of(
          new Hook(
              "files",
              "iter/task_file",
              "bpf_iter__task_file",
              false,
              "connections older than the agent are not measured until they close, and a connection"
                  + " that a listener passed to a worker carries the listener's process"),
          new Hook(
              "on_destroy",
              "tp_btf/tcp_destroy_sock",
              "btf_trace_tcp_destroy_sock",
              false,
              "some ends are reported two snapshots late instead of at once, and without their last"
                  + " segments"),
          new Hook(
              "on_receive_reset",
              "tp_btf/tcp_receive_reset",
              "btf_trace_tcp_receive_reset",
              false,
              "tcp.reset does not count received resets"),
          new Hook(
              "on_send_reset",
              "tp_btf/tcp_send_reset",
              "btf_trace_tcp_send_reset",
              false,
              "tcp.reset does not count sent resets"),
          new Hook(
              "on_state",
              "tp_btf/inet_sock_set_state",
              "btf_trace_inet_sock_set_state",
              true,
              "no connection is seen"),
          new Hook(
              "snapshot",
              "iter/bpf_sk_storage_map",
              "bpf_iter__bpf_sk_storage_map",
              true,
              "live connections are not seen until they close"));

  /** What became of a hook. */
  public enum State {
    /** Its program is loaded and attached. */
    ATTACHED,
    /** The kernel has no such place. */
    MISSING,
    /** The place is there, but loading or attaching failed. */
    FAILED
  }

  /**
   * What became of a hook, and why.
   *
   * @param hook which
   * @param state what became of it
   * @param detail why, for the user; empty if attached
   */
  public record Status(Hook hook, State state, String detail) {}
}
