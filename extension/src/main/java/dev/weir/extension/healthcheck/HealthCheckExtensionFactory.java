package dev.weir.extension.healthcheck;

import dev.weir.pipeline.ExtensionFactory;
import dev.weir.pipeline.Factory;

/** Makes extensions of type {@code health_check}. */
public final class HealthCheckExtensionFactory {
  private HealthCheckExtensionFactory() {}

  /** Returns the factory. */
  public static ExtensionFactory<HealthCheckConfig> create() {
    return new ExtensionFactory<>(
        Factory.Type.of("health_check", Factory.Stability.BETA, HealthCheckConfig.SCHEMA),
        HealthCheckExtension::new);
  }
}
