package dev.weir.agent;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The names in the kernel's BTF, which say what it has to attach to ({@link
 * dev.weir.bpf.Hook#btfType}).
 *
 * <p>Only the string section is looked at (header: magic, version, flags, header length, type
 * offset and length, string offset and length); the strings end in a zero byte each.
 */
final class KernelTypeNames {
  private static final int MAGIC = 0xeb9f;
  private static final int HEADER = 24;

  private final String names;

  private KernelTypeNames(String names) {
    this.names = names;
  }

  /**
   * Reads the names out of BTF.
   *
   * @throws IllegalArgumentException if it is not BTF
   */
  static KernelTypeNames of(byte[] btf) {
    if (btf.length < HEADER) {
      throw new IllegalArgumentException("shorter than a BTF header");
    }
    ByteBuffer header = ByteBuffer.wrap(btf).order(ByteOrder.nativeOrder());
    if (Short.toUnsignedInt(header.getShort(0)) != MAGIC) {
      throw new IllegalArgumentException("does not begin like BTF");
    }
    long start =
        Integer.toUnsignedLong(header.getInt(4)) + Integer.toUnsignedLong(header.getInt(16));
    long length = Integer.toUnsignedLong(header.getInt(20));
    if (start + length > btf.length) {
      throw new IllegalArgumentException("is cut short");
    }
    // One byte a character, so that a search is a search over bytes.
    return new KernelTypeNames(
        new String(btf, (int) start, (int) length, StandardCharsets.ISO_8859_1));
  }

  /** Returns whether a type or function has this name. */
  boolean has(String name) {
    return names.contains('\0' + name + '\0');
  }
}
