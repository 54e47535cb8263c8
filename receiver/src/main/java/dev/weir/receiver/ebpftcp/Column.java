package dev.weir.receiver.ebpftcp;

import dev.weir.bpf.Outcome;

/**
 * What a row adds up, one {@code long} each. Error types and directions are columns and not rows:
 * so a row is found once for everything that a record brings.
 */
@SuppressWarnings("EnumOrdinal") // ordinals are the positions in a row, and the kernel's numbers
enum Column {
  /** The only one that may go down. */
  ACTIVE(Variant.BASE, false),
  // What nearly every record adds to stands together, so that it lies in two lines of the cache.
  OPENED(Variant.BASE, false),
  CLOSED(Variant.BASE, false),
  SENT(Variant.TRANSMIT, false),
  RECEIVED(Variant.RECEIVE, false),
  SEGMENTS_OUT(Variant.TRANSMIT, false),
  SEGMENTS_IN(Variant.RECEIVE, false),
  RETRANSMITS(Variant.BASE, false),
  LOST(Variant.BASE, false),
  RESETS_OUT(Variant.TRANSMIT, true),
  RESETS_IN(Variant.RECEIVE, true),
  CLOSED_RESET(Variant.of(Outcome.RESET), true),
  CLOSED_TIMED_OUT(Variant.of(Outcome.TIMED_OUT), true),
  CLOSED_OTHER(Variant.of(Outcome.OTHER), true),
  FAILED_REFUSED(Variant.of(Outcome.REFUSED), true),
  FAILED_TIMED_OUT(Variant.of(Outcome.TIMED_OUT), true),
  FAILED_HOST_UNREACHABLE(Variant.of(Outcome.HOST_UNREACHABLE), true),
  FAILED_NET_UNREACHABLE(Variant.of(Outcome.NET_UNREACHABLE), true),
  FAILED_RESET(Variant.of(Outcome.RESET), true),
  FAILED_ABORTED(Variant.of(Outcome.ABORTED), true),
  FAILED_ADDRESS_UNAVAILABLE(Variant.of(Outcome.ADDRESS_UNAVAILABLE), true),
  FAILED_OTHER(Variant.of(Outcome.OTHER), true);

  /** Where the columns begin that only ever grow. */
  static final int FIRST_COUNTER = ACTIVE.ordinal() + 1;

  /** How many columns there are. */
  static final int COUNT = FAILED_OTHER.ordinal() + 1;

  private final int variant;
  private final boolean rare;

  Column(int variant, boolean rare) {
    this.variant = variant;
    this.rare = rare;
  }

  /** Returns which of the row's attribute sets its points carry: see {@link Variant}. */
  int variant() {
    return variant;
  }

  /** Returns whether the point appears only once it is not zero. */
  boolean rare() {
    return rare;
  }

  /**
   * Returns the column of {@code closed} for an outcome: {@code other} for all without their own.
   */
  static int closed(int outcome) {
    if (outcome == 0) {
      return CLOSED.ordinal();
    }
    if (outcome == Outcome.RESET.ordinal()) {
      return CLOSED_RESET.ordinal();
    }
    return outcome == Outcome.TIMED_OUT.ordinal()
        ? CLOSED_TIMED_OUT.ordinal()
        : CLOSED_OTHER.ordinal();
  }

  /**
   * Returns the column of {@code failed} for an outcome: {@code other} for none and unknown ones.
   */
  static int failed(int outcome) {
    return outcome >= 1 && outcome <= Outcome.OTHER.ordinal()
        ? FAILED_REFUSED.ordinal() + outcome - 1
        : FAILED_OTHER.ordinal();
  }

  /** The attribute sets of one row: its own, with a direction, with an error type. */
  static final class Variant {
    static final int BASE = 0;
    static final int TRANSMIT = 1;
    static final int RECEIVE = 2;

    /** How many there are. */
    static final int COUNT = RECEIVE + Outcome.OTHER.ordinal() + 1;

    private Variant() {}

    /** Returns the set with this outcome's error type. */
    static int of(Outcome outcome) {
      return RECEIVE + outcome.ordinal();
    }

    /** Returns the outcome of a set above {@link #RECEIVE}. */
    static Outcome outcome(int variant) {
      return Outcome.values()[variant - RECEIVE];
    }
  }
}
