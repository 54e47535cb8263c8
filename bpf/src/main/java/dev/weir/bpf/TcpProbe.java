package dev.weir.bpf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToIntFunction;
import org.slf4j.Logger;

/**
 * The kernel as a source of connection records: {@code tcp.bpf.c}, loaded and attached. See there
 * for what each program does, and docs/design.md for why totals are exact.
 *
 * <p>Opened, used and closed by one thread at a time, but for {@link #wakeUp}. Maps that the kernel
 * writes are read where they are mapped; nothing is copied before the sink.
 */
public final class TcpProbe implements ConnectionSource {
  private static final String OBJECT = "tcp.bpf.o";
  private static final int PAGE = pageSize();
  private static final int PATIENCE = 2;
  private static final int PASSES_AFTER_DETACH = 2;
  private static final int FILES_LISTENERS = 1;
  private static final int FILES_ADOPT = 2;
  private static final int FILES_OWNERS = 3;

  private final Logger log;
  private final Libc libc;
  private final Libbpf libbpf;
  private final BpfObject object;
  private final ProbeConfig config;
  private final List<Hook.Status> hooks;
  private final Map<String, Integer> programFds;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment callState = arena.allocate(Libc.CALL_STATE);
  private final MemorySegment seqBuffer = arena.allocate(8, 8);
  private final MemorySegment epollEvents = arena.allocate(64, 8);
  private final MemorySegment overflowKey = arena.allocate(OverflowEntry.KEY_SIZE, 8);
  private final MemorySegment overflowSum = arena.allocate(OverflowEntry.SUM_SIZE, 8);
  private final MemorySegment lastTotal = arena.allocate(OverflowEntry.SUM_SIZE, 8);

  private final MemorySegment control;
  private final MemorySegment rows;
  private final RingReader ring;
  private final MemorySegment slots;
  private final ClosingSlots closing;
  private final int[] overflowFds;
  private final int snapshotLink;
  private final int filesLink;
  private final int epoll;
  private final int waker;

  private long recordsRead;
  private long snapshots;
  private long snapshotRows;
  private long snapshotNanos;
  private long overflowEntries;
  private boolean detached;
  private boolean closed;

  private TcpProbe(
      Logger log, Libc libc, Libbpf libbpf, BpfObject object, ProbeConfig config, Loaded loaded)
      throws BpfException {
    this.log = log;
    this.libc = libc;
    this.libbpf = libbpf;
    this.object = object;
    this.config = config;
    this.hooks = loaded.hooks;
    this.programFds = loaded.programFds;
    this.snapshotLink = loaded.snapshotLink;
    this.filesLink = loaded.filesLink;
    this.control = loaded.control;
    this.rows =
        libc.map(
            object.mapFd("rows"),
            pages((long) ConnectionRecord.SIZE * config.rowCapacity()),
            Libc.PROT_READ | Libc.PROT_WRITE,
            0);
    this.slots =
        libc.map(
            object.mapFd("slots"),
            pages((long) ClosingSlots.SIZE * ClosingSlots.SLOTS),
            Libc.PROT_READ | Libc.PROT_WRITE,
            0);
    this.closing = new ClosingSlots(slots, arena);
    this.ring = new RingReader(libc, object.mapFd("ring"), config.ringSize(), PAGE);
    this.overflowFds = new int[] {object.mapFd("overflow_even"), object.mapFd("overflow_odd")};
    this.epoll = libc.newEpoll();
    this.waker = libc.newEventFd();
    // Edge-triggered: the ring wakes when it passes the wake level, not while anything lies in it.
    check(libc.watch(epoll, object.mapFd("ring"), Libc.EPOLLIN | Libc.EPOLLET), "epoll_ctl");
    check(libc.watch(epoll, waker, Libc.EPOLLIN | Libc.EPOLLET), "epoll_ctl");
  }

  /** What is known once the programs are attached. */
  private record Loaded(
      List<Hook.Status> hooks,
      Map<String, Integer> programFds,
      MemorySegment control,
      int snapshotLink,
      int filesLink) {}

