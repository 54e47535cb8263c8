package dev.weir.pipeline;

/**
 * Keeps queues of other components through a restart of the agent. Found by {@link Host#extension};
 * it has started before whoever uses it and stops after. Thread safe.
 */
public interface StorageExtension extends Extension {

  /** Is told what a queue holds when it is opened, the oldest first. */
  @FunctionalInterface
  interface Visitor {
    /**
     * Takes one record that was appended and not removed.
     *
     * @param number stands for the record from now on
     * @param record what was appended; the visitor may keep it
     */
    void found(long number, byte[] record);
  }

  /**
   * Opens the queue of this component and name; who asks for the same gets the same records. It is
   * open at most once at a time.
   *
   * @param name tells several queues of one component apart, such as the signal
   * @throws StartException if it cannot be opened; the message is for the user
   */
  StoredQueue open(ComponentKind kind, ComponentId id, String name, Visitor visitor)
      throws StartException;
}
