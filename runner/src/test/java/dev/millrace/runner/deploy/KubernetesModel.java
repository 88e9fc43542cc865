package dev.millrace.runner.deploy;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.introspect.Annotated;
import tools.jackson.databind.introspect.JacksonAnnotationIntrospector;
import tools.jackson.databind.json.JsonMapper;

/**
 * The types that Kubernetes has for our manifests, as its OpenAPI description generates them: a
 * field that it does not know, or of another type, is an error.
 */
final class KubernetesModel {

  private static final Map<String, Class<?>> TYPES =
      Map.of(
          "v1/Namespace", Namespace.class,
          "v1/Service", Service.class,
          "v1/ServiceAccount", ServiceAccount.class,
          "apps/v1/StatefulSet", StatefulSet.class,
          "policy/v1/PodDisruptionBudget", PodDisruptionBudget.class);

  /** The generated types keep unknown fields for later; without that they are errors. */
  private static final JsonMapper STRICT =
      JsonMapper.builder()
          .annotationIntrospector(
              new JacksonAnnotationIntrospector() {
                private static final long serialVersionUID = 1L;

                @Override
                public @Nullable Boolean hasAnySetter(MapperConfig<?> config, Annotated member) {
                  return false;
                }
              })
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private KubernetesModel() {}

  /** {@return the kind of a manifest, with its group and version} */
  static String kind(JsonNode manifest) {
    return manifest.get("apiVersion").stringValue() + "/" + manifest.get("kind").stringValue();
  }

  /** {@return whether there is a type for a manifest} */
  static boolean knows(JsonNode manifest) {
    return TYPES.containsKey(kind(manifest));
  }

  /**
   * {@return the manifest as Kubernetes reads it}
   *
   * @throws tools.jackson.core.JacksonException if it is not what Kubernetes describes
   */
  static Object read(JsonNode manifest) {
    Class<?> type = TYPES.get(kind(manifest));
    if (type == null) {
      throw new IllegalArgumentException("There is no type for " + kind(manifest));
    }
    return STRICT.readValue(manifest.toString(), type);
  }
}
