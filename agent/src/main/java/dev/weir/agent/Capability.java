package dev.weir.agent;

/** The Linux capabilities that matter to the agent, with their bits ({@code capabilities(7)}). */
enum Capability {
  CAP_SYS_PTRACE(19),
  CAP_SYS_ADMIN(21),
  CAP_PERFMON(38),
  CAP_BPF(39);

  private final int bit;

  Capability(int bit) {
    this.bit = bit;
  }

  /** Returns whether the mask, as /proc/self/status shows it, has this capability. */
  boolean in(long mask) {
    return (mask >>> bit & 1) != 0;
  }
}
