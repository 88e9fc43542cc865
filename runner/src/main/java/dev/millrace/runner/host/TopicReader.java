package dev.millrace.runner.host;

import dev.millrace.admin.PeekRequest;
import dev.millrace.admin.PeekedRecord;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * The reading of the newest records of a topic for its viewers, of no more than a few megabytes.
 *
 * <p><b>Threads.</b> Confined to one thread, whose interrupt ends the reading.
 */
final class TopicReader {

  private static final long MOST_BYTES = 4 << 20;
  private static final int FEWEST_OFFSETS = 10;

  /** By age: the oldest one is first, and gives way to newer ones. */
  private static final Comparator<PeekedRecord> BY_AGE =
      Comparator.comparingLong(PeekedRecord::timestampMs)
          .thenComparingInt(PeekedRecord::partition)
          .thenComparingLong(PeekedRecord::offset);

  private final ReadTopics topics;
  private final String topic;

  TopicReader(ReadTopics topics, String topic) {
    this.topics = topics;
    this.topic = topic;
  }

  /** {@return the newest records; none, of no partition, if the topic is not there} */
  PeekedRecords newest(OptionalInt partition, int limit) {
    int partitions = topics.partitions(topic).orElse(0);
    if (partitions == 0) {
      return new PeekedRecords(0, true, List.of());
    }
    // Markers of transactions are offsets without a record.
    int share = partition.isPresent() ? limit : limit / partitions;
    PeekRequest request = PeekRequest.all().lastOf(Math.max(FEWEST_OFFSETS, 2L * share));
    if (partition.isPresent()) {
      request = request.onlyPartition(partition.getAsInt());
    }
    PriorityQueue<PeekedRecord> newest = new PriorityQueue<>(BY_AGE);
    long[] bytesLeft = {MOST_BYTES};
    topics.peek(
        topic,
        request,
        record -> {
          newest.add(record);
          if (newest.size() > limit) {
            PeekedRecord ignored = newest.remove();
          }
          bytesLeft[0] -= length(record.rawKey()) + length(record.rawValue());
          return bytesLeft[0] > 0 && !Thread.currentThread().isInterrupted();
        });
    return new PeekedRecords(
        partitions, bytesLeft[0] > 0, newest.stream().sorted(BY_AGE.reversed()).toList());
  }

  private static long length(byte @Nullable [] bytes) {
    return bytes == null ? 0 : bytes.length;
  }
}