  /**
   * Loads and attaches. Connections older than this are adopted before it returns, if the config
   * says so.
   *
   * @throws BpfException if the kernel cannot or may not do it; nothing stays attached then
   */
  public static TcpProbe open(ProbeConfig config, Logger log) throws BpfException {
    Kernel.demandBasics(Kernel.release());
    Libbpf libbpf = Libbpf.find(log);
    Libc libc = new Libc();
    List<Hook.Status> available = Kernel.hooks(libbpf);
    for (Hook.Status status : available) {
      if (status.state() == Hook.State.MISSING && status.hook().required()) {
        throw new BpfException(status.detail() + ": without it " + status.hook().without());
      }
    }
    BpfObject object = BpfObject.open(libbpf, OBJECT);
    boolean good = false;
    try {
      for (Hook.Status status : available) {
        if (status.state() == Hook.State.MISSING) {
          object.skip(status.hook().program());
        }
      }
      object.capacity("ring", config.ringSize());
      object.capacity("rows", config.rowCapacity());
      object.capacity("overflow_even", config.overflowEntries());
      object.capacity("overflow_odd", config.overflowEntries());
      for (String filter : List.of("cidrs", "ports", "processes", "netns")) {
        object.capacity("filter_" + filter, config.filterEntries());
      }
      writeSettings(object.initialValue(".rodata.settings"), config, libc);
      int r = object.load();
      if (r != 0) {
        throw loadFailure(-r);
      }
      new FilterMaps(libbpf, object).fill(config.receivers());
      TcpProbe probe =
          new TcpProbe(log, libc, libbpf, object, config, attach(libc, object, libbpf, available));
      good = true;
      return probe;
    } finally {
      if (!good) {
        object.close();
      }
    }
  }

  private static BpfException loadFailure(int errno) {
    String advice =
        errno == Libc.EPERM || errno == Libc.EACCES
            ? "run as root, or with the capabilities CAP_BPF and CAP_PERFMON (see"
                + " docs/security.md); `weir doctor` says what is missing"
            : "the lines of libbpf above say which program the kernel refused, and why; please report"
                + " them with the kernel's version, "
                + Kernel.release();
    return new BpfException(
        "the kernel did not load the BPF programs (errno " + errno + "): " + advice);
  }

  private static Loaded attach(
      Libc libc, BpfObject object, Libbpf libbpf, List<Hook.Status> available) throws BpfException {
    MemorySegment control =
        libc.map(object.mapFd(".data.control"), PAGE, Libc.PROT_READ | Libc.PROT_WRITE, 0);
    List<Hook.Status> hooks = new ArrayList<>();
    Map<String, Integer> programFds = new LinkedHashMap<>();
    int filesLink = -1;
    int snapshotLink = -1;
    // The order of Hook.TCP: first who we are and who listens, then what needs on_state's storage,
    // then on_state itself, so that no connection is seen by half of the programs.
    for (Hook.Status status : available) {
      Hook hook = status.hook();
      if (status.state() == Hook.State.MISSING) {
        hooks.add(status);
        continue;
      }
      try {
        switch (hook.program()) {
          case "files" -> {
            filesLink = object.attachIterator("files", -1);
            runFiles(libc, libbpf, control, filesLink, FILES_LISTENERS);
          }
          case "snapshot" ->
              snapshotLink = object.attachIterator("snapshot", object.mapFd("conns"));
          default -> object.attach(hook.program());
        }
        programFds.put(hook.program(), libbpf.programFd(object.program(hook.program())));
        hooks.add(new Hook.Status(hook, Hook.State.ATTACHED, ""));
      } catch (BpfException e) {
        if (hook.required()) {
          throw e;
        }
        hooks.add(new Hook.Status(hook, Hook.State.FAILED, String.valueOf(e.getMessage())));
      }
    }
    if (filesLink >= 0) {
      runFiles(libc, libbpf, control, filesLink, FILES_LISTENERS);
      runFiles(libc, libbpf, control, filesLink, FILES_ADOPT);
    }
    return new Loaded(List.copyOf(hooks), Map.copyOf(programFds), control, snapshotLink, filesLink);
  }

