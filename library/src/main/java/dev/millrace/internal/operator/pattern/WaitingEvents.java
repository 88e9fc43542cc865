package dev.millrace.internal.operator.pattern;

import dev.millrace.internal.operator.Arrivals;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.pattern.WaitingBlock;
import dev.millrace.internal.pattern.WaitingEvent;
import dev.millrace.internal.plan.StagePatternMatch;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.TransactionRoom;
import dev.millrace.internal.timer.DueRows;
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
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The events that wait for the watermark, in the order of (time, length of the key, key, arrival),
 * so that those of a key at one time are together.
 *
 * <p>Those that have come since the last commit are in a queue. What is left of it at the commit is
 * cut into blocks, and so is all of it when it takes too much memory: where partitions of the input
 * are read one after the other, many wait for a moment. A block is a row whose key is that of its
 * first event. When it is that event's turn, the block is taken apart, and what is in it goes back
 * into the queue: one row, rather than one for each event, and most blocks are over with the step
 * of the watermark that has reached them.
 *
 * <p>I1: an event is in the queue or in one block. I2: the key of a block is not after any event in
 * it. I3: at a commit the queue is empty. I4: blocks that are cut together do not overlap; so a
 * queue that has grown long by blocks that do is shorter when it has been cut.
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

  /** As many events may be in the queue at least: as long as that it is short. */
  private static final int LEAST_QUEUED = 16_384;

  /** Unless they take more than this: larger ones are fewer. */
  private static final int LEAST_QUEUED_BYTES = 1 << 26;

  /** A queue that is longer takes as long to sort as blocks take to write. */
  private static final int MOST_QUEUED = 1 << 17;

  /** The share of the operator's memory that the queue may take. */
  private static final int CACHE_SHARE = 2;

  /** What an event takes beside its value, with a key of some length. */
  private static final int QUEUED_BYTES = 128;

  /** As many events are in a block at most. */
  static final int MOST_IN_BLOCK = 128;

  /** A block of several events has so many bytes at most: a row has to fit into a record. */
  private static final int MOST_BLOCK_BYTES = 1 << 16;

  private final RowStore<Object> rows;
  private final TimeIndex<Object> blocks;
  private final TransactionRoom room;
  private final Arrivals arrivals;

  /** The order of events of a key with equal times; null if it is that of their arrival. */
  private final @Nullable Comparator<Object> order;

  private final PriorityQueue<WaitingEvent<Object>> queue = new PriorityQueue<>();
  private final ByteWriter keyAndArrival = new ByteWriter(64);
  private final long queueBytes;

  /** How many bytes an event recently had as it is stored; many until that is known. */
  private int usualBytes = 1_024;

  /** So many events may be in the queue. */
  private int mostQueued = LEAST_QUEUED;

  @SuppressWarnings("unchecked") // the builder's types match what arrives
  WaitingEvents(StagePatternMatch plan, OperatorContext context) {
    this.rows = context.rows(StagePatternMatch.INPUT);
    this.room = context.room();
    // Taking a block apart is no progress: each event that is released asks for room.
    this.blocks = TimeIndex.of(rows, () -> true);
    this.arrivals = new Arrivals(context.rows(StagePatternMatch.ARRIVALS));
    this.order = (Comparator<Object>) plan.match().rules().order().orElse(null);
    this.queueBytes = context.cacheBytes() / CACHE_SHARE;
  }

  /** Adds an event that has to wait. */
  void add(KeyedRecord record, Object kept) {
    if (queue.size() >= mostQueued) {
      store();
    }
    keyAndArrival.clear();
    writeKey(record);
    keyAndArrival.writeLong(arrivals.take());
    queue.add(new WaitingEvent<>(record.timeMs(), keyAndArrival.toByteArray(), kept));
  }

  private void writeKey(KeyedRecord record) {
    keyAndArrival.writeVarint(record.keyLength());
    keyAndArrival.writeBytes(record.bytes(), record.keyOffset(), record.keyLength());
  }

  /** Cuts the queue into blocks. */
  private void store() {
    List<WaitingEvent<Object>> all = new ArrayList<>(queue);
    queue.clear();
    all.sort(null);
    for (int from = 0; from < all.size(); from += MOST_IN_BLOCK) {
      put(all.subList(from, Math.min(from + MOST_IN_BLOCK, all.size())));
    }
  }

  private void put(List<WaitingEvent<Object>> together) {
    WaitingEvent<Object> first = together.get(0);
    Row<Object> row =
        blocks.putNew(
            first.timeMs(), first.key(), 0, first.key().length, new WaitingBlock<>(together));
    int bytes = row.storedBytes();
    noteStored(bytes / together.size());
    if (together.size() > 1 && bytes > MOST_BLOCK_BYTES) {
      int half = together.size() / 2;
      put(together.subList(0, half));
      put(together.subList(half, together.size()));
    }
  }

  /** Lets the queue grow as long as the memory for it allows, by what events take. */
  private void noteStored(int bytes) {
    usualBytes += (bytes - usualBytes) / 16;
    // As objects they take about three times what they take in rows.
    long eventBytes = QUEUED_BYTES + 3L * usualBytes;
    long least = Math.min(LEAST_QUEUED, LEAST_QUEUED_BYTES / eventBytes);
    long most = Math.min(MOST_QUEUED, queueBytes / eventBytes);
    mostQueued = (int) Math.max(least, most);
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
    if (!blocks.isDue(beforeMs - 1)) {
      return releaseQueued(beforeMs, before, release);
    }
    try (DueRows<Object> due = blocks.due(beforeMs - 1)) {
      boolean isBlockLeft = due.next();
      while (isBlockLeft || due.isComplete()) {
        WaitingEvent<Object> first = queue.peek();
        if (isBlockLeft && (first == null || mayBelongBefore(due, first))) {
          takeApart(due, first);
          isBlockLeft = due.next();
        } else if (first == null || first.timeMs() >= beforeMs) {
          return true;
        } else if (!releaseFirst(first, before, release)) {
          return false;
        }
      }
      return false;
    }
  }

  private boolean releaseQueued(long beforeMs, Before before, Release release) {
    for (WaitingEvent<Object> first = queue.peek();
        first != null && first.timeMs() < beforeMs;
        first = queue.peek()) {
      if (!releaseFirst(first, before, release)) {
        return false;
      }
    }
    return true;
  }

  /** Whether a block may have events that have to be released before an event, or with it. */
  private boolean mayBelongBefore(DueRows<Object> due, WaitingEvent<Object> event) {
    if (due.timeMs() != event.timeMs()) {
      return due.timeMs() < event.timeMs();
    }
    byte[] bytes = due.bytes();
    byte[] key = event.key();
    // Those of one time and key are sorted together if the program has an order for them.
    int length = order == null ? key.length : key.length - Long.BYTES;
    int end = order == null ? bytes.length : bytes.length - Long.BYTES;
    return Arrays.compareUnsigned(bytes, due.keyOffset(), end, key, 0, length) <= 0;
  }

  /** Puts the events of the present block into the queue. */
  private void takeApart(DueRows<Object> due, @Nullable WaitingEvent<Object> first) {
    // What is sorted together must not be cut again and again.
    boolean mayBeCut = first != null && (order == null || due.timeMs() < first.timeMs());
    queue.addAll(block(due.take()).events());
    if (mayBeCut && queue.size() > mostQueued) {
      store();
    }
  }

  /** Releases the first event of the queue, unless the transaction is full. */
  private boolean releaseFirst(WaitingEvent<Object> first, Before before, Release release) {
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
    for (Object each : together(timeMs, Arrays.copyOf(bytes, keyOffset + keyLength), order)) {
      release.release(timeMs, bytes, keyOffset, keyLength, each);
    }
    return true;
  }

  /**
   * Takes all events of a time and a key, whatever room there is: half of them could not be sorted
   * among the others.
   */
  private List<Object> together(long timeMs, byte[] lengthAndKey, Comparator<Object> comparator) {
    List<Object> all = new ArrayList<>();
    for (WaitingEvent<Object> first = queue.peek();
        first != null && first.timeMs() == timeMs && first.isOf(lengthAndKey);
        first = queue.peek()) {
      all.add(first.value());
      queue.remove();
    }
    all.sort(comparator);
    return all;
  }

  // ------------------------------------------------------------------ dropping

  /**
   * Drops the earliest events of a key.
   *
   * <p>All blocks are read: a key that has too many events is most of what waits, and a tenth of
   * them are dropped together.
   *
   * @param action gets the time of each, and the event
   */
  void dropEarliest(KeyedRecord record, int count, BiConsumer<Long, Object> action) {
    store();
    keyAndArrival.clear();
    writeKey(record);
    byte[] lengthAndKey = keyAndArrival.toByteArray();
    List<WaitingEvent<Object>> own = new ArrayList<>();
    forEachBlock(
        row ->
            block(row.value()).events().stream()
                .filter(event -> event.isOf(lengthAndKey))
                .forEach(own::add));
    own.sort(null);
    List<WaitingEvent<Object>> dropped = own.subList(0, Math.min(count, own.size()));
    if (dropped.isEmpty()) {
      return;
    }
    WaitingEvent<Object> last = dropped.get(dropped.size() - 1);
    forEachBlock(row -> keep(row, event -> !event.isOf(lengthAndKey) || event.compareTo(last) > 0));
    dropped.forEach(event -> action.accept(event.timeMs(), event.value()));
  }

  private void forEachBlock(Consumer<Row<Object>> action) {
    try (RowScan<Object> scan = rows.scan(NO_KEY, null)) {
      while (scan.next()) {
        action.accept(scan.row());
      }
    }
  }

  /** Keeps some events of a block. */
  private static void keep(Row<Object> row, Predicate<WaitingEvent<Object>> isKept) {
    List<WaitingEvent<Object>> events = block(row.value()).events();
    List<WaitingEvent<Object>> kept = events.stream().filter(isKept).toList();
    if (kept.isEmpty()) {
      row.delete();
    } else if (kept.size() < events.size()) {
      row.set(new WaitingBlock<>(kept));
    }
  }

  @SuppressWarnings("unchecked") // what was put there
  private static WaitingBlock<Object> block(@Nullable Object value) {
    return (WaitingBlock<Object>) Objects.requireNonNull(value, "a row that exists has a value");
  }

  /** Writes the events that go on waiting, and the next arrival number. */
  void beforeCommit() {
    store();
    arrivals.beforeCommit();
  }
}
