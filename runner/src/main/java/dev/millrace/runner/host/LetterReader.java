package dev.millrace.runner.host;

import dev.millrace.admin.PeekRequest;
import dev.millrace.admin.PeekedRecord;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * The reading of dead letters backwards, a page at a time.
 *
 * <p>A page looks at as many offsets of a partition as it may have letters. Offsets may have none
 * (markers of transactions, deleted records), so that it may have fewer than that. Where the end of
 * a partition has none at all, the first page looks further back, so that it has the newest letters
 * of every partition or leads to them.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class LetterReader {

  /** By what it looks further back each time. */
  private static final long FURTHER = 8;

  private final ReadTopics topics;
  private final String topic;

  LetterReader(ReadTopics topics, String topic) {
    this.topics = topics;
    this.topic = topic;
  }

  /** {@return the letters of a range} */
  Letters read(LetterRange range) {
    OptionalInt partitions = topics.partitions(topic);
    if (partitions.isEmpty()) {
      return new Letters(topic, List.of(), List.of());
    }
    Map<Integer, Deque<PeekedRecord>> found =
        range.before().isPresent() ? findBefore(range) : findNewest(range, partitions.getAsInt());
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

  /** {@return the letters before an offset that are looked at, in the order of their offsets} */
  private Map<Integer, Deque<PeekedRecord>> findBefore(LetterRange range) {
    Map<Integer, Deque<PeekedRecord>> found = new TreeMap<>();
    long before = range.before().orElseThrow();
    topics.peek(
        topic,
        PeekRequest.all()
            .onlyPartition(range.partition().orElseThrow())
            .fromOffset(Math.max(0, before - range.most())),
        record -> {
          boolean isWanted = record.offset() < before;
          if (isWanted) {
            add(record, found, range.most());
          }
          return isWanted;
        });
    return found;
  }

  /** {@return the last letters of each partition, in the order of their offsets} */
  private Map<Integer, Deque<PeekedRecord>> findNewest(LetterRange range, int partitions) {
    Map<Integer, Deque<PeekedRecord>> found = new TreeMap<>();
    PeekRequest request = PeekRequest.all().lastOf(range.most());
    topics.peek(
        topic,
        range.partition().isPresent()
            ? request.onlyPartition(range.partition().getAsInt())
            : request,
        record -> {
          add(record, found, range.most());
          return true;
        });
    for (int i = 0; i < partitions; i++) {
      if (range.partition().orElse(i) == i && !found.containsKey(i)) {
        findFurtherBack(i, range.most(), found);
      }
    }
    return found;
  }

  /** Finds the last letters of a partition of which it is known that its end has none. */
  private void findFurtherBack(int partition, int most, Map<Integer, Deque<PeekedRecord>> found) {
    if (first(partition) == Long.MAX_VALUE) {
      return;
    }
    // The last one may be deleted meanwhile.
    for (long offsets = most;
        offsets < Long.MAX_VALUE / FURTHER && !found.containsKey(partition);
        offsets *= FURTHER) {
      topics.peek(
          topic,
          PeekRequest.all().onlyPartition(partition).lastOf(offsets * FURTHER),
          record -> {
            add(record, found, most);
            return true;
          });
    }
  }

  /** Adds a letter, in place of the oldest one if there are enough of its partition. */
  private static void add(PeekedRecord record, Map<Integer, Deque<PeekedRecord>> found, int most) {
    Deque<PeekedRecord> ofPartition =
        found.computeIfAbsent(record.partition(), none -> new ArrayDeque<>());
    ofPartition.add(record);
    if (ofPartition.size() > most) {
      PeekedRecord ignored = ofPartition.remove();
    }
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