  private static void writeSettings(MemorySegment settings, ProbeConfig config, Libc libc)
      throws BpfException {
    int[] range = ephemeralPorts();
    List<ProbeConfig.ReceiverConfig> receivers = config.receivers();
    byte adopt = config.adoptExisting() ? mask(receivers, r -> 1) : 0;
    settings.set(JAVA_BYTE, 0, mask(receivers, r -> 1));
    settings.set(JAVA_BYTE, 1, mask(receivers, r -> r.events() ? 1 : 0));
    settings.set(JAVA_BYTE, 2, mask(receivers, r -> r.excludeSelf() ? 1 : 0));
    settings.set(JAVA_BYTE, 3, adopt);
    settings.set(JAVA_BYTE, 4, mask(receivers, r -> r.include().cidrs().size()));
    settings.set(JAVA_BYTE, 5, mask(receivers, r -> r.include().ports().size()));
    settings.set(JAVA_BYTE, 6, mask(receivers, r -> r.include().processes().size()));
    settings.set(JAVA_BYTE, 7, mask(receivers, r -> r.include().networkNamespaces().size()));
    settings.set(JAVA_BYTE, 8, any(receivers, s -> s.cidrs().size()));
    settings.set(JAVA_BYTE, 9, any(receivers, s -> s.ports().size()));
    settings.set(JAVA_BYTE, 10, any(receivers, s -> s.processes().size()));
    settings.set(JAVA_BYTE, 11, any(receivers, s -> s.networkNamespaces().size()));
    settings.set(JAVA_SHORT, 12, (short) range[0]);
    settings.set(JAVA_SHORT, 14, (short) range[1]);
    settings.set(JAVA_INT, 16, config.rowCapacity());
    settings.set(JAVA_INT, 20, config.ringSize() / 4);
    settings.set(JAVA_INT, 24, ClosingSlots.SLOTS - 1);
    settings.set(JAVA_BYTE, 28, mask(receivers, r -> r.fields() ? 1 : 0));
    settings.set(JAVA_INT, 32, (int) (libc.jiffyNanos() / 1000));
  }

  private static byte mask(
      List<ProbeConfig.ReceiverConfig> receivers, ToIntFunction<ProbeConfig.ReceiverConfig> test) {
    int bits = 0;
    for (int i = 0; i < receivers.size(); i++) {
      bits |= test.applyAsInt(receivers.get(i)) > 0 ? 1 << i : 0;
    }
    return (byte) bits;
  }

  private static byte any(
      List<ProbeConfig.ReceiverConfig> receivers, ToIntFunction<ProbeConfig.Selection> size) {
    return (byte)
        (receivers.stream()
                .anyMatch(r -> size.applyAsInt(r.include()) + size.applyAsInt(r.exclude()) > 0)
            ? 1
            : 0);
  }

  private static int[] ephemeralPorts() throws BpfException {
    try {
      // Not readString: it reads a file of size 0 byte by byte, and a sysctl answers the first read
      // only.
      String[] range =
          Files.readAllLines(Path.of("/proc/sys/net/ipv4/ip_local_port_range"))
              .getFirst()
              .strip()
              .split("\\s+", -1);
      return new int[] {Integer.parseInt(range[0]), Integer.parseInt(range[1])};
    } catch (IOException | RuntimeException e) {
      throw new BpfException("cannot read net.ipv4.ip_local_port_range: is /proc mounted?", e);
    }
  }

  private static int pageSize() {
    // The JVM knows, but says so only through Unsafe; arm64 kernels may have 64 KiB pages.
    // getpagesize
    // costs one call.
    return new PageSize().get();
  }

  private static long pages(long bytes) {
    return (bytes + PAGE - 1) / PAGE * PAGE;
  }

  private static void check(int result, String call) throws BpfException {
    if (result < 0) {
      throw new BpfException(call + " failed: errno " + -result);
    }
  }

