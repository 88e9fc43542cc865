package dev.millrace.internal.operator.pattern;

import dev.millrace.internal.operator.Arrivals;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.plan.StagePatternMatch;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
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
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The events that wait for the watermark: rows of (time, length of the key, key, arrival), so that
 * those of a key at one time are together.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class WaitingEvents {

  /** The action for an event whose turn it is; its row is already deleted. */
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

  private final RowStore<Object> rows;
  private final TimeIndex<Object> events;
  private final Arrivals arrivals;

  /** The order of events of a key with equal times; null if it is that of their arrival. */
  private final @Nullable Comparator<Object> order;

  private final ByteWriter keyAndArrival = new ByteWriter(64);

  @SuppressWarnings("unchecked") // the builder's types say what arrives
  WaitingEvents(StagePatternMatch plan, OperatorContext context) {
    this.rows = context.rows(StagePatternMatch.INPUT);
    this.events = TimeIndex.of(rows, context.room());
    this.arrivals = new Arrivals(context.rows(StagePatternMatch.ARRIVALS));
    this.order = (Comparator<Object>) plan.match().rules().order().orElse(null);
  }

  /** Adds an event that has to wait. */
  void add(KeyedRecord record, Object kept) {
    keyAndArrival.clear();
    keyAndArrival.writeVarint(record.keyLength());
    keyAndArrival.writeBytes(record.bytes(), record.keyOffset(), record.keyLength());
    keyAndArrival.writeLong(arrivals.take());
    events.putNew(record.timeMs(), keyAndArrival.array(), 0, keyAndArrival.size(), kept);
  }

  /**
   * Releases the events with times before a time, in their order.
   *
   * @return false if there are more, but the transaction is full
   */
  boolean release(long beforeMs, Before before, Release release) {
    if (beforeMs == Long.MIN_VALUE || !events.isDue(beforeMs - 1)) {
      return true;
    }
    try (DueRows<Object> due = events.due(beforeMs - 1)) {
      while (due.next()) {
        if (!before.reach(due.timeMs())) {
          return false;
        }
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
      return due.isComplete();
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
    all.sort(comparator);
    return all;
  }

  /** Writes the next arrival number. */
  void beforeCommit() {
    arrivals.beforeCommit();
  }
}
