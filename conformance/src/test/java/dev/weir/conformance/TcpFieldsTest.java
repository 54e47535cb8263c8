package dev.weir.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.bpf.BpfException;
import dev.weir.bpf.ConnectionRecord;
import dev.weir.bpf.TcpField;
import dev.weir.bpf.TcpProbe;
import dev.weir.conformance.KernelWatch.Pace;
import dev.weir.testbed.Namespaces;
import dev.weir.testbed.Namespaces.End;
import dev.weir.testbed.Traffic;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The fields behind {@code tcp.info.*}, against what {@code ss} says of the same sockets. */
class TcpFieldsTest {
  private static final Pattern FIGURE = Pattern.compile("(\\w+):([0-9.]+)(?:/([0-9.]+))?(ms)?");

  /** What ss prints under another name than struct tcp_info has. */
  private static final Map<String, TcpField> NAMES =
      Map.ofEntries(
          Map.entry("cwnd", TcpField.SND_CWND),
          Map.entry("mss", TcpField.SND_MSS),
          Map.entry("rcvmss", TcpField.RCV_MSS),
          Map.entry("advmss", TcpField.ADVMSS),
          Map.entry("pmtu", TcpField.PMTU),
          Map.entry("rcv_space", TcpField.RCV_SPACE),
          Map.entry("rcv_ssthresh", TcpField.RCV_SSTHRESH),
          Map.entry("snd_wnd", TcpField.SND_WND),
          Map.entry("rcv_wnd", TcpField.RCV_WND),
          Map.entry("bytes_sent", TcpField.BYTES_SENT),
          Map.entry("data_segs_out", TcpField.DATA_SEGS_OUT),
          Map.entry("data_segs_in", TcpField.DATA_SEGS_IN),
          Map.entry("delivered", TcpField.DELIVERED));

  private static final Map<String, TcpField> MILLISECONDS =
      Map.of("rto", TcpField.RTO, "ato", TcpField.ATO);

  private static Map<TcpField, Long> said(Namespaces net, End end) {
    Map<TcpField, Long> all = new HashMap<>();
    Matcher m = FIGURE.matcher(net.run(end, "ss", "-tinH", "state", "established"));
    while (m.find()) {
      TcpField plain = NAMES.get(m.group(1));
      TcpField time = MILLISECONDS.get(m.group(1));
      if (plain != null) {
        all.put(plain, Long.valueOf(m.group(2)));
      } else if (time != null) {
        all.put(time, Math.round(Double.parseDouble(m.group(2)) * 1000));
      } else if (m.group(1).equals("rtt")) {
        all.put(TcpField.RTTVAR, Math.round(Double.parseDouble(m.group(3)) * 1000));
      }
    }
    return all;
  }

  private static Map<End, Map<TcpField, Long>> read(TcpProbe probe) {
    Map<End, Map<TcpField, Long>> all = new EnumMap<>(End.class);
    End[] last = {End.CLIENT};
    probe.snapshot(
        (m, at) -> {
          if (ConnectionRecord.kind(m, at) == ConnectionRecord.KIND_LIVE) {
            boolean client = ConnectionRecord.role(m, at) == ConnectionRecord.ROLE_CLIENT;
            last[0] = client ? End.CLIENT : End.SERVER;
          } else if (ConnectionRecord.kind(m, at) == ConnectionRecord.KIND_FIELDS) {
            Map<TcpField, Long> fields = new EnumMap<>(TcpField.class);
            for (TcpField field : TcpField.values()) {
              fields.put(field, field.read(m, at));
            }
            all.put(last[0], fields);
          }
        });
    return all;
  }

  @Test
  void whatTheKernelSaysOfASocketIsWhatSsSays() throws BpfException {
    try (Namespaces net = Namespaces.create();
        TcpProbe probe = KernelWatch.open(net, Pace.DEFAULT.rows(16), true);
        Traffic hold =
            Traffic.start(net, "hold", "--count", "1", "--up", "9000", "--down", "16000")) {
      hold.next();
      hold.exchange();
      // The last acknowledgement may be delayed: both are asked until nothing changes in between.
      for (int attempt = 0; attempt < 100; attempt++) {
        Map<TcpField, Long> client = said(net, End.CLIENT);
        Map<TcpField, Long> server = said(net, End.SERVER);
        Map<End, Map<TcpField, Long>> ours = read(probe);
        if (client.equals(said(net, End.CLIENT)) && server.equals(said(net, End.SERVER))) {
          assertThat(client).hasSizeGreaterThanOrEqualTo(12);
          assertThat(ours.get(End.CLIENT)).containsAllEntriesOf(client);
          assertThat(ours.get(End.SERVER)).containsAllEntriesOf(server);
          assertThat(ours.get(End.CLIENT)).containsEntry(TcpField.UNACKED, 0L);
          assertThat(ours.get(End.CLIENT)).containsEntry(TcpField.CA_STATE, 0L);
          assertThat(ours.get(End.CLIENT)).containsEntry(TcpField.BYTES_SENT, 18_000L);
          return;
        }
      }
      throw new AssertionError("the sockets never came to rest");
    }
  }

  @Test
  void eachLiveRowHasItsFieldsBehindItAcrossChunks() throws BpfException {
    try (Namespaces net = Namespaces.create();
        TcpProbe probe = KernelWatch.open(net, Pace.DEFAULT.rows(17), true);
        Traffic hold = Traffic.start(net, "hold", "--count", "100", "--up", "10", "--down", "7")) {
      hold.next();
      int[] counts = new int[2];
      boolean[] expecting = new boolean[1];
      int live =
          probe.snapshot(
              (m, at) -> {
                boolean fields = ConnectionRecord.kind(m, at) == ConnectionRecord.KIND_FIELDS;
                assertThat(fields).isEqualTo(expecting[0]);
                expecting[0] = !fields;
                counts[fields ? 1 : 0]++;
              });
      assertThat(counts).containsExactly(200, 200);
      assertThat(live).isEqualTo(200);
      hold.result();
    }
  }
}
