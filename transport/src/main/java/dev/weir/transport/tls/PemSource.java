package dev.weir.transport.tls;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where PEM comes from: a file, or the config itself.
 *
 * @param what what it is, for errors: {@code cert}, {@code key}, {@code CA}
 * @param file the file, or empty
 * @param pem the text, if there is no file
 */
record PemSource(String what, String file, String pem) {
  /** No list of certificates is longer; a device file would never end. */
  private static final long LONGEST = 16 << 20;

  /** Returns how errors call it; never the text itself, which may be a key. */
  String name() {
    return file.isEmpty() ? what + "_pem" : file;
  }

  byte[] read() throws TlsException {
    if (file.isEmpty()) {
      return pem.getBytes(StandardCharsets.UTF_8);
    }
    try {
      Path path = Path.of(file);
      if (Files.size(path) > LONGEST) {
        throw failure("it is longer than 16 MiB", null);
      }
      return Files.readAllBytes(path);
    } catch (NoSuchFileException e) {
      throw failure("no such file or directory", e);
    } catch (AccessDeniedException e) {
      throw failure("permission denied", e);
    } catch (IOException e) {
      throw failure(String.valueOf(e.getMessage()), e);
    }
  }

  private TlsException failure(String reason, @Nullable Throwable cause) {
    String message = "failed to load " + what + " " + file + ": open " + file + ": " + reason;
    return cause == null ? new TlsException(message) : new TlsException(message, cause);
  }
}
