package dev.millrace.internal.runtime;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.ToLongFunction;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.Folding;
import dev.millrace.internal.plan.FoldFunction;
import dev.millrace.internal.plan.ShuffleEdge.CombinerPlan;
import dev.millrace.internal.util.Hashing;
import dev.millrace.internal.window.SessionSpan;
import dev.millrace.internal.window.Slicing;
import dev.millrace.internal.window.WindowKind;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The sending half of a two-phase aggregate: partial results per (key, slice of time), kept until
 * the commit.
 *
 * <p>An open-addressing table. The working set of a transaction is larger than the processor's
 * caches, so what counts is how many places in memory a record touches: a probe reads one 8-byte
 * slot (hash and entry number together), a hit the entry's fields, which lie side by side, one
 * stretch of the key arena and the accumulator. A plain sum keeps its accumulators as longs. The
 * table is worth its place only while keys repeat; {@link #paysOff()} reports at each flush whether
 * they do.
 *
 * <p>For sessions, records are combined only if they certainly belong to one session. Any other
 * record becomes a new entry, which the slot points to from then on; the old entry stays until the
 * flush.
 *
 * <p>Where the aggregate can take records back, additions and retractions of a key net out in its
 * entry; an entry that comes to nothing is not handed on. One that has grown large is left for a
 * new one as well, since it has to fit into a record of the shuffle, and so is one whose sum would
 * overflow: what is taken back here may balance what was added anywhere.
 *
 * <p>I1: {@code slots[i] == 0} is free, else the low half is entry number + 1 and the high half the
 * entry's spread hash. I2: the table is at most half full.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class Combiner {

  /** The receiver of the partial results at a flush. */
  interface Drain {
    /**
     * Takes a partial result.
     *
     * @param timeMs the largest time of its records
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

  private static final int INITIAL_ENTRIES = 1 << 10;
  private static final long ENTRY_BYTES = 64;

  /** A value with its count in a map, if it is a record of a few fields. */
  private static final long VALUE_BYTES = 128;

  private static final int FIELDS = 4;
  private static final int SLICE = 1;
  private static final int TIME = 2;
  private static final int WEIGHT = 3;

  /**
   * The first part of the smallest number taken back, whose opposite is no long, but the sum of
   * two. The other part, which takes the row back, is the last.
   */
  private static final long ONE_LESS = 1;

  /** How many slots an entry must have for itself before they are freed one by one. */
  private static final int SPARSE = 16;

  private static final double WORTHWHILE_DISTINCT_SHARE = 0.7;
  private static final long ENOUGH_TO_JUDGE = 1_000;

  private final Folding folding;
  private final FoldFunction fold;
  private final @Nullable ToLongFunction<Object> longSum;
  private final @Nullable Slicing slicing;
  private final @Nullable SessionSpan sessions;
  private final FoldFunction.@Nullable Retraction retraction;
  private final boolean keepsOrder;
  private final boolean weighs;

  /** Whether accumulators grow with what they have seen, so that what is in them counts. */
  private final boolean grows;

  private final long maxBytes;

  /** The slice of the last record: most records are of the same. */
  private long sliceFrom = Long.MAX_VALUE;

  private long sliceTo = Long.MIN_VALUE;

  private long[] slots = new long[INITIAL_ENTRIES * 2];

  /** Of each entry {@link #FIELDS} words: hash and key end, slice, largest time, weight. */
  private long[] fields = new long[INITIAL_ENTRIES * FIELDS];

  private long[] firstTimes;
  private long[] sums;
  private @Nullable Object[] accumulators;
  private byte[] keys = new byte[INITIAL_ENTRIES * 16];
  private int entries;
  private long inputs;

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
    this.firstTimes = new long[sessions == null ? 0 : INITIAL_ENTRIES];
    this.maxBytes = maxBytes;
    this.sums = new long[longSum == null ? 0 : INITIAL_ENTRIES];
    this.accumulators = new Object[longSum == null ? INITIAL_ENTRIES : 0];
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
    int spread = Hashing.spread(keyHash + (int) slice * 31);
    int mask = slots.length - 1;
    int at = spread & mask;
    while (true) {
      long slot = slots[at];
      if (slot == 0) {
        insert(at, spread, key, length, keyHash, slice, timeMs, kind, number, value);
        return;
      }
      if ((int) (slot >>> 32) == spread) {
        int entry = (int) slot - 1;
        if (fields[entry * FIELDS + SLICE] == slice && isKey(entry, key, length)) {
          if (isOfSession(entry, timeMs) && hasRoom(entry, kind, number)) {
            merge(entry, timeMs, kind, number, value);
          } else {
            insert(at, spread, key, length, keyHash, slice, timeMs, kind, number, value);
          }
          return;
        }
      }
      at = (at + 1) & mask;
    }
  }

  private long slice(long timeMs) {
    if (slicing == null) {
      return 0;
    }
    if (timeMs < sliceFrom || timeMs >= sliceTo) {
      sliceTo = slicing.sliceEnd(timeMs);
      sliceFrom = sliceTo == Slicing.GAP ? Long.MAX_VALUE : slicing.sliceStart(sliceTo);
    }
    return sliceTo;
  }

  private boolean isOfSession(int entry, long timeMs) {
    return sessions == null
        || sessions.joins(firstTimes[entry], fields[entry * FIELDS + TIME], timeMs, timeMs);
  }

  private boolean hasRoom(int entry, int kind, long number) {
    if (retraction == null) {
      return true;
    }
    if (longSum != null) {
      long sum = sums[entry];
      return kind == FrameFormat.RETRACTION
          ? ((sum ^ number) & (sum ^ (sum - number))) >= 0
          : ((sum ^ (sum + number)) & (number ^ (sum + number))) >= 0;
    }
    Object accumulator = accumulators[entry];
    return accumulator == null || !retraction.isLarge(accumulator);
  }

  private void merge(int entry, long timeMs, int kind, long number, Object value) throws Exception {
    if (longSum != null) {
      sums[entry] =
          kind == FrameFormat.RETRACTION
              ? Math.subtractExact(sums[entry], number)
              : Math.addExact(sums[entry], number);
    } else {
      Object accumulator = accumulators[entry];
      int before = grows && accumulator != null ? fold.valuesIn(accumulator) : 0;
      Object after = accumulator == null ? first(kind, value) : next(accumulator, kind, value);
      accumulators[entry] = after;
      if (grows) {
        values += fold.valuesIn(after) - before;
      }
    }
    int at = entry * FIELDS;
    fields[at + TIME] = Math.max(fields[at + TIME], timeMs);
    fields[at + WEIGHT] += weight(kind);
    if (sessions != null) {
      firstTimes[entry] = Math.min(firstTimes[entry], timeMs);
    }
    inputs++;
  }

  private void insert(
      int slot,
      int spread,
      byte[] key,
      int length,
      int keyHash,
      long slice,
      long timeMs,
      int kind,
      long number,
      Object value)
      throws Exception {
    if (longSum == null) {
      Object accumulator = first(kind, value);
      append(key, length, keyHash, slice, timeMs, weight(kind));
      accumulators[entries - 1] = accumulator;
      if (grows) {
        values += fold.valuesIn(accumulator);
      }
    } else if (kind != FrameFormat.RETRACTION) {
      append(key, length, keyHash, slice, timeMs, weight(kind));
      sums[entries - 1] = number;
    } else {
      if (number == Long.MIN_VALUE) {
        append(key, length, keyHash, slice, timeMs, 0);
        sums[entries - 1] = ONE_LESS;
        number++;
      }
      append(key, length, keyHash, slice, timeMs, weight(kind));
      sums[entries - 1] = -number;
    }
    inputs++;
    slots[slot] = (long) spread << 32 | (entries & 0xFFFF_FFFFL);
    if (entries * 2 > slots.length) {
      rehash();
    }
  }

  /** Adds an entry, still without a sum or an accumulator. */
  private void append(byte[] key, int length, int keyHash, long slice, long timeMs, long weight) {
    int start = keyStart(entries);
    reserve(start + length);
    System.arraycopy(key, 0, keys, start, length);
    int at = entries * FIELDS;
    fields[at] = (long) keyHash << 32 | (start + length);
    fields[at + SLICE] = slice;
    fields[at + TIME] = timeMs;
    fields[at + WEIGHT] = weight;
    if (sessions != null) {
      firstTimes[entries] = timeMs;
    }
    entries++;
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

  private boolean isKey(int entry, byte[] key, int length) {
    return Arrays.equals(keys, keyStart(entry), keyEnd(entry), key, 0, length);
  }

  private int keyStart(int entry) {
    return entry == 0 ? 0 : keyEnd(entry - 1);
  }

  private int keyEnd(int entry) {
    return (int) fields[entry * FIELDS];
  }

  private void reserve(int keyBytes) {
    if (keyBytes > keys.length) {
      keys = Arrays.copyOf(keys, Math.max(keyBytes, keys.length * 2));
    }
    if (entries * FIELDS == fields.length) {
      int capacity = entries * 2;
      fields = Arrays.copyOf(fields, capacity * FIELDS);
      firstTimes = Arrays.copyOf(firstTimes, sessions == null ? 0 : capacity);
      if (longSum != null) {
        sums = Arrays.copyOf(sums, capacity);
      } else {
        accumulators = Arrays.copyOf(accumulators, capacity);
      }
    }
  }

  private void rehash() {
    long[] old = slots;
    slots = new long[old.length * 2];
    int mask = slots.length - 1;
    for (long slot : old) {
      if (slot != 0) {
        int at = (int) (slot >>> 32) & mask;
        while (slots[at] != 0) {
          at = (at + 1) & mask;
        }
        slots[at] = slot;
      }
    }
  }

  /** {@return whether partial results take up so much memory that they should go now} */
  boolean isFull() {
    return entries * ENTRY_BYTES + values * VALUE_BYTES + keys.length > maxBytes;
  }

  /** {@return whether enough is in the table to judge whether keys repeat} */
  boolean canTell() {
    return inputs >= ENOUGH_TO_JUDGE;
  }

  /** {@return whether keys have repeated often enough, judged over what is in the table} */
  boolean paysOff() {
    return entries <= inputs * WORTHWHILE_DISTINCT_SHARE;
  }

  /**
   * Hands all partial results to the drain, in the order of their first record, except those that
   * come to nothing, and empties the table.
   */
  void drain(Drain drain) {
    int start = 0;
    for (int entry = 0; entry < entries; entry++) {
      int at = entry * FIELDS;
      int end = keyEnd(entry);
      Object partial = longSum != null ? (Object) sums[entry] : accumulators[entry];
      if (partial != null && !comesToNothing(entry, partial)) {
        int hash = (int) (fields[at] >>> 32);
        long time = fields[at + TIME];
        long span = sessions == null ? 0 : time - firstTimes[entry];
        long weight = weighs ? fields[at + WEIGHT] : 0;
        drain.entry(keys, start, end - start, hash, time, span, weight, partial);
      }
      start = end;
    }
    clear();
  }

  private boolean comesToNothing(int entry, Object partial) {
    if (retraction == null || fields[entry * FIELDS + WEIGHT] != 0) {
      return false;
    }
    if (longSum != null) {
      return sums[entry] == 0;
    }
    try {
      return retraction.isNeutral(partial);
    } catch (Exception e) {
      return false; // The receiver's merge will show what is wrong, under its error policy.
    }
  }

  /**
   * Frees all slots. Of a large table with few entries, as there is where order makes it drain
   * early, only those are touched that are in use: from an entry's first place on up to a free one.
   */
  private void clearSlots() {
    if (entries > slots.length / SPARSE) {
      Arrays.fill(slots, 0);
      return;
    }
    int mask = slots.length - 1;
    for (int entry = 0; entry < entries; entry++) {
      int at = entry * FIELDS;
      int place = Hashing.spread((int) (fields[at] >>> 32) + (int) fields[at + SLICE] * 31) & mask;
      while (slots[place] != 0) {
        slots[place] = 0;
        place = (place + 1) & mask;
      }
    }
  }

  /** Empties the table. */
  void clear() {
    if (entries > 0) {
      clearSlots();
      Arrays.fill(accumulators, 0, Math.min(entries, accumulators.length), null);
    }
    entries = 0;
    inputs = 0;
    values = 0;
  }
}