  /** Returns what became of each hook. */
  public List<Hook.Status> hooks() {
    return hooks;
  }

  @Override
  public void await(Duration atMost) {
    int n = libc.await(callState, epoll, epollEvents, (int) Math.min(atMost.toMillis(), 60_000));
    if (n < 0 && n != -Libc.EINTR) {
      throw new IllegalStateException("epoll_wait failed: errno " + -n);
    }
  }

  @Override
  public void wakeUp() {
    libc.signal(waker);
  }

  @Override
  public int drain(RecordSink sink) {
    int n = ring.drain(sink);
    recordsRead += n;
    return n;
  }

  @Override
  public int snapshot(RecordSink sink) {
    int n = pass(sink);
    collectUnseen(sink);
    return n;
  }

  private void collectUnseen(RecordSink sink) {
    closing.collect(
        control.get(JAVA_INT, ProbeControl.SNAPSHOT),
        PATIENCE,
        counter(ProbeControl.NEXT_SLOT),
        sink);
  }

  /** Runs the iterator once over all sockets. */
  private int pass(RecordSink sink) {
    int iterator = libbpf.createIterator(snapshotLink);
    if (iterator < 0) {
      throw new IllegalStateException("bpf_iter_create failed: errno " + -iterator);
    }
    return pass(iterator, sink);
  }

  private int pass(int iterator, RecordSink sink) {
    long begin = System.nanoTime();
    control.set(JAVA_INT, ProbeControl.SNAPSHOT, control.get(JAVA_INT, ProbeControl.SNAPSHOT) + 1);
    control.set(JAVA_INT, ProbeControl.ROW_COUNT, 0);
    int n = 0;
    try {
      long read = 1;
      // EAGAIN: the kernel passed a million sockets without a word and wants to be asked again.
      while (read > 0 || read == -Libc.EAGAIN || read == -Libc.EINTR) {
        read = libc.read(callState, iterator, seqBuffer);
        n += takeRows(sink);
      }
      if (read < 0) {
        throw new IllegalStateException("reading the iterator failed: errno " + -read);
      }
    } finally {
      libc.close(iterator);
    }
    snapshots++;
    snapshotRows = n;
    snapshotNanos = System.nanoTime() - begin;
    return n;
  }

  private int takeRows(RecordSink sink) {
    int n = control.get(JAVA_INT, ProbeControl.ROW_COUNT);
    int live = 0;
    for (int i = 0; i < n; i++) {
      long at = (long) i * ConnectionRecord.SIZE;
      live += ConnectionRecord.kind(rows, at) == ConnectionRecord.KIND_LIVE ? 1 : 0;
      sink.accept(rows, at);
    }
    control.set(JAVA_INT, ProbeControl.ROW_COUNT, 0);
    return live;
  }

  @Override
  public void foldOverflow(OverflowSink sink) {
    int generation = control.get(JAVA_INT, ProbeControl.GENERATION);
    int old = overflowFds[(generation + 1) & 1];
    int entries = 0;
    while (libbpf.nextKey(old, MemorySegment.NULL, overflowKey) == 0) {
      int r = libbpf.lookupAndDelete(old, overflowKey, overflowSum);
      if (r != 0) {
        log.warn("an entry of the overflow hash could not be taken: errno {}", -r);
        break;
      }
      sink.accept(overflowKey, overflowSum);
      entries++;
    }
    overflowEntries = entries;
    // Writers that read the old number are done within microseconds; their map is folded a call
    // later.
    control.set(JAVA_INT, ProbeControl.GENERATION, generation + 1);
    takeTotal(sink);
  }

  private void takeTotal(OverflowSink sink) {
    boolean any = false;
    for (int at = 0; at < OverflowEntry.SUM_SIZE; at += Long.BYTES) {
      long now = control.get(JAVA_LONG, ProbeControl.TOTAL + at);
      long delta = now - lastTotal.get(JAVA_LONG, at);
      lastTotal.set(JAVA_LONG, at, now);
      overflowSum.set(JAVA_LONG, at, delta);
      any |= delta != 0;
    }
    if (any) {
      sink.acceptTotal(overflowSum);
    }
  }

