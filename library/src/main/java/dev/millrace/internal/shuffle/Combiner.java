package dev.millrace.internal.shuffle;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.ToLongFunction;
import dev.millrace.internal.fold.FoldFunction;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.Folding;
import dev.millrace.internal.plan.ShuffleEdge.CombinerPlan;
import dev.millrace.internal.window.SessionSpan;
import dev.millrace.internal.window.Slicing;
import dev.millrace.internal.window.WindowKind;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The sending half of a two-phase aggregate: partial results per (key, slice of time), kept until
 * the commit.
 *
 * <p>They are in a {@linkplain PartialTable table} that is worth its place only while keys repeat;
 * {@link #paysOff()} reports at each flush whether they do. A plain sum is a number in the table,
 * other accumulators are beside it.
 *
 * <p>In windows, time moves on: what was combined for slices that get no more records would only
 * keep the present one's out of the processor's caches. So some time after a new slice has begun,
 * and when the table has grown large, their partial results {@linkplain #makeRoom go first}. A
 * partial result of a slice has that slice's last time, since receivers go by the slice alone.
 *
 * <p>For sessions, records are combined only if they certainly belong to one session. Any other
 * record becomes a new entry, which is found from then on; the old entry stays until the flush.
 *
 * <p>Where the aggregate can take records back, additions and retractions of a key net out in its
 * entry; an entry that comes to nothing is not handed on. One that has grown large is left for a
 * new one as well, since it has to fit into a record of the shuffle, and so is one whose sum would
 * overflow: what is taken back here may balance what was added anywhere.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class Combiner {

  /** The receiver of the partial results at a flush. */
  interface Drain {
    /**
     * Takes a partial result.
     *
     * @param timeMs the largest time of its records, or the last one of their slice
     * @param spanMs how far the smallest time lies before the largest, where that matters
     * @param weight how many records were added, less those taken back, where that matters
     */
    void entry(
        byte[] keys,
        int keyOffset,
        int keyLength,
        int keyHash,
        long timeMs,
        long spanMs,
        long weight,
        Object partial);
  }

  private static final int INITIAL_OBJECTS = 1 << 10;

  /** An accumulator of a few numbers, and the reference to it. */
  private static final long OBJECT_BYTES = 40;

  /** A value with its count in a map, if it is a record of a few fields. */
  private static final long VALUE_BYTES = 128;

  /** What the table can hold, in one array. */
  private static final long MOST_BYTES = 1L << 30;

  /**
   * The size at which a table is looked through for slices that are over: large enough for that to
   * cost little for each record, and not much larger than a processor's own cache.
   */
  private static final long LARGE_BYTES = 2 << 20;

  /** The size up to which a table is left alone, though slices are over. */
  private static final long SMALL_BYTES = 128 << 10;

  /** The size up to which looking one record up at a time is quicker than a batch of them. */
  private static final long CACHED_BYTES = 1 << 20;

  private static final long NEVER = Long.MAX_VALUE;

  /** Of an entry, its sum, or where its accumulator is. */
  private static final int PARTIAL = 0;

  /** Of an entry that is of no slice, the largest time of its records. */
  private static final int TIME = 1;

  /** Of an entry of a session, the smallest time of its records. */
  private static final int FIRST_TIME = 3;

  /**
   * The first part of the smallest number taken back, whose opposite is no long, but the sum of
   * two. The other part, which takes the row back, is the last.
   */
  private static final long ONE_LESS = 1;

  /**
   * The share of records with keys of their own up to which combining pays: a record that is spared
   * the way through the shuffle saves ten times what combining costs for each record, or more.
   */
  private static final double WORTHWHILE_DISTINCT_SHARE = 0.9;

  private static final long ENOUGH_TO_JUDGE = 1_000;

  private final Folding folding;
  private final FoldFunction fold;
  private final @Nullable ToLongFunction<Object> longSum;
  private final @Nullable Slicing slicing;
  private final @Nullable SessionSpan sessions;
  private final FoldFunction.@Nullable Retraction retraction;
  private final boolean keepsOrder;
  private final boolean weighs;

  /** Of an entry, where that matters, how many records were added, less those taken back. */
  private final int weight;

  /** Whether accumulators grow with what they have seen, so that what is in them counts. */
  private final boolean grows;

  private final long maxBytes;

  /** The size at which it is full: the most that it may have, or less if slices may be over. */
  private long fullBytes;

  private final RecentSlices recentSlices = new RecentSlices();

  /** The slice of the last record: most records are of the same. */
  private long sliceFrom = Long.MAX_VALUE;

  private long sliceTo = Long.MIN_VALUE;

  /** The latest slice so far. */
  private long latestSlice = Long.MIN_VALUE;

  /** No later than the start of the first slice that has an entry, or a record in the batch. */
  private long earliestMs = Long.MAX_VALUE;

  /** The number of the record at which slices before the latest one may be over. */
  private long overAt = NEVER;

  /** The last time that was in no slice. */
  private long gapMs;

  private final PartialTable table;

  /** Records that are not in the table yet; null where one may have to be refused there. */
  private final @Nullable LookupBatch batch;

  /** Accumulators that are no sums. */
  private @Nullable Object[] accumulators;

  private int objects;
  private long inputs;

  /** How many entries went before the others. */
  private long departed;

  /** How many values the accumulators have in them. */
  private long values;

  /**
   * Creates an empty table.
   *
   * @param folding the calls of the plan's aggregate
   */
  Combiner(CombinerPlan plan, Folding folding, long maxBytes) {
    this.folding = folding;
    this.fold = plan.fold().function();
    this.longSum = fold.longSum();
    this.grows = fold.grows();
    this.slicing = plan.window().flatMap(Slicing::of).orElse(null);
    this.sessions =
        plan.window().orElse(null) instanceof WindowKind.Session session
            ? new SessionSpan(session.gapMs())
            : null;
    this.retraction = plan.window().isEmpty() ? fold.retraction() : null;
    // In windows, what is too far ahead of the clock to be combined is late; sums have no order.
    this.keepsOrder = plan.window().isEmpty() && (retraction != null || longSum == null);
    // The receiver counts late records, if the job goes on after errors those of a failed merge,
    // and where records are taken back those that are left.
    this.weighs =
        plan.window().isPresent()
            || plan.errors().action() != ErrorPolicy.Action.FAIL
            || retraction != null;
    this.maxBytes = Math.min(maxBytes, MOST_BYTES);
    this.weight = slicing != null ? 1 : 2;
    // Sessions are windows, whose records are counted.
    this.table = new PartialTable(sessions != null ? 4 : weighs ? weight + 1 : 2);
    this.batch =
        longSum != null && retraction == null && sessions == null ? new LookupBatch() : null;
    this.accumulators = new Object[longSum == null ? INITIAL_OBJECTS : 0];
    this.fullBytes = firstFullBytes();
  }

  private long firstFullBytes() {
    return slicing == null ? maxBytes : Math.min(LARGE_BYTES, maxBytes);
  }

  /** {@return whether entries of a kind are combined; all others travel by themselves} */
  boolean combines(int kind) {
    return kind == FrameFormat.RECORD || (kind == FrameFormat.RETRACTION && retraction != null);
  }

  /**
   * {@return whether what it holds must not be overtaken by entries of the same keys: a retraction
   * by the record that it takes back, or a record by the one that replaces it}
   */
  boolean keepsOrder() {
    return keepsOrder;
  }

  /**
   * Adds a record, or takes one back; the key is copied. If the function throws, nothing was
   * changed, but the accumulator {@linkplain Folding#throwIfInDoubt may be in doubt}.
   *
   * @param kind one that it {@linkplain #combines combines}
   */
  void add(byte[] key, int length, int keyHash, long timeMs, int kind, Object value)
      throws Exception {
    long number = longSum == null ? 0 : longSum.apply(value);
    long slice = slice(timeMs);
    inputs++;
    if (batch != null) {
      if (table.usedBytes() > CACHED_BYTES
          && addToBatch(batch, key, length, keyHash, slice, timeMs, number)) {
        return;
      }
      batch.passedBy(number);
    }
    int entry = table.find(key, 0, length, keyHash, slice);
    if (entry != PartialTable.NONE && isOfSession(entry, timeMs) && hasRoom(entry, kind, number)) {
      merge(entry, timeMs, kind, number, value);
    } else {
      insert(key, length, keyHash, slice, timeMs, kind, number, value);
    }
  }

  /** Adds a record to the batch; if it cannot be there, what is there goes to the table first. */
  private boolean addToBatch(
      LookupBatch open, byte[] key, int length, int keyHash, long slice, long timeMs, long number) {
    if (!open.takes(length, number)) {
      lookUpAll();
      return false;
    }
    if (open.add(key, length, keyHash, slice, timeMs, number)) {
      lookUp(open);
    }
    return true;
  }

  /** Adds to the table what is only in the batch so far. */
  private void lookUpAll() {
    if (batch != null && batch.size() > 0) {
      lookUp(batch);
    }
  }

  private void lookUp(LookupBatch records) {
    records.prefetch(table);
    byte[] keys = records.keys();
    for (int i = 0; i < records.size(); i++) {
      int offset = records.keyOffset(i);
      int length = records.keyLength(i);
      int entry = table.find(keys, offset, length, records.keyHash(i), records.slice(i));
      if (entry == PartialTable.NONE) {
        append(
            keys,
            offset,
            length,
            records.keyHash(i),
            records.slice(i),
            records.timeMs(i),
            1,
            records.number(i));
      } else {
        table.set(entry, PARTIAL, table.number(entry, PARTIAL) + records.number(i));
        note(entry, records.timeMs(i), 1);
      }
    }
    records.clear();
  }

  private long slice(long timeMs) {
    if (slicing == null) {
      return 0;
    }
    if (timeMs < sliceFrom || timeMs >= sliceTo) {
      recentSlices.left(sliceTo, inputs);
      sliceTo = slicing.sliceEnd(timeMs);
      if (sliceTo == Slicing.GAP) {
        sliceFrom = Long.MAX_VALUE;
        gapMs = timeMs;
      } else {
        sliceFrom = slicing.sliceStart(sliceTo);
        earliestMs = Math.min(earliestMs, sliceFrom);
        noteProgress();
      }
    }
    return sliceTo;
  }

  private void noteProgress() {
    if (sliceTo > latestSlice) {
      latestSlice = sliceTo;
      overAt = Math.min(overAt, inputs + RecentSlices.LONGEST);
    }
  }

  private boolean isOfSession(int entry, long timeMs) {
    return sessions == null
        || sessions.joins(
            table.number(entry, FIRST_TIME), table.number(entry, TIME), timeMs, timeMs);
  }

  private boolean hasRoom(int entry, int kind, long number) {
    if (retraction == null) {
      return true;
    }
    if (longSum != null) {
      long sum = table.number(entry, PARTIAL);
      return kind == FrameFormat.RETRACTION
          ? ((sum ^ number) & (sum ^ (sum - number))) >= 0
          : ((sum ^ (sum + number)) & (number ^ (sum + number))) >= 0;
    }
    Object accumulator = accumulators[(int) table.number(entry, PARTIAL)];
    return accumulator == null || !retraction.isLarge(accumulator);
  }

  private void merge(int entry, long timeMs, int kind, long number, Object value) throws Exception {
    long partial = table.number(entry, PARTIAL);
    if (longSum != null) {
      table.set(
          entry,
          PARTIAL,
          kind == FrameFormat.RETRACTION
              ? Math.subtractExact(partial, number)
              : Math.addExact(partial, number));
    } else {
      Object accumulator = accumulators[(int) partial];
      int before = grows && accumulator != null ? fold.valuesIn(accumulator) : 0;
      Object after = accumulator == null ? first(kind, value) : next(accumulator, kind, value);
      accumulators[(int) partial] = after;
      if (grows) {
        values += fold.valuesIn(after) - before;
      }
    }
    note(entry, timeMs, weight(kind));
    if (sessions != null) {
      table.set(entry, FIRST_TIME, Math.min(table.number(entry, FIRST_TIME), timeMs));
    }
  }

  private void note(int entry, long timeMs, long records) {
    if (slicing == null) {
      table.set(entry, TIME, Math.max(table.number(entry, TIME), timeMs));
    }
    if (weighs) {
      table.set(entry, weight, table.number(entry, weight) + records);
    }
  }

  private void insert(
      byte[] key,
      int length,
      int keyHash,
      long slice,
      long timeMs,
      int kind,
      long number,
      Object value)
      throws Exception {
    long partial = number;
    if (longSum == null) {
      partial = keep(first(kind, value));
    } else if (kind == FrameFormat.RETRACTION) {
      if (number == Long.MIN_VALUE) {
        append(key, 0, length, keyHash, slice, timeMs, 0, ONE_LESS);
        partial++;
      }
      partial = -partial;
    }
    append(key, 0, length, keyHash, slice, timeMs, weight(kind), partial);
  }

  /** Returns where the accumulator of a new entry is. */
  private int keep(Object accumulator) {
    if (objects == accumulators.length) {
      accumulators = Arrays.copyOf(accumulators, objects * 2);
    }
    accumulators[objects] = accumulator;
    if (grows) {
      values += fold.valuesIn(accumulator);
    }
    return objects++;
  }

  private void append(
      byte[] key,
      int keyOffset,
      int length,
      int keyHash,
      long slice,
      long timeMs,
      long records,
      long partial) {
    int entry = table.add(key, keyOffset, length, keyHash, slice);
    table.set(entry, PARTIAL, partial);
    if (slicing == null) {
      table.set(entry, TIME, timeMs);
    }
    if (weighs) {
      table.set(entry, weight, records);
    }
    if (sessions != null) {
      table.set(entry, FIRST_TIME, timeMs);
    }
  }

  private Object first(int kind, Object value) throws Exception {
    return kind == FrameFormat.RETRACTION ? folding.firstRetracted(value) : folding.first(value);
  }

  private Object next(Object accumulator, int kind, Object value) throws Exception {
    return kind == FrameFormat.RETRACTION
        ? folding.retract(accumulator, value)
        : folding.add(accumulator, value);
  }

  /** {@return whether records can be taken back here} */
  boolean takesBack() {
    return retraction != null;
  }

  /**
   * Hands over what a record comes to by itself, be it one that is taken back.
   *
   * @param kind one that it {@linkplain #combines combines}
   */
  void alone(byte[] key, int length, int keyHash, long timeMs, int kind, Object value, Drain drain)
      throws Exception {
    Object partial;
    if (kind != FrameFormat.RETRACTION || retraction == null) {
      partial = fold.first(value);
    } else if (longSum == null) {
      partial = retraction.first(value);
    } else {
      long number = longSum.apply(value);
      if (number == Long.MIN_VALUE) {
        drain.entry(key, 0, length, keyHash, timeMs, 0, 0, ONE_LESS);
        number++;
      }
      partial = -number;
    }
    drain.entry(key, 0, length, keyHash, timeMs, 0, weight(kind), partial);
  }

  /** {@return by how much an entry changes the number of records} */
  private static long weight(int kind) {
    return kind == FrameFormat.RETRACTION ? -1 : 1;
  }

  /** {@return whether partial results take up so much memory that some should go now} */
  boolean isFull() {
    return heldBytes() > (inputs < overAt ? fullBytes : Math.min(SMALL_BYTES, fullBytes));
  }

  private long heldBytes() {
    return table.usedBytes() + objects * OBJECT_BYTES + values * VALUE_BYTES;
  }

  /** {@return how many partial results it has} */
  int entries() {
    lookUpAll();
    return table.entries();
  }

  /**
   * {@return a time before which there is none of the records that it has: {@link Long#MAX_VALUE}
   * if it has none, {@link Long#MIN_VALUE} if it does not go by slices of time}
   */
  long earliestMs() {
    if (table.entries() == 0 && (batch == null || batch.size() == 0)) {
      return Long.MAX_VALUE;
    }
    // What is in a gap between windows is not late, whatever its time is.
    return slicing == null ? Long.MIN_VALUE : earliestMs;
  }

  /** {@return how many records it has got since it was emptied} */
  long records() {
    return inputs;
  }

  /** {@return whether enough is in the table to judge whether keys repeat} */
  boolean canTell() {
    return inputs >= ENOUGH_TO_JUDGE;
  }

  /** {@return whether keys have repeated often enough, judged over what is in the table} */
  boolean paysOff() {
    return departed + entries() <= inputs * WORTHWHILE_DISTINCT_SHARE;
  }

  /**
   * Makes room: hands over the partial results of slices that have no records any more, or all of
   * them if it has no more memory.
   *
   * <p>If the drain fails, nothing can be done but to {@linkplain #clear empty} it.
   */
  void makeRoom(Drain drain) {
    lookUpAll();
    if (heldBytes() > maxBytes) {
      drain(drain);
      return;
    }
    recentSlices.left(sliceTo, inputs);
    int before = table.entries();
    int kept = 0;
    values = 0;
    for (int entry = 0; entry < table.end(); entry = table.next(entry)) {
      if (!isInUse(table.slice(entry))) {
        handOver(entry, drain);
      } else if (longSum == null) {
        moveAccumulator(entry, kept++);
      }
    }
    table.retain(this::isInUse);
    earliestMs = Math.min(firstStart(), sliceFrom);
    Arrays.fill(accumulators, kept, objects, null);
    objects = kept;
    departed += before - table.entries();
    overAt = NEVER;
    fullBytes = Math.min(maxBytes, Math.max(LARGE_BYTES, 2 * heldBytes()));
  }

  /** {@return the start of the first slice that has an entry} */
  private long firstStart() {
    long first = Long.MAX_VALUE;
    for (int entry = 0; entry < table.end(); entry = table.next(entry)) {
      long slice = table.slice(entry);
      first = slice == Slicing.GAP ? first : Math.min(first, slice);
    }
    return first == Long.MAX_VALUE || slicing == null ? first : slicing.sliceStart(first);
  }

  private boolean isInUse(long slice) {
    return recentSlices.isInUse(slice, inputs);
  }

  private void moveAccumulator(int entry, int to) {
    Object accumulator = accumulators[(int) table.number(entry, PARTIAL)];
    accumulators[to] = accumulator;
    table.set(entry, PARTIAL, to);
    if (grows && accumulator != null) {
      values += fold.valuesIn(accumulator);
    }
  }

  /**
   * Hands all partial results to the drain, in the order of their first record, except those that
   * come to nothing, and empties the table.
   */
  void drain(Drain drain) {
    lookUpAll();
    for (int entry = 0; entry < table.end(); entry = table.next(entry)) {
      handOver(entry, drain);
    }
    clear();
  }

  private void handOver(int entry, Drain drain) {
    long number = table.number(entry, PARTIAL);
    Object partial = longSum != null ? (Object) number : accumulators[(int) number];
    if (partial != null && !comesToNothing(entry, partial)) {
      long time = time(entry);
      drain.entry(
          table.bytes(),
          table.keyOffset(entry),
          table.keyLength(entry),
          table.keyHash(entry),
          time,
          sessions == null ? 0 : time - table.number(entry, FIRST_TIME),
          weighs ? table.number(entry, weight) : 0,
          partial);
    }
  }

  private long time(int entry) {
    if (slicing == null) {
      return table.number(entry, TIME);
    }
    long slice = table.slice(entry);
    return slice == Slicing.GAP ? gapMs : slice - 1;
  }

  private boolean comesToNothing(int entry, Object partial) {
    if (retraction == null || table.number(entry, weight) != 0) {
      return false;
    }
    if (longSum != null) {
      return table.number(entry, PARTIAL) == 0;
    }
    try {
      return retraction.isNeutral(partial);
    } catch (Exception e) {
      return false; // The receiver's merge will show what is wrong, under its error policy.
    }
  }

  /** Empties the table. */
  void clear() {
    table.clear();
    if (batch != null) {
      batch.reset();
    }
    Arrays.fill(accumulators, 0, objects, null);
    objects = 0;
    inputs = 0;
    values = 0;
    departed = 0;
    latestSlice = Long.MIN_VALUE;
    earliestMs = sliceFrom; // Of the next record, unless it is of another slice.
    overAt = NEVER;
    fullBytes = firstFullBytes();
    recentSlices.clear();
  }
}
