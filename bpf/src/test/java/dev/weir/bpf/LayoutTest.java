package dev.weir.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Holds the Java side's offsets against the BTF that clang wrote for the C side. */
class LayoutTest {
  private static final Pattern STRUCT =
      Pattern.compile("^\\[\\d+\\] STRUCT '(\\w+)' size=(\\d+) vlen=\\d+$");
  private static final Pattern MEMBER =
      Pattern.compile("^\\s+'(\\w+)' type_id=\\d+ bits_offset=(\\d+).*$");

  /** Struct name to member name to byte offset; member "" is the size. */
  private static final Map<String, Map<String, Integer>> LAYOUTS = new LinkedHashMap<>();

  @BeforeAll
  static void readBtf(@TempDir Path directory) throws Exception {
    Path object = directory.resolve("tcp.bpf.o");
    try (InputStream in = LayoutTest.class.getResourceAsStream("tcp.bpf.o")) {
      assertThat(in).as("compiled object").isNotNull();
      Files.copy(in, object);
    }
    Process dump =
        new ProcessBuilder("bpftool", "btf", "dump", "file", object.toString())
            .redirectErrorStream(true)
            .start();
    String text = new String(dump.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(dump.waitFor()).as(text).isZero();
    Map<String, Integer> members = new LinkedHashMap<>();
    for (String line : text.lines().toList()) {
      Matcher struct = STRUCT.matcher(line);
      Matcher member = MEMBER.matcher(line);
      if (struct.matches()) {
        members = new LinkedHashMap<>();
        members.put("", Integer.valueOf(struct.group(2)));
        LAYOUTS.put(struct.group(1), members);
      } else if (line.startsWith("[")) {
        members = new LinkedHashMap<>();
      } else if (member.matches()) {
        members.put(member.group(1), Integer.parseInt(member.group(2)) / 8);
      }
    }
  }

  private static int at(String struct, String member) {
    return LAYOUTS.getOrDefault(struct, Map.of()).getOrDefault(member, -1);
  }

  @Test
  void connectionRecordsLieWhereJavaReadsThem() {
    assertThat(LAYOUTS.get("record"))
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry("", ConnectionRecord.SIZE),
                Map.entry("time", ConnectionRecord.TIME),
                Map.entry("cookie", ConnectionRecord.COOKIE),
                Map.entry("start", ConnectionRecord.START),
                Map.entry("established", ConnectionRecord.ESTABLISHED),
                Map.entry("cgroup", ConnectionRecord.CGROUP),
                Map.entry("sent", ConnectionRecord.SENT),
                Map.entry("received", ConnectionRecord.RECEIVED),
                Map.entry("total_sent", ConnectionRecord.TOTAL_SENT),
                Map.entry("total_received", ConnectionRecord.TOTAL_RECEIVED),
                Map.entry("delta", ConnectionRecord.DELTA),
                Map.entry("total", ConnectionRecord.TOTAL),
                Map.entry("srtt_us", ConnectionRecord.SRTT_US),
                Map.entry("min_rtt_us", ConnectionRecord.MIN_RTT_US),
                Map.entry("netns", ConnectionRecord.NETNS),
                Map.entry("tgid", ConnectionRecord.TGID),
                Map.entry("generation", ConnectionRecord.GENERATION),
                Map.entry("local_port", ConnectionRecord.LOCAL_PORT),
                Map.entry("remote_port", ConnectionRecord.REMOTE_PORT),
                Map.entry("local", ConnectionRecord.LOCAL),
                Map.entry("remote", ConnectionRecord.REMOTE),
                Map.entry("comm", ConnectionRecord.COMM),
                Map.entry("family", ConnectionRecord.FAMILY),
                Map.entry("role", ConnectionRecord.ROLE),
                Map.entry("kind", ConnectionRecord.KIND),
                Map.entry("effects", ConnectionRecord.EFFECTS),
                Map.entry("outcome", ConnectionRecord.OUTCOME),
                Map.entry("old_state", ConnectionRecord.OLD_STATE),
                Map.entry("wanted", ConnectionRecord.WANTED),
                Map.entry("socket_error", ConnectionRecord.SOCKET_ERROR)));
    assertThat(LAYOUTS.get("segments"))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "",
                24,
                "out",
                0,
                "in",
                4,
                "retransmits",
                8,
                "lost",
                12,
                "resets_out",
                16,
                "resets_in",
                20));
  }

  @Test
  void furtherFieldsLieWhereJavaReadsThem() {
    Map<String, Integer> expected = new LinkedHashMap<>();
    for (TcpField field : TcpField.values()) {
      expected.put(field.member(), field.offset());
    }
    expected.put("", ConnectionRecord.SIZE);
    expected.put("snapshot", 0);
    expected.put("kind", ConnectionRecord.KIND);
    expected.put("wanted", ConnectionRecord.WANTED);
    expected.put("pad0", 197);
    expected.put("pad1", 199);
    assertThat(LAYOUTS.get("fields")).containsExactlyInAnyOrderEntriesOf(expected);
  }

  @Test
  void overflowEntriesLieWhereJavaReadsThem() {
    assertThat(at("overflow_key", "")).isEqualTo(OverflowEntry.KEY_SIZE);
    assertThat(at("overflow_key", "netns")).isEqualTo(OverflowEntry.KEY_NETNS);
    assertThat(at("overflow_key", "server_port")).isEqualTo(OverflowEntry.KEY_SERVER_PORT);
    assertThat(at("overflow_key", "family")).isEqualTo(OverflowEntry.KEY_FAMILY);
    assertThat(at("overflow_key", "role")).isEqualTo(OverflowEntry.KEY_ROLE);
    assertThat(at("overflow_key", "outcome")).isEqualTo(OverflowEntry.KEY_OUTCOME);
    assertThat(at("overflow_key", "wanted")).isEqualTo(OverflowEntry.KEY_WANTED);
    assertThat(at("overflow_key", "local_is_server")).isEqualTo(OverflowEntry.KEY_LOCAL_IS_SERVER);
    assertThat(at("overflow_key", "local")).isEqualTo(OverflowEntry.KEY_LOCAL);
    assertThat(at("overflow_key", "remote")).isEqualTo(OverflowEntry.KEY_REMOTE);
    assertThat(at("overflow_key", "comm")).isEqualTo(OverflowEntry.KEY_COMM);
    assertThat(LAYOUTS.get("overflow_sum"))
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry("", OverflowEntry.SUM_SIZE),
                Map.entry("sent", OverflowEntry.SUM_SENT),
                Map.entry("received", OverflowEntry.SUM_RECEIVED),
                Map.entry("segments_out", OverflowEntry.SUM_SEGMENTS_OUT),
                Map.entry("segments_in", OverflowEntry.SUM_SEGMENTS_IN),
                Map.entry("retransmits", OverflowEntry.SUM_RETRANSMITS),
                Map.entry("lost", OverflowEntry.SUM_LOST),
                Map.entry("resets_out", OverflowEntry.SUM_RESETS_OUT),
                Map.entry("resets_in", OverflowEntry.SUM_RESETS_IN),
                Map.entry("opened", OverflowEntry.SUM_OPENED),
                Map.entry("closed", OverflowEntry.SUM_CLOSED),
                Map.entry("failed", OverflowEntry.SUM_FAILED),
                Map.entry("active", OverflowEntry.SUM_ACTIVE),
                Map.entry("records", OverflowEntry.SUM_RECORDS)));
  }

  @Test
  void theControlBlockLiesWhereJavaReadsIt() {
    assertThat(at("control", "generation")).isEqualTo(ProbeControl.GENERATION);
    assertThat(at("control", "snapshot")).isEqualTo(ProbeControl.SNAPSHOT);
    assertThat(at("control", "row_count")).isEqualTo(ProbeControl.ROW_COUNT);
    assertThat(at("control", "self_tgid")).isEqualTo(ProbeControl.SELF_TGID);
    assertThat(at("control", "file_mode")).isEqualTo(ProbeControl.FILE_MODE);
    assertThat(at("control", "overflowed")).isEqualTo(ProbeControl.OVERFLOWED);
    assertThat(at("control", "lost_samples")).isEqualTo(ProbeControl.LOST_SAMPLES);
    assertThat(at("control", "overflow_full")).isEqualTo(ProbeControl.OVERFLOW_FULL);
    assertThat(at("control", "storage_failures")).isEqualTo(ProbeControl.STORAGE_FAILURES);
    assertThat(at("control", "adopted")).isEqualTo(ProbeControl.ADOPTED);
    assertThat(at("control", "unadopted")).isEqualTo(ProbeControl.UNADOPTED);
    assertThat(at("control", "backstops")).isEqualTo(ProbeControl.BACKSTOPS);
    assertThat(at("control", "excluded")).isEqualTo(ProbeControl.EXCLUDED);
    assertThat(at("control", "uninsured")).isEqualTo(ProbeControl.UNINSURED);
    assertThat(at("control", "next_slot")).isEqualTo(ProbeControl.NEXT_SLOT);
    assertThat(at("control", "lost_events")).isEqualTo(ProbeControl.LOST_EVENTS);
    assertThat(at("control", "total")).isEqualTo(ProbeControl.TOTAL);
  }

  @Test
  void slotsLieWhereJavaReadsThem() {
    assertThat(LAYOUTS.get("slot"))
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry("", ClosingSlots.SIZE),
                Map.entry("state", ClosingSlots.STATE),
                Map.entry("seen", ClosingSlots.SEEN),
                Map.entry("sk", 8),
                Map.entry("base_sent", ClosingSlots.BASE_SENT),
                Map.entry("base_received", ClosingSlots.BASE_RECEIVED),
                Map.entry("base", ClosingSlots.BASE),
                Map.entry("reported", ClosingSlots.REPORTED),
                Map.entry("adopted", ClosingSlots.ADOPTED),
                Map.entry("r", ClosingSlots.RECORD)));
  }

  @Test
  void settingsLieWhereJavaWritesThem() {
    assertThat(LAYOUTS.get("settings"))
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry("", 40),
                Map.entry("slot_mask", 24),
                Map.entry("fields", 28),
                Map.entry("pad", 29),
                Map.entry("jiffy_us", 32),
                Map.entry("pad1", 36),
                Map.entry("receivers", 0),
                Map.entry("events", 1),
                Map.entry("exclude_self", 2),
                Map.entry("adopt", 3),
                Map.entry("include_cidr", 4),
                Map.entry("include_port", 5),
                Map.entry("include_process", 6),
                Map.entry("include_netns", 7),
                Map.entry("filter_cidr", 8),
                Map.entry("filter_port", 9),
                Map.entry("filter_process", 10),
                Map.entry("filter_netns", 11),
                Map.entry("ephemeral_first", 12),
                Map.entry("ephemeral_last", 14),
                Map.entry("row_capacity", 16),
                Map.entry("wake_level", 20)));
    assertThat(LAYOUTS.get("choice"))
        .containsExactlyInAnyOrderEntriesOf(Map.of("", 4, "include", 0, "exclude", 1, "pad", 2));
    assertThat(LAYOUTS.get("cidr_key"))
        .containsExactlyInAnyOrderEntriesOf(Map.of("", 20, "prefix_length", 0, "address", 4));
  }
}
