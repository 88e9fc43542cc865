package dev.millrace.internal.time;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The alignment of a source's partitions: it decides which are so far ahead of the slowest that
 * they should wait.
 *
 * <p>The slowest is the lowest watermark of those that are active and know theirs: a partition that
 * is idle or finished is not waited for, and a partition that waits counts like the others, so the
 * slowest never waits. A partition that waits goes on when it is no more than three quarters of the
 * drift ahead, so that it does not stop and go with every record of the slowest.
 *
 * <p><b>Threads.</b> Safe for any thread; a thread may see another's reports a little later.
 */
public final class SourceAlignment {

  /** Stands for a partition that nobody has to wait for. */
  private static final long NOBODY_WAITS = Long.MAX_VALUE;

  /** Stands for a partition that is not read here. */
  private static final long ELSEWHERE = Long.MIN_VALUE;

  private final long maxDriftMs;
  private final AtomicLongArray here;
  private final AtomicLongArray committed;

  /** Creates the alignment of a source's partitions, of which none is read here yet. */
  public SourceAlignment(int partitions, long maxDriftMs) {
    if (partitions <= 0 || maxDriftMs <= 0) {
      throw new IllegalArgumentException(
          "Cannot align partitions: there must be some, and a drift ("
              + partitions
              + " partitions, "
              + maxDriftMs
              + " ms)");
    }
    this.maxDriftMs = maxDriftMs;
    this.here = new AtomicLongArray(partitions);
    this.committed = new AtomicLongArray(partitions);
    for (int i = 0; i < partitions; i++) {
      here.set(i, ELSEWHERE);
      committed.set(i, NOBODY_WAITS);
    }
  }

  /** Notes the status and watermark of a partition that is read here. */
  public void moved(int partition, ChannelStatus status, long watermark) {
    here.set(partition, said(status, watermark));
  }

  /** Notes that a partition is no longer read here. */
  public void left(int partition) {
    here.set(partition, ELSEWHERE);
  }

  /**
   * Notes the last committed status and watermark of a partition, which count while it is not read
   * here.
   */
  public void committed(int partition, ChannelStatus status, long watermark) {
    committed.set(partition, said(status, watermark));
  }

  private static long said(ChannelStatus status, long watermark) {
    return status == ChannelStatus.ACTIVE && watermark != Watermarks.UNKNOWN
        ? watermark
        : NOBODY_WAITS;
  }

  /**
   * {@return whether a partition should wait from now on}
   *
   * @param waits whether it waits at present
   */
  public Waiting decide(int partition, Waiting waits) {
    long watermark = here.get(partition);
    if (watermark == NOBODY_WAITS || watermark == ELSEWHERE) {
      return Waiting.NO;
    }
    long tolerated = waits == Waiting.YES ? maxDriftMs - maxDriftMs / 4 : maxDriftMs;
    return watermark > Watermarks.ahead(slowest(), tolerated) ? Waiting.YES : Waiting.NO;
  }

  /** The decision whether a partition waits. */
  public enum Waiting {
    YES,
    NO
  }

  private long slowest() {
    long slowest = NOBODY_WAITS;
    for (int i = 0; i < here.length(); i++) {
      long watermark = here.get(i);
      slowest = Math.min(slowest, watermark == ELSEWHERE ? committed.get(i) : watermark);
    }
    return slowest;
  }
}