  @Override
  public void sweepOwners() {
    if (filesLink >= 0) {
      runFiles(libc, libbpf, control, filesLink, FILES_OWNERS);
    }
  }

  private static void runFiles(
      Libc libc, Libbpf libbpf, MemorySegment control, int link, int mode) {
    control.set(JAVA_INT, ProbeControl.FILE_MODE, mode);
    int iterator = libbpf.createIterator(link);
    if (iterator < 0) {
      throw new IllegalStateException("bpf_iter_create failed: errno " + -iterator);
    }
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment state = scratch.allocate(Libc.CALL_STATE);
      MemorySegment buffer = scratch.allocate(8, 8);
      long read = 1;
      while (read > 0 || read == -Libc.EAGAIN || read == -Libc.EINTR) {
        read = libc.read(state, iterator, buffer);
      }
      if (read < 0) {
        throw new IllegalStateException("reading the iterator failed: errno " + -read);
      }
    } finally {
      libc.close(iterator);
    }
  }

  @Override
  public ProbeStatistics statistics() {
    Map<String, Long> misses = new HashMap<>();
    programFds.forEach((name, fd) -> misses.put(name, detached ? 0 : libbpf.recursionMisses(fd)));
    return new ProbeStatistics(
        recordsRead,
        ring.fill(),
        config.ringSize(),
        counter(ProbeControl.OVERFLOWED),
        counter(ProbeControl.OVERFLOW_FULL),
        counter(ProbeControl.LOST_SAMPLES),
        misses,
        counter(ProbeControl.STORAGE_FAILURES),
        counter(ProbeControl.ADOPTED),
        counter(ProbeControl.UNADOPTED),
        Map.of(
            "overflow",
            overflowEntries,
            "rows",
            Math.min(snapshotRows, config.rowCapacity()),
            "closing",
            closing.busy()),
        Map.of("overflow", (long) config.overflowEntries(), "rows", (long) config.rowCapacity()),
        snapshots,
        snapshotRows,
        snapshotNanos,
        counter(ProbeControl.BACKSTOPS),
        closing.taken(),
        counter(ProbeControl.UNINSURED),
        counter(ProbeControl.LOST_EVENTS));
  }

  private long counter(int offset) {
    return control.get(JAVA_LONG, offset);
  }

  @Override
  public void finish(RecordSink records, OverflowSink overflow) {
    finish(records, overflow, () -> {}, PASSES_AFTER_DETACH);
  }

  /** The same; a test says what happens before the detach, and takes the passes after it away. */
  void finish(RecordSink records, OverflowSink overflow, Runnable beforeDetach, int passes) {
    // The first pass takes all that lives while ends are still reported; the second what moved on
    // until
    // the programs were detached; the third is for what a pass may skip. After that no end can be
    // reported any more, so what no pass found is gone. An iterator lives on without its link.
    int live = snapshot(records);
    int[] iterators = new int[passes];
    Arrays.setAll(iterators, _ -> libbpf.createIterator(snapshotLink));
    beforeDetach.run();
    detached = true;
    object.detach();
    for (int iterator : iterators) {
      if (iterator >= 0) {
        int _ = pass(iterator, records);
        collectUnseen(records);
      }
    }
    int ended = drain(records);
    foldOverflow(overflow);
    foldOverflow(overflow);
    log.debug("last snapshot: {} live connections, {} records in the ring", live, ended);
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    ring.close();
    libc.unmap(rows);
    libc.unmap(slots);
    libc.unmap(control);
    libc.close(epoll);
    libc.close(waker);
    object.close();
    arena.close();
  }

  @Override
  public String toString() {
    long attached = hooks.stream().filter(h -> h.state() == Hook.State.ATTACHED).count();
    return String.format(Locale.ROOT, "hooks %d of %d", attached, hooks.size());
  }

  /** Writes the filters of all receivers into the kernel's maps. */
  private record FilterMaps(Libbpf libbpf, BpfObject object) {
    /** Which receivers include and which exclude one thing. */
    private record Choice(int include, int exclude) {
      Choice plus(Choice other) {
        return new Choice(include | other.include, exclude | other.exclude);
      }
    }

    void fill(List<ProbeConfig.ReceiverConfig> receivers) throws BpfException {
      Map<ProbeConfig.Cidr, Choice> cidrs = new LinkedHashMap<>();
      Map<Integer, Choice> ports = new LinkedHashMap<>();
      Map<String, Choice> processes = new LinkedHashMap<>();
      Map<Integer, Choice> namespaces = new LinkedHashMap<>();
      for (int i = 0; i < receivers.size(); i++) {
        ProbeConfig.ReceiverConfig receiver = receivers.get(i);
        Choice include = new Choice(1 << i, 0);
        Choice exclude = new Choice(0, 1 << i);
        collect(receiver.include(), include, cidrs, ports, processes, namespaces);
        collect(receiver.exclude(), exclude, cidrs, ports, processes, namespaces);
      }
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment key = arena.allocate(20, 8);
        for (ProbeConfig.Cidr cidr : cidrs.keySet()) {
          // The kernel finds the longest match only: each prefix carries what its covering ones
          // say.
          Choice all = new Choice(0, 0);
          for (Map.Entry<ProbeConfig.Cidr, Choice> other : cidrs.entrySet()) {
            all = other.getKey().covers(cidr) ? all.plus(other.getValue()) : all;
          }
          key.set(JAVA_INT, 0, cidr.mappedPrefixLength());
          MemorySegment.copy(cidr.mappedAddress(), 0, key, JAVA_BYTE, 4, 16);
          put("filter_cidrs", key, all, cidr, arena);
        }
        MemorySegment number = arena.allocate(JAVA_INT);
        for (Map.Entry<Integer, Choice> e : ports.entrySet()) {
          number.set(JAVA_INT, 0, e.getKey());
          put("filter_ports", number, e.getValue(), e.getKey(), arena);
        }
        for (Map.Entry<Integer, Choice> e : namespaces.entrySet()) {
          number.set(JAVA_INT, 0, e.getKey());
          put("filter_netns", number, e.getValue(), e.getKey(), arena);
        }
        MemorySegment name = arena.allocate(16, 8);
        for (Map.Entry<String, Choice> e : processes.entrySet()) {
          byte[] bytes = e.getKey().getBytes(StandardCharsets.UTF_8);
          name.fill((byte) 0);
          MemorySegment.copy(bytes, 0, name, JAVA_BYTE, 0, Math.min(bytes.length, 15));
          put("filter_processes", name, e.getValue(), e.getKey(), arena);
        }
      }
    }

    private static void collect(
        ProbeConfig.Selection selection,
        Choice choice,
        Map<ProbeConfig.Cidr, Choice> cidrs,
        Map<Integer, Choice> ports,
        Map<String, Choice> processes,
        Map<Integer, Choice> namespaces) {
      selection.cidrs().forEach(c -> cidrs.merge(c, choice, Choice::plus));
      selection.ports().forEach(p -> ports.merge(p, choice, Choice::plus));
      selection.processes().forEach(p -> processes.merge(p, choice, Choice::plus));
      selection.networkNamespaces().forEach(n -> namespaces.merge(n, choice, Choice::plus));
    }

    private void put(String map, MemorySegment key, Choice choice, Object what, Arena arena)
        throws BpfException {
      MemorySegment value = arena.allocate(4, 4);
      value.set(JAVA_BYTE, 0, (byte) choice.include());
      value.set(JAVA_BYTE, 1, (byte) choice.exclude());
      int r = libbpf.update(object.mapFd(map), key, value);
      if (r != 0) {
        throw new BpfException(
            "filter "
                + what
                + " does not fit "
                + map
                + " (filter_entries too small?): errno "
                + -r);
      }
    }
  }
}
