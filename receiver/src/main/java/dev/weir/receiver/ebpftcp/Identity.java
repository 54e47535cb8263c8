package dev.weir.receiver.ebpftcp;

import dev.weir.pdata.Text;
import org.jspecify.annotations.Nullable;

/**
 * Whose cgroup a socket is in.
 *
 * @param containerId 64 hexadecimal digits, or null outside a container
 * @param podUid with dashes as Kubernetes writes it, or null outside a pod
 */
record Identity(@Nullable Text containerId, @Nullable Text podUid) {
  /** Neither container nor pod. */
  static final Identity NONE = new Identity(null, null);

  /** Finds the identity behind a socket's cgroup and owner. */
  @FunctionalInterface
  interface Resolver {
    /** Knows nobody. */
    Resolver NOBODY = (cgroup, tgid) -> NONE;

    /**
     * Returns whose it is.
     *
     * @param cgroup id of the cgroup v2, 0 unknown
     * @param tgid the owner in the initial PID namespace, 0 unknown
     */
    Identity resolve(long cgroup, int tgid);
  }
}
