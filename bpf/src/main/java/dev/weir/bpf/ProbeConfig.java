package dev.weir.bpf;

import java.net.InetAddress;
import java.util.List;

/**
 * What the probe is loaded with; fixed while it is attached.
 *
 * @param ringSize bytes of the ring, a power of two, at least a page
 * @param rowCapacity rows that one chunk of a snapshot holds
 * @param overflowEntries entries of each of the two overflow hashes
 * @param filterEntries entries of each filter map
 * @param adoptExisting whether connections older than the agent are measured from now on
 * @param receivers who reads, at most {@link #MAX_RECEIVERS}; bit i of {@link
 *     ConnectionRecord#wanted} is the i-th
 */
public record ProbeConfig(
    int ringSize,
    int rowCapacity,
    int overflowEntries,
    int filterEntries,
    boolean adoptExisting,
    List<ReceiverConfig> receivers) {
  /** One bit each in a byte. */
  public static final int MAX_RECEIVERS = 8;

  /** Copies the list. */
  public ProbeConfig {
    receivers = List.copyOf(receivers);
    if (receivers.isEmpty() || receivers.size() > MAX_RECEIVERS) {
      throw new IllegalArgumentException(
          "between 1 and " + MAX_RECEIVERS + " receivers, not " + receivers.size());
    }
  }

  /**
   * What one receiver wants; decided once a socket, in the kernel.
   *
   * @param events whether open records are wanted, for logs
   * @param excludeSelf whether the agent's own connections are left out
   * @param include only what matches each of its lists that is not empty
   * @param exclude all but what matches any of its lists
   * @param fields whether each live row is followed by one of further fields: {@link TcpField}
   */
  public record ReceiverConfig(
      boolean events, boolean excludeSelf, Selection include, Selection exclude, boolean fields) {
    /** Without further fields. */
    public ReceiverConfig(
        boolean events, boolean excludeSelf, Selection include, Selection exclude) {
      this(events, excludeSelf, include, exclude, false);
    }
  }

  /**
   * A selection of connections. An empty list says nothing.
   *
   * @param cidrs networks, either end
   * @param ports the server's port
   * @param processes names of the owner's main thread, at most 15 bytes
   * @param networkNamespaces inode numbers
   */
  public record Selection(
      List<Cidr> cidrs,
      List<Integer> ports,
      List<String> processes,
      List<Integer> networkNamespaces) {
    /** Selects nothing in particular. */
    public static final Selection NONE = new Selection(List.of(), List.of(), List.of(), List.of());

    /** Copies the lists. */
    public Selection {
      cidrs = List.copyOf(cidrs);
      ports = List.copyOf(ports);
      processes = List.copyOf(processes);
      networkNamespaces = List.copyOf(networkNamespaces);
    }
  }

  /**
   * A network: an address and how many of its leading bits count. Addresses are compared in IPv6
   * form, IPv4 as {@code ::ffff:a.b.c.d}.
   */
  public record Cidr(InetAddress address, int prefixLength) {
    private static final int V4_OFFSET = 96;

    /** Checks the length of the prefix. */
    public Cidr {
      if (prefixLength < 0 || prefixLength > address.getAddress().length * Byte.SIZE) {
        throw new IllegalArgumentException("prefix length " + prefixLength + " of " + address);
      }
    }

    int mappedPrefixLength() {
      return address.getAddress().length == 4 ? prefixLength + V4_OFFSET : prefixLength;
    }

    byte[] mappedAddress() {
      byte[] bytes = address.getAddress();
      if (bytes.length == 16) {
        return bytes;
      }
      byte[] mapped = new byte[16];
      mapped[10] = (byte) 0xff;
      mapped[11] = (byte) 0xff;
      System.arraycopy(bytes, 0, mapped, 12, 4);
      return mapped;
    }

    boolean covers(Cidr other) {
      int bits = mappedPrefixLength();
      if (bits > other.mappedPrefixLength()) {
        return false;
      }
      byte[] mine = mappedAddress();
      byte[] theirs = other.mappedAddress();
      for (int i = 0; i < bits; i++) {
        int mask = 0x80 >> (i % Byte.SIZE);
        if ((mine[i / Byte.SIZE] & mask) != (theirs[i / Byte.SIZE] & mask)) {
          return false;
        }
      }
      return true;
    }
  }
}
