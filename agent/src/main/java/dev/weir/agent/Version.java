package dev.weir.agent;

import dev.weir.pipeline.BuildInfo;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Which agent this is. The version stands in the parent pom; the build copies it to a resource. */
final class Version {
  static final String DESCRIPTION = "A network observability agent";

  private Version() {}

  static BuildInfo buildInfo() {
    try (InputStream version = Version.class.getResourceAsStream("version")) {
      if (version == null) {
        throw new IllegalStateException("the resource dev/weir/agent/version is missing");
      }
      return new BuildInfo(
          "weir", new String(version.readAllBytes(), StandardCharsets.UTF_8).strip());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
