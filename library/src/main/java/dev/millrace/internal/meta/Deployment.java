package dev.millrace.internal.meta;

import java.util.Map;
import java.util.TreeMap;

/**
 * The version of the program that writes a job's state and shuffles, known by its schemas. All
 * copies that run at a time are of one version.
 *
 * @param resetEpoch the life of the job that it belongs to
 * @param generation counts the versions of this life
 * @param schemas the id of the schema that is written, by place (a store, a shuffle)
 */
public record Deployment(int resetEpoch, int generation, Map<String, Integer> schemas) {

  public Deployment {
    schemas = new TreeMap<>(schemas);
  }
}
