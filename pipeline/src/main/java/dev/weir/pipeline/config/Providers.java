package dev.weir.pipeline.config;

import dev.weir.pipeline.config.ConfigNode.ScalarNode;
import dev.weir.pipeline.config.Expansion.ExpansionException;
import dev.weir.pipeline.config.Expansion.Retrieved;
import dev.weir.pipeline.config.YamlReader.Document;
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

/** Where values come from: {@code env}, {@code file}, {@code yaml}. */
final class Providers {
  /** The schemes, for messages. */
  static final List<String> SCHEMES = List.of("env", "file", "yaml");

  private static final Pattern NAME = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");

  private final Function<String, @Nullable String> environment;
  private final Findings findings;

  Providers(Function<String, @Nullable String> environment, Findings findings) {
    this.environment = environment;
    this.findings = findings;
  }

  /** Returns the value of an expression that stands at {@code at}. */
  Retrieved retrieve(String scheme, String opaque, Location at, String path)
      throws ExpansionException {
    return switch (scheme) {
      case "env" -> parsed(variable(opaque, at, path), at);
      case "yaml" -> parsed(opaque, at);
      case "file" -> contents(opaque, at);
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

  private Retrieved contents(String path, Location at) throws ExpansionException {
    String text = file(path);
    Document document = YamlReader.read(path, text);
    if (document.root() == null || document.root() instanceof ScalarNode) {
      // Editors end a file with a line break; nobody wants that in a password.
      return parsed(text.replaceFirst("\\R\\z", ""), at);
    }
    findings.source(path, text);
    return new Retrieved(text, document.root());
  }

  /** Text that means a string, or nothing in YAML, is taken as it is, quotes and tags included. */
  private static Retrieved parsed(String text, Location at) {
    ConfigNode node = YamlReader.readAt(at, text).root();
    if (node == null || (node instanceof ScalarNode scalar && scalar.value() instanceof String)) {
      node = new ScalarNode(text, text, at, false);
    }
    return new Retrieved(text, node);
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
