package dev.millrace.internal.meta;

import java.util.Map;
import java.util.TreeMap;

/**
 * The version of the program that writes a job's state and shuffles, known by its schemas and the
 * serializers of its serdes. All copies that run at a time are of one version.
 *
 * @param resetEpoch the life of the job that it belongs to
 * @param generation counts the versions of this life
 * @param schemas the id of the schema that is written, by place (a store, a shuffle)
 * @param serializers the class of the serializer of each type that has a serde
 */
public record Deployment(
    int resetEpoch, int generation, Map<String, Integer> schemas, Map<String, String> serializers) {

  public Deployment {
    schemas = new TreeMap<>(schemas);
    serializers = new TreeMap<>(serializers);
  }

  /** {@return whether this is the version with these schemas and serializers} */
  public boolean isOf(Map<String, Integer> ownSchemas, Map<String, String> ownSerializers) {
    return schemas.equals(ownSchemas) && serializers.equals(ownSerializers);
  }
}
