package dev.weir.exporter.prometheus;

import dev.weir.pdata.Attributes;
import dev.weir.pdata.Key;
import dev.weir.pdata.Scope;
import dev.weir.pdata.Value;
import dev.weir.pipeline.exposition.Labels;
import dev.weir.pipeline.exposition.NameTranslation;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Who sends metrics, as far as it tells series apart: job and instance of the resource, and the
 * scope. Two resources of one job and instance are one source, as in the Collector, unless resource
 * attributes become labels.
 *
 * @param job {@code service.namespace/service.name} or {@code service.name}, null without the
 *     latter
 * @param instance {@code service.instance.id}, or null
 * @param resourceLabels resource attributes that become labels of each series
 * @param scope who measured
 * @param schemaUrl schema of the scope
 */
record Source(
    @Nullable String job,
    @Nullable String instance,
    Attributes resourceLabels,
    Scope scope,
    String schemaUrl) {
  private static final Key SERVICE_NAME = Key.of("service.name");
  private static final Key SERVICE_NAMESPACE = Key.of("service.namespace");
  private static final Key SERVICE_INSTANCE_ID = Key.of("service.instance.id");
  private static final Set<Key> SERVICE =
      Set.of(SERVICE_NAME, SERVICE_NAMESPACE, SERVICE_INSTANCE_ID);

  /** Returns the source of what {@code scope} measured of {@code resource}. */
  static Source of(
      Attributes resource,
      Scope scope,
      String schemaUrl,
      PrometheusExporterConfig.ResourceToTelemetry conversion) {
    Attributes labels = conversion.enabled() ? resource : Attributes.EMPTY;
    if (conversion.excludeServiceAttributes()) {
      for (Key key : SERVICE) {
        labels = labels.without(key);
      }
    }
    return new Source(job(resource), instance(resource), labels, scope, schemaUrl);
  }

  static @Nullable String job(Attributes resource) {
    Value name = resource.get(SERVICE_NAME);
    if (name == null) {
      return null;
    }
    Value namespace = resource.get(SERVICE_NAMESPACE);
    return namespace == null
        ? AttributeText.of(name)
        : AttributeText.of(namespace) + "/" + AttributeText.of(name);
  }

  static @Nullable String instance(Attributes resource) {
    Value id = resource.get(SERVICE_INSTANCE_ID);
    return id == null ? null : AttributeText.of(id);
  }

  /**
   * Returns the labels of a series of this source.
   *
   * @throws IllegalArgumentException if two labels get one name, or one gets no name
   */
  Labels labels(
      Attributes point,
      NameTranslation translation,
      boolean withScope,
      Map<String, String> constLabels) {
    Labels.Builder builder = Labels.builder();
    for (int i = 0; i < point.size(); i++) {
      if (resourceLabels.indexOf(point.key(i)) < 0) { // the resource's value wins
        builder.add(translation.labelName(point.key(i).name()), AttributeText.of(point.value(i)));
      }
    }
    for (int i = 0; i < resourceLabels.size(); i++) {
      builder.add(
          translation.labelName(resourceLabels.key(i).name()),
          AttributeText.of(resourceLabels.value(i)));
    }
    if (withScope) {
      builder.add("otel_scope_name", scope.name());
      builder.add("otel_scope_version", scope.version());
      builder.add("otel_scope_schema_url", schemaUrl);
      Attributes attributes = scope.attributes();
      for (int i = 0; i < attributes.size(); i++) {
        builder.add(
            translation.labelName("otel_scope_" + attributes.key(i).name()),
            AttributeText.of(attributes.value(i)));
      }
    }
    if (job != null) {
      builder.add("job", job);
    }
    if (instance != null) {
      builder.add("instance", instance);
    }
    constLabels.forEach((name, value) -> builder.add(translation.labelName(name), value));
    return builder.build();
  }

  /**
   * Returns the labels of {@code target_info}: all attributes of the resource except those that are
   * in {@code job} and {@code instance}; values of colliding names are joined by a semicolon.
   */
  static Labels targetInfo(
      Attributes resource, String job, String instance, NameTranslation translation) {
    Map<String, String> labels = new TreeMap<>();
    for (int i = 0; i < resource.size(); i++) {
      if (!SERVICE.contains(resource.key(i))) {
        String name;
        try {
          name = translation.labelName(resource.key(i).name());
        } catch (IllegalArgumentException e) {
          continue; // a name of underscores says nothing; the rest of the resource does
        }
        labels.merge(name, AttributeText.of(resource.value(i)), (a, b) -> a + ";" + b);
      }
    }
    labels.put("job", job);
    labels.put("instance", instance);
    Labels.Builder builder = Labels.builder();
    labels.forEach(builder::add);
    return builder.build();
  }
}
