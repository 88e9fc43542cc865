package dev.millrace.internal.kafka;

import dev.millrace.config.JobConfig;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;

/**
 * The offsets at which the logs of partitions begin and end, through the admin client.
 *
 * <p>Every method waits for its answer, for about ten seconds at most.
 *
 * <p><b>Threads.</b> Safe for any thread.
 *
 * <p><b>Errors.</b> As those of {@link Topics}.
 */
public final class Offsets {

  private final Admin admin;
  private final AdminCalls calls;

  /** Works through the given admin client. */
  public Offsets(Admin admin, JobConfig config) {
    this.admin = admin;
    this.calls = AdminCalls.to(config);
  }

  /**
   * {@return the offset after the last record of each partition; under READ_COMMITTED the last
   * stable offset}
   */
  public Map<TopicPartition, Long> ends(
      Collection<TopicPartition> partitions, IsolationLevel isolation) {
    return offsets(partitions, OffsetSpec.latest(), isolation);
  }

  /** {@return the first offset of each partition that can still be read} */
  public Map<TopicPartition, Long> beginnings(Collection<TopicPartition> partitions) {
    return offsets(partitions, OffsetSpec.earliest(), IsolationLevel.READ_UNCOMMITTED);
  }

  /**
   * {@return for each partition the offset of the first record with this timestamp or a later one;
   * partitions without such a record are left out}
   *
   * @param timestampMs milliseconds since the epoch
   */
  public Map<TopicPartition, Long> at(Collection<TopicPartition> partitions, long timestampMs) {
    Map<TopicPartition, Long> found =
        offsets(partitions, OffsetSpec.forTimestamp(timestampMs), IsolationLevel.READ_UNCOMMITTED);
    found.values().removeIf(offset -> offset < 0); // negative means: none
    return found;
  }

  private Map<TopicPartition, Long> offsets(
      Collection<TopicPartition> partitions, OffsetSpec spec, IsolationLevel isolation) {
    Map<TopicPartition, OffsetSpec> requests = sorted();
    partitions.forEach(partition -> requests.put(partition, spec));
    Map<TopicPartition, Long> result = sorted();
    if (requests.isEmpty()) {
      return result;
    }
    Map<TopicPartition, ListOffsetsResultInfo> answers =
        calls.result(
            "read the offsets of " + named(requests.keySet()),
            admin.listOffsets(requests, new ListOffsetsOptions(isolation)).all(),
            Right.onTopicsOf(AclOperation.DESCRIBE, requests.keySet()));
    answers.forEach((partition, answer) -> result.put(partition, answer.offset()));
    return result;
  }

  /** Deletes the records before the given offsets. */
  public void deleteBefore(Map<TopicPartition, Long> offsets) {
    if (offsets.isEmpty()) {
      return;
    }
    Map<TopicPartition, RecordsToDelete> requests = sorted();
    offsets.forEach(
        (partition, offset) -> requests.put(partition, RecordsToDelete.beforeOffset(offset)));
    calls.result(
        "delete consumed records of " + named(requests.keySet()),
        admin.deleteRecords(requests).all(),
        Right.onTopicsOf(AclOperation.DELETE, requests.keySet()));
  }

  /** In a few words however many they are: a topic may have a thousand. */
  private static String named(Collection<TopicPartition> partitions) {
    Map<String, Integer> counts = new TreeMap<>();
    partitions.forEach(partition -> counts.merge(partition.topic(), 1, Integer::sum));
    return counts.entrySet().stream()
        .map(topic -> topic.getKey() + " (" + topic.getValue() + " partitions)")
        .collect(Collectors.joining(", "));
  }

  static <V> Map<TopicPartition, V> sorted() {
    return new TreeMap<>(
        Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition));
  }
}
