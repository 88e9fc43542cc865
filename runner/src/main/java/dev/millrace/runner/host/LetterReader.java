package dev.millrace.runner.host;

import dev.millrace.admin.PeekRequest;
import dev.millrace.admin.PeekedRecord;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The reading of dead letters backwards, a page at a time.
 *
 * <p>A page looks at as many offsets of a partition as it may have letters. Offsets may have none
 * (markers of transactions, deleted records), so that it may have fewer than that.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class LetterReader {

  private final ReadTopics topics;
  private final String topic;

  LetterReader(ReadTopics topics, String topic) {
    this.topics = topics;
    this.topic = topic;
  }

  /** {@return the letters of a range} */
  Letters read(LetterRange range) {
    if (topics.partitions(topic).isEmpty()) {
      return new Letters(topic, List.of(), List.of());
    }
    Map<Integer, Deque<PeekedRecord>> found = find(range);
    Map<Integer, Long> left = new TreeMap<>();
    if (found.isEmpty() && range.before().isPresent()) {
      left.put(range.partition().orElse(0), range.before().getAsLong() - range.most());
    }
    found.forEach((partition, records) -> left.put(partition, records.getLast().offset() + 1));
    List<PeekedRecord> shown = new ArrayList<>();
    while (shown.size() < range.most() && !found.isEmpty()) {
      // Always the last of a partition, whatever its time: so none is left out between two pages.
      PeekedRecord newest =
          found.values().stream()
              .map(Deque::getLast)
              .max(Comparator.comparingLong(PeekedRecord::timestampMs))
              .orElseThrow();
      shown.add(newest);
      left.put(newest.partition(), newest.offset());
      Deque<PeekedRecord> records = found.getOrDefault(newest.partition(), new ArrayDeque<>());
      records.removeLast();
      if (records.isEmpty()) {
        found.remove(newest.partition());
      }
    }
    return new Letters(topic, shown, older(left));
  }

  /** {@return the letters of each partition that are looked at, in the order of their offsets} */
  private Map<Integer, Deque<PeekedRecord>> find(LetterRange range) {
    Map<Integer, Deque<PeekedRecord>> found = new TreeMap<>();
    PeekRequest request = PeekRequest.all();
    if (range.partition().isPresent()) {
      request = request.onlyPartition(range.partition().getAsInt());
    }
    long before = range.before().orElse(Long.MAX_VALUE);
    request =
        range.before().isPresent()
            ? request.fromOffset(Math.max(0, before - range.most()))
            : request.lastOf(range.most());
    topics.peek(
        topic,
        request,
        record -> {
          boolean isWanted = record.offset() < before;
          if (isWanted) {
            found.computeIfAbsent(record.partition(), none -> new ArrayDeque<>()).add(record);
          }
          return isWanted;
        });
    return found;
  }

  private List<Letters.Older> older(Map<Integer, Long> left) {
    List<Letters.Older> older = new ArrayList<>();
    left.forEach(
        (partition, before) -> {
          if (before > 0 && first(partition) < before) {
            older.add(new Letters.Older(partition, before));
          }
        });
    return older;
  }

  /** {@return the offset of the first letter of a partition} */
  private long first(int partition) {
    List<Long> first = new ArrayList<>();
    topics.peek(
        topic,
        PeekRequest.all().onlyPartition(partition).atMost(1),
        record -> {
          first.add(record.offset());
          return false;
        });
    return first.isEmpty() ? Long.MAX_VALUE : first.get(0);
  }
}
