package dev.weir.testbed;

import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** JSON that tools print, read as the YAML that it also is. */
final class Json {
  private Json() {}

  static Map<?, ?> object(String text) {
    if (parse(text) instanceof Map<?, ?> map) {
      return map;
    }
    throw new AssertionError("a JSON object was expected, not " + text);
  }

  static List<?> array(String text) {
    if (parse(text) instanceof List<?> list) {
      return list;
    }
    throw new AssertionError("a JSON array was expected, not " + text);
  }

  static Map<?, ?> object(Map<?, ?> in, String key) {
    if (in.get(key) instanceof Map<?, ?> map) {
      return map;
    }
    throw new AssertionError("no object '" + key + "' in " + in);
  }

  static List<?> array(Map<?, ?> in, String key) {
    if (in.get(key) instanceof List<?> list) {
      return list;
    }
    throw new AssertionError("no array '" + key + "' in " + in);
  }

  static long number(Map<?, ?> in, String key) {
    if (in.get(key) instanceof Number n) {
      return n.longValue();
    }
    throw new AssertionError("no number '" + key + "' in " + in);
  }

  static String string(Map<?, ?> in, String key) {
    if (in.get(key) instanceof String s) {
      return s;
    }
    throw new AssertionError("no string '" + key + "' in " + in);
  }

  private static Object parse(String text) {
    LoaderOptions options = new LoaderOptions();
    options.setCodePointLimit(Integer.MAX_VALUE);
    return new Yaml(new SafeConstructor(options)).load(text);
  }
}
