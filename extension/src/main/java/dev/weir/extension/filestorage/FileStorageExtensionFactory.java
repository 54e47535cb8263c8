package dev.weir.extension.filestorage;

import dev.weir.pipeline.ExtensionFactory;
import dev.weir.pipeline.Factory;
import dev.weir.pipeline.Time;

/** Makes extensions of type {@code file_storage}. */
public final class FileStorageExtensionFactory {
  private FileStorageExtensionFactory() {}

  /** Returns the factory. */
  public static ExtensionFactory<FileStorageConfig> create() {
    return new ExtensionFactory<>(
        Factory.Type.of("file_storage", Factory.Stability.BETA, FileStorageConfig.SCHEMA),
        (context, config) ->
            new FileStorageExtension(
                context,
                config,
                Disk.ofMachine(config.filePermissions()),
                SegmentedQueue.SEGMENT,
                Time.SYSTEM));
  }
}
