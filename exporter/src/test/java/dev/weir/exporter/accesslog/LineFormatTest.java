package dev.weir.exporter.accesslog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.pdata.Attributes;
import dev.weir.pdata.Key;
import dev.weir.pdata.LogRecord;
import dev.weir.pdata.Text;
import dev.weir.pdata.Value;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LineFormatTest {
  private static final String SPECIAL = "\"\\= {}[],:->'`%$\u007f\u0085\u2028\u2029\u202e\ufeff";
  private static final Attributes RESOURCE =
      Attributes.builder().put("service.name", "weir").put("host.name", "node 17").build();

  @Test
  void textLinesAreAsTheGoldenFileHasThem() throws Exception {
    assertThat(lines(new Configs().build(), Records.all())).isEqualTo(golden("lines.txt"));
  }

  @Test
  void jsonLinesAreAsTheGoldenFileHasThem() throws Exception {
    assertThat(lines(new Configs().json().build(), Records.all())).isEqualTo(golden("lines.json"));
  }

  @Test
  void theResourceIsWrittenOnDemand() {
    List<LogRecord> one = List.of(Records.open("10.0.0.1", "10.0.0.2"));
    assertThat(lines(new Configs().includeResource().build(), one))
        .endsWith(" resource.service.name=weir resource.host.name=\"node 17\"\n");
    assertThat(lines(new Configs().json().includeResource().build(), one))
        .endsWith(",\"resource.service.name\":\"weir\",\"resource.host.name\":\"node 17\"}\n");
  }

  @Test
  void fieldsChooseWhatFollowsTheEndsAndInWhichOrder() {
    List<LogRecord> one = List.of(Records.close("10.0.0.1", "10.0.0.2"));
    Configs configs =
        new Configs()
            .fields(
                "tcp.io.receive", "reporter", "resource.host.name", "absent", "tcp.io.transmit");
    assertThat(lines(configs.build(), one))
        .isEqualTo(
            "2026-11-20T10:51:55.947554Z close 10.0.0.1:43210 -> 10.0.0.2:443 tcp.io.receive=1"
                + " reporter=client tcp.io.transmit=5368709120 resource.host.name=\"node 17\"\n");
    assertThat(lines(configs.json().build(), one))
        .isEqualTo(
            "{\"time\":\"2026-11-20T10:51:55.947554Z\",\"event\":\"close\","
                + "\"source.address\":\"10.0.0.1\",\"source.port\":43210,"
                + "\"destination.address\":\"10.0.0.2\",\"destination.port\":443,"
                + "\"tcp.io.receive\":1,\"reporter\":\"client\",\"tcp.io.transmit\":5368709120,"
                + "\"resource.host.name\":\"node 17\"}\n");
  }

  @Test
  void timesKeepTheirOrderAndTheirMicroseconds() {
    MicrosecondClock clock = new MicrosecondClock();
    LineBytes out = new LineBytes();
    for (long nanos : new long[] {0, 999, 1_000, 1_999_999_999L, -1, Long.MAX_VALUE}) {
      clock.write(out, nanos);
      out.add(' ');
    }
    assertThat(new String(out.copy(), StandardCharsets.US_ASCII))
        .isEqualTo(
            "1970-01-01T00:00:00.000000Z 1970-01-01T00:00:00.000000Z 1970-01-01T00:00:00.000001Z"
                + " 1970-01-01T00:00:01.999999Z 1969-12-31T23:59:59.999999Z"
                + " 2262-04-11T23:47:16.854775Z ");
  }

  @Test
  void deeplyNestedValuesEnd() {
    Value value = Text.of("x");
    for (int i = 0; i < 10_000; i++) {
      value = new Value.Items(List.of(value));
    }
    String line =
        lines(
            new Configs().json().build(),
            List.of(new LogRecord().attributes(Attributes.of(Key.of("deep"), value))));
    assertThat(line).contains("\"deep\":[[[[").contains("null").hasSizeLessThan(200);
  }

  @Test
  void whateverTheValuesALineStaysALineAndReadsBack() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 3_000; i++) {
      Attributes attributes = attributes(random);
      LogRecord record =
          new LogRecord()
              .times(Records.AT, 0)
              .eventName(random.nextBoolean() ? "tcp.connection.close" : text(random))
              .attributes(attributes);
      String json = lines(new Configs().json().build(), List.of(record));
      String text = lines(new Configs().build(), List.of(record));
      String what = "seed " + seed + ", round " + i;
      for (String line : List.of(json, text)) {
        assertThat(line.codePoints().filter(c -> Character.isISOControl(c) || c == 0x2028).count())
            .as(what)
            .isEqualTo(1);
        assertThat(line).as(what).endsWith("\n");
      }
      Map<String, Object> read = JsonReader.object(json);
      Map<String, String> pairs = TextReader.pairs(text);
      attributes.forEach(
          (key, value) -> {
            assertThat(read.get(key.name())).as(what).isEqualTo(plain(value));
            if (value instanceof Text) {
              assertThat(pairs.get(key.name())).as(what).isEqualTo(value.toString());
            }
          });
    }
  }

  private static Object plain(Value value) {
    return switch (value) {
      case Value.Int whole -> Long.toString(whole.value());
      case Value.Bool truth -> truth.value();
      default -> value.toString();
    };
  }

  private static Attributes attributes(Random random) {
    Attributes.Builder builder = Attributes.builder();
    for (int i = random.nextInt(8); i >= 0; i--) {
      // A leading letter keeps clear of the names that a line has of its own.
      Key key = Key.of("k" + text(random));
      switch (random.nextInt(4)) {
        case 0 -> builder.put(key, random.nextLong());
        case 1 -> builder.put(key, Value.Bool.of(random.nextBoolean()));
        default -> builder.put(key, text(random));
      }
    }
    return builder.build();
  }

  private static String text(Random random) {
    StringBuilder out = new StringBuilder();
    for (int i = random.nextInt(12); i > 0; i--) {
      int c =
          switch (random.nextInt(6)) {
            case 0 -> random.nextInt(0x20);
            case 1 -> SPECIAL.codePointAt(random.nextInt(SPECIAL.length()));
            case 2 -> random.nextInt(0x800);
            case 3 -> random.nextInt(0x110000);
            default -> 'a' + random.nextInt(26);
          };
      if (c < 0xd800 || c > 0xdfff) {
        out.appendCodePoint(c);
      }
    }
    return out.toString();
  }

  private static String lines(AccessLogExporterConfig config, List<LogRecord> records) {
    LineFormat format = new LineFormat(config);
    for (LogRecord item : records) {
      format.line(RESOURCE, item);
    }
    return new String(format.out().copy(), StandardCharsets.UTF_8);
  }

  private static String golden(String name) throws Exception {
    try (InputStream in = Objects.requireNonNull(LineFormatTest.class.getResourceAsStream(name))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** Reads the {@code key=value} pairs of a text line. */
  private static final class TextReader {
    static Map<String, String> pairs(String line) {
      Map<String, String> pairs = new LinkedHashMap<>();
      int[] at = {0};
      while (at[0] < line.length() - 1) {
        String key = token(line, at);
        if (line.charAt(at[0]) == '=') {
          at[0]++;
          pairs.put(key, token(line, at));
        }
        at[0]++;
      }
      return pairs;
    }

    private static String token(String line, int[] at) {
      if (line.charAt(at[0]) == '"') {
        return JsonReader.string(line, at);
      }
      int from = at[0];
      while (" =\n".indexOf(line.charAt(at[0])) < 0) {
        at[0]++;
      }
      return line.substring(from, at[0]);
    }
  }

  /** Reads flat JSON objects, strictly; numbers come as their text. */
  private static final class JsonReader {
    static Map<String, Object> object(String line) {
      Map<String, Object> fields = new LinkedHashMap<>();
      int[] at = {0};
      expect(line, at, '{');
      while (true) {
        String key = string(line, at);
        expect(line, at, ':');
        assertThat(fields.put(key, value(line, at))).as("doubled key %s", key).isNull();
        if (line.charAt(at[0]) == '}') {
          break;
        }
        expect(line, at, ',');
      }
      expect(line, at, '}');
      expect(line, at, '\n');
      assertThat(at[0]).isEqualTo(line.length());
      return fields;
    }

    private static Object value(String line, int[] at) {
      if (line.charAt(at[0]) == '"') {
        return string(line, at);
      }
      int from = at[0];
      while (",}".indexOf(line.charAt(at[0])) < 0) {
        at[0]++;
      }
      String word = line.substring(from, at[0]);
      if (word.equals("true") || word.equals("false")) {
        return Boolean.valueOf(word);
      }
      assertThat(word).matches("-?(0|[1-9][0-9]*)");
      return word;
    }

    static String string(String line, int[] at) {
      expect(line, at, '"');
      StringBuilder out = new StringBuilder();
      while (line.charAt(at[0]) != '"') {
        char c = line.charAt(at[0]++);
        assertThat(c).isGreaterThanOrEqualTo(' ');
        if (c != '\\') {
          out.append(c);
          continue;
        }
        char escape = line.charAt(at[0]++);
        switch (escape) {
          case '"', '\\' -> out.append(escape);
          case 'n' -> out.append('\n');
          case 'r' -> out.append('\r');
          case 't' -> out.append('\t');
          case 'u' -> {
            out.append((char) Integer.parseInt(line.substring(at[0], at[0] + 4), 16));
            at[0] += 4;
          }
          default -> throw new AssertionError("escape " + escape + " in " + line);
        }
      }
      at[0]++;
      return out.toString();
    }

    private static void expect(String line, int[] at, char c) {
      assertThat(line.charAt(at[0]++)).as("%s at %d", line, at[0]).isEqualTo(c);
    }
  }

  @Test
  void linesOfDifferentKeysKeepEachTheirOrder() {
    List<LogRecord> records = new ArrayList<>();
    records.add(Records.open("10.0.0.1", "10.0.0.2"));
    records.add(
        Records.open("10.0.0.1", "10.0.0.2")
            .attributes(Attributes.builder().put("b", "1").put("reporter", "server").build()));
    records.add(Records.open("10.0.0.1", "10.0.0.2"));
    String[] lines = lines(new Configs().build(), records).split("\n", -1);
    assertThat(lines[2]).isEqualTo(lines[0]);
    assertThat(lines[1]).endsWith(" open - -> - reporter=server b=1");
  }
}
