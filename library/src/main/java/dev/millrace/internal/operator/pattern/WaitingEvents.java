package dev.millrace.internal.operator.pattern;

import dev.millrace.internal.operator.Arrivals;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.plan.StagePatternMatch;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.TransactionRoom;
import dev.millrace.internal.timer.DueRows;
import dev.millrace.internal.timer.OrderedTime;
import dev.millrace.internal.timer.TimeIndex;
import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.ByteWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The events that wait for the watermark: rows of (time, length of the key, key, arrival), so that
 * those of a key at one time are together.
 *
 * <p>Most events wait for less than a transaction. Those that have come since the last commit are
 * no rows yet, but in a queue in the same order; what is left of it at the commit becomes rows, and
 * so does all of it when it has grown long.
 *
 * <p>I1: an event in the queue has a later arrival than all rows. I2: at a commit the queue is
 * empty.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class WaitingEvents {

  /** The action for an event whose turn it is; it waits no longer. */
  @FunctionalInterface
  interface Release {
    void release(long timeMs, byte[] bytes, int keyOffset, int keyLength, Object value);
  }

  /** The action before the events of a time. */
  @FunctionalInterface
  interface Before {
    /** {@return false if the transaction is full and the events have to wait for the next} */
    boolean reach(long timeMs);
  }

  private static final byte[] NO_KEY = {};

  /** As many events are in the queue at most: they are memory that nobody else knows of. */
  private static final int MOST_QUEUED = 16_384;

  /**
   * An event that is no row yet.
   *
   * @param key the length of the key, the key, and the arrival
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared as a whole
  private record Queued(long timeMs, byte[] key, Object value) {

    static int compare(Queued one, Queued other) {
      int byTime = Long.compare(one.timeMs, other.timeMs);
      return byTime != 0 ? byTime : Arrays.compareUnsigned(one.key, other.key);
    }

    /** {@return whether it comes before the row that is due} */
    boolean isBefore(DueRows<Object> due) {
      if (timeMs != due.timeMs()) {
        return timeMs < due.timeMs();
      }
      byte[] bytes = due.bytes();
      return Arrays.compareUnsigned(key, 0, key.length, bytes, due.keyOffset(), bytes.length) < 0;
    }

    /** {@return whether it is of a time and a key} */
    boolean isOf(long otherMs, byte[] lengthAndKey) {
      return timeMs == otherMs
          && key.length == lengthAndKey.length + Long.BYTES
          && Arrays.equals(key, 0, lengthAndKey.length, lengthAndKey, 0, lengthAndKey.length);
    }
  }

  private final RowStore<Object> rows;
  private final TimeIndex<Object> events;
  private final TransactionRoom room;
  private final Arrivals arrivals;

  /** The order of events of a key with equal times; null if it is that of their arrival. */
  private final @Nullable Comparator<Object> order;

  private final PriorityQueue<Queued> queue = new PriorityQueue<>(Queued::compare);
  private final ByteWriter keyAndArrival = new ByteWriter(64);

  @SuppressWarnings("unchecked") // the builder's types say what arrives
  WaitingEvents(StagePatternMatch plan, OperatorContext context) {
    this.rows = context.rows(StagePatternMatch.INPUT);
    this.room = context.room();
    this.events = TimeIndex.of(rows, room);
    this.arrivals = new Arrivals(context.rows(StagePatternMatch.ARRIVALS));
    this.order = (Comparator<Object>) plan.match().rules().order().orElse(null);
  }

  /** Adds an event that has to wait. */
  void add(KeyedRecord record, Object kept) {
    if (queue.size() == MOST_QUEUED) {
      store();
    }
    keyAndArrival.clear();
    keyAndArrival.writeVarint(record.keyLength());
    keyAndArrival.writeBytes(record.bytes(), record.keyOffset(), record.keyLength());
    keyAndArrival.writeLong(arrivals.take());
    queue.add(new Queued(record.timeMs(), keyAndArrival.toByteArray(), kept));
  }

  /** Makes rows of all events. */
  private void store() {
    for (Queued event : queue) {
      events.putNew(event.timeMs(), event.key(), 0, event.key().length, event.value());
    }
    queue.clear();
  }

  // ------------------------------------------------------------------ release

  /**
   * Releases the events with times before a time, in their order.
   *
   * @return false if there are more, but the transaction is full
   */
  boolean release(long beforeMs, Before before, Release release) {
    if (beforeMs == Long.MIN_VALUE) {
      return true;
    }
    if (!events.isDue(beforeMs - 1)) {
      return releaseQueued(beforeMs, before, release);
    }
    try (DueRows<Object> due = events.due(beforeMs - 1)) {
      boolean hasRow = due.next();
      while (hasRow || due.isComplete()) {
        Queued queued = queue.peek();
        boolean isQueued = queued != null && queued.timeMs() < beforeMs;
        if (!hasRow && !isQueued) {
          return true;
        }
        if (queued != null && isQueued && (!hasRow || queued.isBefore(due))) {
          if (!releaseFirst(queued, before, release)) {
            return false;
          }
        } else {
          if (!before.reach(due.timeMs())) {
            return false;
          }
          releaseRow(due, release);
          hasRow = due.next();
        }
      }
      return false;
    }
  }

  private boolean releaseQueued(long beforeMs, Before before, Release release) {
    for (Queued first = queue.peek();
        first != null && first.timeMs() < beforeMs;
        first = queue.peek()) {
      if (!releaseFirst(first, before, release)) {
        return false;
      }
    }
    return true;
  }

  /** Releases the first event of the queue, unless the transaction is full. */
  private boolean releaseFirst(Queued first, Before before, Release release) {
    long timeMs = first.timeMs();
    if (!room.isLeft() || !before.reach(timeMs)) {
      return false;
    }
    byte[] bytes = first.key();
    ByteReader reader = new ByteReader(bytes, 0, bytes.length);
    int keyLength = reader.readVarint();
    int keyOffset = reader.position();
    if (order == null) {
      queue.remove();
      release.release(timeMs, bytes, keyOffset, keyLength, first.value());
      return true;
    }
    List<Object> all = new ArrayList<>();
    addQueued(timeMs, Arrays.copyOf(bytes, keyOffset + keyLength), all);
    all.sort(order);
    for (Object each : all) {
      release.release(timeMs, bytes, keyOffset, keyLength, each);
    }
    return true;
  }

  private void releaseRow(DueRows<Object> due, Release release) {
    byte[] bytes = due.bytes();
    ByteReader reader = new ByteReader(bytes, due.keyOffset(), due.keyLength());
    int keyLength = reader.readVarint();
    int keyOffset = reader.position();
    Object value = due.take();
    if (order == null) {
      release.release(due.timeMs(), bytes, keyOffset, keyLength, value);
    } else {
      for (Object each : together(due, keyOffset + keyLength, value, order)) {
        release.release(due.timeMs(), bytes, keyOffset, keyLength, each);
      }
    }
  }

  /**
   * Drops the earliest events of a key.
   *
   * <p>All keys are passed on the way: a key that has too many of them is most of what waits, and a
   * tenth of its events are dropped together.
   *
   * @param action gets the time of each, and the event
   */
  void dropEarliest(KeyedRecord record, int count, BiConsumer<Long, Object> action) {
    store();
    int left = count;
    try (RowScan<Object> scan = rows.scan(NO_KEY, null)) {
      while (left > 0 && scan.next()) {
        Row<Object> row = scan.row();
        byte[] bytes = row.key();
        ByteReader reader =
            new ByteReader(bytes, OrderedTime.BYTES, bytes.length - OrderedTime.BYTES);
        int keyLength = reader.readVarint();
        int from = reader.position();
        if (Arrays.equals(
            bytes,
            from,
            from + keyLength,
            record.bytes(),
            record.keyOffset(),
            record.keyOffset() + record.keyLength())) {
          action.accept(OrderedTime.time(bytes), Objects.requireNonNull(row.value()));
          row.delete();
          left--;
        }
      }
    }
  }

  /**
   * Takes all events of the same key and time, whatever room there is: half of them could not be
   * sorted among the others.
   */
  private List<Object> together(
      DueRows<Object> first, int keyEnd, Object firstValue, Comparator<Object> comparator) {
    byte[] key = Arrays.copyOfRange(first.bytes(), first.keyOffset(), keyEnd);
    List<Object> all = new ArrayList<>();
    all.add(firstValue);
    try (RowScan<Object> scan = rows.scanPrefix(OrderedTime.join(first.timeMs(), key))) {
      while (scan.next()) {
        Row<Object> row = scan.row();
        all.add(Objects.requireNonNull(row.value()));
        row.delete();
      }
    }
    addQueued(first.timeMs(), key, all);
    all.sort(comparator);
    return all;
  }

  /** Takes the first events of the queue, as far as they are of a time and a key. */
  private void addQueued(long timeMs, byte[] lengthAndKey, List<Object> all) {
    for (Queued first = queue.peek();
        first != null && first.isOf(timeMs, lengthAndKey);
        first = queue.peek()) {
      all.add(first.value());
      queue.remove();
    }
  }

  /** Writes the events that go on waiting, and the next arrival number. */
  void beforeCommit() {
    store();
    arrivals.beforeCommit();
  }
}
