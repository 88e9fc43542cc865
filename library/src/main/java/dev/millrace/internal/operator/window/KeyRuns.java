package dev.millrace.internal.operator.window;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The slices of all keys in memory, each key's as a queue that knows the aggregate over itself, so
 * that a window costs a key two merges however many slices it has.
 *
 * <p>A cache: everything in it is in the rows too. It is given up when it grows too large.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class KeyRuns {

  /** Told of each slice that leaves a queue for good. */
  @FunctionalInterface
  interface Drops {
    void dropped(byte[] key, long sliceEnd);
  }

  private static final int RUN_BYTES = 160;
  private static final int SLICE_BYTES = 56;

  private final Merging merging;
  private final long maxBytes;
  private final Drops drops;
  private final Map<KeyBytes, Run> byKey = new HashMap<>();
  private final KeyBytes probe = new KeyBytes();
  private final List<Run> inOrder = new ArrayList<>();
  private boolean ordered = true;
  private long bytes;

  KeyRuns(Merging merging, long maxBytes, Drops drops) {
    this.merging = merging;
    this.drops = drops;
    this.maxBytes = maxBytes;
  }

  /** {@return the queue of a key, or null if it has none} */
  @Nullable Run find(byte[] key, int offset, int length, int hash) {
    probe.set(key, offset, length, hash);
    return byKey.get(probe);
  }

  /** {@return a new queue of a key that has none} */
  Run add(byte[] key, int offset, int length, int hash) {
    KeyBytes own = new KeyBytes();
    byte[] copy = Arrays.copyOfRange(key, offset, offset + length);
    own.set(copy, 0, length, hash);
    Run run = new Run(own, copy);
    byKey.put(own, run);
    inOrder.add(run);
    ordered = false;
    bytes += RUN_BYTES + length;
    return run;
  }

  /** Notes the accumulator of a slice; returns false if there is no room for it. */
  boolean put(Run run, long sliceEnd, Object accumulator) {
    bytes += run.put(sliceEnd, accumulator) * (long) SLICE_BYTES;
    return bytes <= maxBytes;
  }

  /** {@return the keys in their order; a run that is empty is left out from the next call on} */
  List<Run> inOrder() {
    inOrder.removeIf(this::isGone);
    if (!ordered) {
      inOrder.sort((a, b) -> Arrays.compareUnsigned(a.key, b.key));
      ordered = true;
    }
    return inOrder;
  }

  private boolean isGone(Run run) {
    if (!run.isEmpty()) {
      return false;
    }
    byKey.remove(run.own);
    bytes -= RUN_BYTES + run.key.length;
    return true;
  }

  /**
   * {@return the accumulator of a key over a window, or null if it has none}
   *
   * @param nextStart where the next window starts: slices before that are dropped
   */
  @Nullable Object over(Run run, long windowStart, long windowEnd, long nextStart) {
    int before = run.size();
    run.drop(windowStart, merging, drops);
    Object result = run.upTo(windowEnd, merging);
    run.drop(nextStart, merging, drops);
    bytes -= (before - run.size()) * (long) SLICE_BYTES;
    return result;
  }

  /**
   * The slices of a key as a queue made of two stacks: the front one keeps, for each slice, the
   * aggregate from there to its bottom, the back one only that over all of it. A slice enters at
   * the back and leaves at the front; when the front is empty, the back becomes the front.
   *
   * <p>I1: {@code head <= front <= back <= tail}. I2: {@code suffixes[i]} is the aggregate over
   * slices {@code i} to {@code front}, for i from head to front. I3: {@code backAll} is the
   * aggregate over slices front to back. Slices behind back have not been part of a window yet.
   */
  static final class Run {

    private final KeyBytes own;
    final byte[] key;
    private long[] ends = new long[4];
    private @Nullable Object[] slices = new Object[4];
    private @Nullable Object[] suffixes = new Object[0];
    private int head;
    private int front;
    private int back;
    private int tail;
    private @Nullable Object backAll;

    /** By how much the last {@link #makeRoom} moved everything towards the beginning. */
    private int shifted;

    private Run(KeyBytes own, byte[] key) {
      this.own = own;
      this.key = key;
    }

    boolean isEmpty() {
      return head == tail;
    }

    int size() {
      return tail - head;
    }

    /** Returns the number of slices added: 0 or 1. */
    int put(long sliceEnd, Object accumulator) {
      int at = tail;
      while (at > head && ends[at - 1] > sliceEnd) {
        at--;
      }
      if (at > head && ends[at - 1] == sliceEnd) {
        slices[at - 1] = accumulator;
        if (at - 1 < back) {
          forgetAggregates();
        }
        return 0;
      }
      if (at < back) {
        forgetAggregates();
      }
      makeRoom();
      at = at - shifted;
      System.arraycopy(ends, at, ends, at + 1, tail - at);
      System.arraycopy(slices, at, slices, at + 1, tail - at);
      ends[at] = sliceEnd;
      slices[at] = accumulator;
      tail++;
      return 1;
    }

    private void makeRoom() {
      shifted = 0;
      if (tail < ends.length) {
        return;
      }
      if (head > ends.length / 2) {
        shifted = head;
        System.arraycopy(ends, head, ends, 0, tail - head);
        System.arraycopy(slices, head, slices, 0, tail - head);
        Arrays.fill(slices, tail - head, tail, null);
        if (front > head) {
          System.arraycopy(suffixes, head, suffixes, 0, front - head);
        }
        tail -= head;
        back -= head;
        front -= head;
        head = 0;
      } else {
        ends = Arrays.copyOf(ends, ends.length * 2);
        slices = Arrays.copyOf(slices, slices.length * 2);
      }
    }

    private void forgetAggregates() {
      front = head;
      back = head;
      backAll = null;
    }

    /** {@return whether the key has a slice} */
    boolean has(long sliceEnd) {
      int at = tail;
      while (at > head && ends[at - 1] > sliceEnd) {
        at--;
      }
      return at > head && ends[at - 1] == sliceEnd;
    }

    /** The aggregate over all slices up to an end. */
    private @Nullable Object upTo(long windowEnd, Merging merging) {
      while (back < tail && ends[back] <= windowEnd) {
        Object slice = slice(back);
        Object all = backAll;
        backAll = all == null ? merging.copy(slice) : merging.mergeInto(all, slice);
        back++;
      }
      if (head == back) {
        return null;
      }
      Object behind = backAll;
      if (head == front) {
        return behind;
      }
      Object ahead = Objects.requireNonNull(suffixes[head]);
      return behind == null ? ahead : merging.merge(ahead, behind);
    }

    /** Lets go of the slices up to a start. */
    private void drop(long start, Merging merging, Drops drops) {
      while (head < tail && ends[head] <= start) {
        if (head >= back) {
          // It was in no window yet: the next one starts behind it.
          back = head + 1;
          front = back;
          backAll = null;
        } else if (head == front) {
          if (ends[back - 1] <= start) {
            front = back;
            backAll = null;
          } else {
            flip(merging);
          }
        }
        drops.dropped(key, ends[head]);
        slices[head] = null;
        if (head < suffixes.length) {
          suffixes[head] = null;
        }
        head++;
      }
    }

    private void flip(Merging merging) {
      if (suffixes.length < slices.length) {
        suffixes = Arrays.copyOf(suffixes, slices.length);
      }
      @Nullable Object suffix = null;
      for (int i = back - 1; i >= head; i--) {
        suffix = suffix == null ? slice(i) : merging.merge(slice(i), suffix);
        suffixes[i] = suffix;
      }
      front = back;
      backAll = null;
    }

    private Object slice(int at) {
      return Objects.requireNonNull(slices[at]);
    }
  }

  /** A key for lookups, with its hash at hand. */
  private static final class KeyBytes {

    private byte[] bytes = {};
    private int offset;
    private int length;
    private int hash;

    void set(byte[] newBytes, int newOffset, int newLength, int newHash) {
      bytes = newBytes;
      offset = newOffset;
      length = newLength;
      hash = newHash;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof KeyBytes that
          && hash == that.hash
          && Arrays.equals(
              bytes, offset, offset + length, that.bytes, that.offset, that.offset + that.length);
    }

    @Override
    public int hashCode() {
      return hash;
    }
  }
}
