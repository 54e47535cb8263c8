package dev.weir.bpf;

/** Offsets of {@code struct control} in {@code state.h}: what both sides share by mmap. */
final class ProbeControl {
  static final int GENERATION = 0;
  static final int SNAPSHOT = 4;
  static final int ROW_COUNT = 8;
  static final int SELF_TGID = 12;
  static final int FILE_MODE = 16;
  static final int OVERFLOWED = 24;
  static final int LOST_SAMPLES = 32;
  static final int OVERFLOW_FULL = 40;
  static final int STORAGE_FAILURES = 48;
  static final int ADOPTED = 56;
  static final int UNADOPTED = 64;
  static final int BACKSTOPS = 72;
  static final int EXCLUDED = 80;
  static final int UNINSURED = 88;
  static final int NEXT_SLOT = 96;
  static final int LOST_EVENTS = 104;
  static final int TOTAL = 112;

  private ProbeControl() {}
}
