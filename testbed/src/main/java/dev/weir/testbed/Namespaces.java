package dev.weir.testbed;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Two network namespaces, one for the client and one for the server, joined by a veth pair.
 *
 * <p>Each pair has addresses that no other pair of this machine has, so that a test finds its own
 * connections among everybody's. {@link #close} removes it all; what a crashed run left is removed
 * by the next {@link #create}.
 *
 * <p>Beyond the server, whose namespace forwards, lie networks that answer each in its way: see
 * {@link Beyond}.
 */
public final class Namespaces implements AutoCloseable {
  /** One end of the pair. */
  public enum End {
    CLIENT,
    SERVER
  }

  /** Addresses that the server's namespace, as a router, refuses to forward to. */
  public enum Beyond {
    /** ICMP host unreachable. */
    NO_HOST("192.0.2.9", "EHOSTUNREACH"),
    /** ICMP net unreachable. */
    NO_NETWORK("198.51.100.9", "ENETUNREACH"),
    /** ICMPv6 address unreachable. */
    NO_HOST_6("2001:db8:1::9", "EHOSTUNREACH"),
    /** ICMPv6 no route. */
    NO_NETWORK_6("2001:db8:2::9", "ENETUNREACH"),
    /** ICMPv6 administratively prohibited. */
    PROHIBITED_6("2001:db8:3::9", "EACCES");

    private final String address;
    private final String errno;

    Beyond(String address, String errno) {
      this.address = address;
      this.errno = errno;
    }

    /** The address to connect to. */
    public String address() {
      return address;
    }

    /** What connect then says. */
    public String errno() {
      return errno;
    }
  }

  private static final Pattern DROPPED = Pattern.compile("\\(dropped (\\d+)");
  private static final String PREFIX = "weirtb-";
  private static final AtomicInteger MADE = new AtomicInteger();

  private final String client;
  private final String server;
  private final String subnet4;
  private final String subnet6;

  private Namespaces(int number) {
    long pid = ProcessHandle.current().pid();
    client = PREFIX + pid + "-" + number + "c";
    server = PREFIX + pid + "-" + number + "s";
    long mixed = pid + number * 17L;
    subnet4 = "10." + (64 + pid / 251 % 128) + "." + mixed % 251;
    subnet6 = "fd" + Long.toHexString(64 + pid / 251 % 128) + ":" + Long.toHexString(mixed % 65536);
  }

  /** Makes a pair with links up, IPv4 and IPv6. */
  public static Namespaces create() {
    Command.require("ip", "iproute2");
    removeLeftOvers();
    Namespaces pair = new Namespaces(MADE.incrementAndGet());
    try {
      pair.build();
    } catch (Throwable t) {
      pair.close();
      throw t;
    }
    return pair;
  }

  private void build() {
    for (End end : End.values()) {
      Command.run("ip", "netns", "add", name(end));
      // Loss is decided once, quickly: three retransmits a second apart would only cost time.
      sysctl(end, "net.ipv4.tcp_syn_linear_timeouts", "0");
      sysctl(end, "net.ipv4.icmp_ratelimit", "0");
      sysctl(end, "net.ipv6.icmp.ratelimit", "0");
      sysctl(end, "net.ipv4.ip_local_port_range", "1024 65535");
      sysctl(end, "net.ipv6.conf.default.accept_dad", "0");
      sysctl(end, "net.ipv6.conf.default.keep_addr_on_down", "1");
    }
    Command.run(
        "ip", "link", "add", "veth0", "netns", client, "type", "veth", "peer", "name", "veth0",
        "netns", server);
    for (End end : End.values()) {
      ip(end, "addr", "add", address4(end) + "/24", "dev", "veth0");
      ip(end, "addr", "add", address6(end) + "/64", "dev", "veth0", "nodad");
      ip(end, "link", "set", "lo", "up");
      ip(end, "link", "set", "veth0", "up");
    }
    ip(End.CLIENT, "route", "add", "default", "via", server4());
    ip(End.CLIENT, "-6", "route", "add", "default", "via", server6());
    sysctl(End.SERVER, "net.ipv4.ip_forward", "1");
    sysctl(End.SERVER, "net.ipv6.conf.all.forwarding", "1");
    ip(End.SERVER, "route", "add", "unreachable", "192.0.2.0/24");
    // No IPv6 route makes the kernel say "address unreachable"; a neighbour that is silent does.
    sysctl(End.SERVER, "net.ipv6.neigh.veth0.mcast_solicit", "2");
    sysctl(End.SERVER, "net.ipv6.neigh.veth0.retrans_time_ms", "100");
    ip(End.SERVER, "-6", "route", "add", "2001:db8:1::/48", "dev", "veth0");
    ip(End.SERVER, "-6", "route", "add", "prohibit", "2001:db8:3::/48");
  }

  /** The name that {@code ip netns} knows. */
  public String name(End end) {
    return end == End.CLIENT ? client : server;
  }

  /** The client's IPv4 address. */
  public String client4() {
    return address4(End.CLIENT);
  }

  /** The server's IPv4 address. */
  public String server4() {
    return address4(End.SERVER);
  }

  /** The client's IPv6 address. */
  public String client6() {
    return address6(End.CLIENT);
  }

  /** The server's IPv6 address. */
  public String server6() {
    return address6(End.SERVER);
  }

  /** The server's IPv4 address as an IPv6 socket writes it. */
  public String serverMapped() {
    return "::ffff:" + server4();
  }

  private String address4(End end) {
    return subnet4 + (end == End.CLIENT ? ".1" : ".2");
  }

  private String address6(End end) {
    return subnet6 + (end == End.CLIENT ? "::1" : "::2");
  }

  /** Inode number of the namespace: the attribute {@code network.namespace}. */
  public long inode(End end) {
    return Long.parseLong(Command.run("stat", "-L", "-c", "%i", "/run/netns/" + name(end)).strip());
  }

  /** Sets a kernel parameter of one namespace. */
  public void sysctl(End end, String key, String value) {
    run(end, "sysctl", "-q", "-w", key + "=" + value);
  }

  /** Puts both ends behind a slow link with a short queue, which drops in the own host. */
  public void shape() {
    for (End end : End.values()) {
      run(
          end, "tc", "qdisc", "add", "dev", "veth0", "root", "tbf", "rate", "50mbit", "burst",
          "20kb", "limit", "30kb");
    }
  }

  /** How many packets the queue of {@link #shape} has dropped at one end. */
  public long queueDrops(End end) {
    Matcher said = DROPPED.matcher(run(end, "tc", "-s", "qdisc", "show", "dev", "veth0"));
    if (said.find()) {
      return Long.parseLong(said.group(1));
    }
    throw new AssertionError("no queue at " + name(end));
  }

  /** Spreads received packets of both ends over the first two CPUs (receive packet steering). */
  public void spread() {
    for (End end : End.values()) {
      run(
          end,
          "sh",
          "-c",
          "for q in /sys/class/net/veth0/queues/rx-*/rps_cpus; do echo 3 > $q; done");
    }
  }

  /** Takes one end's link down. */
  public void linkDown(End end) {
    ip(end, "link", "set", "veth0", "down");
  }

  /** Takes one end's link up. */
  public void linkUp(End end) {
    ip(end, "link", "set", "veth0", "up");
  }

  /** Runs a command in one namespace; it must succeed. Returns its standard output. */
  public String run(End end, String... line) {
    List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", name(end)));
    all.addAll(Arrays.asList(line));
    return Command.run(all);
  }

  private void ip(End end, String... line) {
    List<String> all = new ArrayList<>(List.of("ip", "-n", name(end)));
    all.addAll(Arrays.asList(line));
    Command.run(all);
  }

  /** Names of all namespaces that any test bed made and not yet removed. */
  static List<String> present() {
    return Command.run("ip", "netns", "list")
        .lines()
        .map(line -> line.split(" ", 2)[0])
        .filter(name -> name.startsWith(PREFIX))
        .toList();
  }

  /** Removes the namespaces of processes that are no more. */
  private static void removeLeftOvers() {
    for (String name : present()) {
      String owner = name.substring(PREFIX.length()).split("-", 2)[0];
      if (!owner.matches("\\d+") || ProcessHandle.of(Long.parseLong(owner)).isEmpty()) {
        remove(name);
      }
    }
  }

  private static void remove(String name) {
    // Two runs may clear the same left-over at once.
    Command done = Command.attempt(List.of("ip", "netns", "del", name), Duration.ofSeconds(60));
    if (done.exitCode() != 0 && present().contains(name)) {
      throw new AssertionError(done.toString());
    }
  }

  @Override
  public void close() {
    for (End end : End.values()) {
      if (present().contains(name(end))) {
        remove(name(end));
      }
    }
  }
}
