package dev.weir.pipeline.config;

import dev.weir.pipeline.config.ConfigNode.ScalarNode;
import dev.weir.pipeline.config.Expansion.ExpansionException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/** Where values come from: {@code env}, {@code file}, {@code http}, {@code https}, {@code yaml}. */
final class Providers {
  /** The schemes, for messages. */
  static final List<String> SCHEMES = List.of("env", "file", "http", "https", "yaml");

  private static final Pattern NAME = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");

  private final Function<String, @Nullable String> environment;
  private final Downloads downloads;
  private final Findings findings;

  Providers(
      Function<String, @Nullable String> environment, Downloads downloads, Findings findings) {
    this.environment = environment;
    this.downloads = downloads;
    this.findings = findings;
  }

  /** Returns the text that an expression at {@code at} names. */
  String text(String scheme, String opaque, Location at, String path) throws ExpansionException {
    return switch (scheme) {
      case "env" -> variable(opaque, at, path);
      case "yaml" -> opaque;
      // Editors end a file with a line break; nobody wants that in a password.
      case "file" -> file(opaque).replaceFirst("\\R\\z", "");
      case "http", "https" -> downloads.text(scheme + ":" + opaque).replaceFirst("\\R\\z", "");
      default ->
          throw new ExpansionException(
              "scheme \""
                  + scheme
                  + "\" is not supported for uri \""
                  + scheme
                  + ":"
                  + opaque
                  + "\" (supported: "
                  + String.join(", ", SCHEMES)
                  + ")");
    };
  }

  /**
   * Returns what such a text means as a whole value. One that means a string, or nothing in YAML,
   * is taken as it is, quotes and tags included. What is in a file, or at an address, keeps its
   * place there.
   */
  ConfigNode meaning(String scheme, String opaque, String text, Location at) {
    String name =
        switch (scheme) {
          case "file" -> opaque;
          case "http", "https" -> Downloads.shown(scheme + ":" + opaque);
          default -> null;
        };
    ConfigNode node =
        (name == null ? YamlReader.readAt(at, text) : YamlReader.read(name, text)).root();
    if (node instanceof ScalarNode scalar) {
      Object value = scalar.value() instanceof String ? text : scalar.value();
      return new ScalarNode(text, value, at, true);
    }
    if (node == null) {
      return new ScalarNode(text, text, at, true);
    }
    if (name != null) {
      findings.source(name, text);
    }
    return node;
  }

  /** Returns what is at an address that {@code --config} names. */
  String download(String address) throws ExpansionException {
    return downloads.text(address);
  }

  /** Returns the value of {@code NAME} or {@code NAME:-default}. */
  String variable(String expression, Location at, String path) throws ExpansionException {
    int colon = expression.indexOf(":-");
    String name = colon < 0 ? expression : expression.substring(0, colon);
    if (!NAME.matcher(name).matches()) {
      throw new ExpansionException(
          "environment variable \""
              + name
              + "\" has invalid name: must match regex ^[a-zA-Z_][a-zA-Z0-9_]*$");
    }
    String value = environment.apply(name);
    if (value == null) {
      if (colon >= 0) {
        return expression.substring(colon + 2);
      }
      findings.warn(
          at, path, "Configuration references unset environment variable \"" + name + "\"");
      return "";
    }
    if (value.isEmpty()) {
      findings.warn(
          Level.INFO,
          at,
          path,
          "Configuration references empty environment variable \"" + name + "\"");
    }
    return value;
  }

  /** Returns the text of a file. */
  static String file(String path) throws ExpansionException {
    String failed = "unable to read the file file:" + path + ": open " + path + ": ";
    try (InputStream in = Files.newInputStream(Path.of(path))) {
      byte[] bytes = in.readNBytes(YamlReader.MAX_LENGTH + 1);
      if (bytes.length > YamlReader.MAX_LENGTH) {
        throw new ExpansionException(
            failed + "larger than the " + YamlReader.MAX_LENGTH + " bytes that are read of a file");
      }
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (NoSuchFileException e) {
      throw new ExpansionException(failed + "no such file or directory");
    } catch (AccessDeniedException e) {
      throw new ExpansionException(failed + "permission denied");
    } catch (CharacterCodingException e) {
      throw new ExpansionException(failed + "not UTF-8 text");
    } catch (InvalidPathException e) {
      throw new ExpansionException(failed + e.getReason());
    } catch (IOException e) {
      String reason = e.getMessage();
      throw new ExpansionException(
          failed + (Files.isDirectory(Path.of(path)) ? "is a directory" : reason));
    }
  }
}
