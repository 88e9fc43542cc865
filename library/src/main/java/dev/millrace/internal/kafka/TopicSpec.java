package dev.millrace.internal.kafka;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * An internal topic that a job needs.
 *
 * @param name its name
 * @param partitions how many it must have
 * @param cleanup what happens to old records
 * @param settings further settings of the topic, by Kafka's own keys; the user's {@code topic.*}
 *     override them
 */
public record TopicSpec(
    String name, int partitions, Cleanup cleanup, SortedMap<String, String> settings) {

  /** The broker's treatment of old records. */
  public enum Cleanup {
    /** Nothing: they stay until the engine deletes what all readers have committed. */
    RETAIN,
    /** It keeps the last record of each key. */
    COMPACT
  }

  /** Copies the map. */
  public TopicSpec {
    settings = Collections.unmodifiableSortedMap(new TreeMap<>(settings));
  }

  /** {@return a topic that keeps everything until it is deleted explicitly, such as a shuffle} */
  public static TopicSpec retained(String name, int partitions) {
    return new TopicSpec(name, partitions, Cleanup.RETAIN, new TreeMap<>());
  }

  /** {@return a topic that keeps the last record of each key, such as a changelog} */
  public static TopicSpec compacted(String name, int partitions) {
    return new TopicSpec(name, partitions, Cleanup.COMPACT, new TreeMap<>());
  }

  /** {@return this topic with further settings} */
  public TopicSpec with(Map<String, String> more) {
    SortedMap<String, String> all = new TreeMap<>(settings);
    all.putAll(more);
    return new TopicSpec(name, partitions, cleanup, all);
  }
}
