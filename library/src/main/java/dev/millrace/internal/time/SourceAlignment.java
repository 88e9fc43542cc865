package dev.millrace.internal.time;

import java.util.Arrays;

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
  private volatile Partition[] partitions = {};

  /** The known facts about a partition. */
  private static final class Partition {
    private volatile long here = ELSEWHERE;
    private volatile long committed = NOBODY_WAITS;
  }

  /** Creates the alignment of a source's partitions, none of which is known yet. */
  public SourceAlignment(long maxDriftMs) {
    if (maxDriftMs <= 0) {
      throw new IllegalArgumentException(
          "Cannot align partitions: there must be a drift (" + maxDriftMs + " ms)");
    }
    this.maxDriftMs = maxDriftMs;
  }

  /** {@return the drift beyond which a partition waits, in milliseconds} */
  public long maxDriftMs() {
    return maxDriftMs;
  }

  private Partition partition(int partition) {
    Partition[] all = partitions;
    return partition < all.length ? all[partition] : newPartition(partition);
  }

  private synchronized Partition newPartition(int partition) {
    Partition[] all = partitions;
    if (partition >= all.length) {
      int known = all.length;
      all = Arrays.copyOf(all, partition + 1);
      for (int i = known; i < all.length; i++) {
        all[i] = new Partition();
      }
      partitions = all;
    }
    return all[partition];
  }

  /** Notes the status and watermark of a partition that is read here. */
  public void moved(int partition, ChannelStatus status, long watermark) {
    partition(partition).here = waitedFor(status, watermark);
  }

  /** Notes that a partition is no longer read here. */
  public void left(int partition) {
    partition(partition).here = ELSEWHERE;
  }

  /**
   * Notes the last committed status and watermark of a partition, which count while it is not read
   * here.
   */
  public void committed(int partition, ChannelStatus status, long watermark) {
    partition(partition).committed = waitedFor(status, watermark);
  }

  private static long waitedFor(ChannelStatus status, long watermark) {
    return status.isActive() && watermark != Watermarks.UNKNOWN ? watermark : NOBODY_WAITS;
  }

  /**
   * {@return whether a partition should wait from now on}
   *
   * @param waits whether it waits at present
   */
  public Waiting decide(int partition, Waiting waits) {
    return decide(partition, waits, 0);
  }

  /**
   * {@return whether a partition should wait from now on}
   *
   * @param waits whether it waits at present
   * @param leastDriftMs the drift that is tolerated in any case
   */
  public Waiting decide(int partition, Waiting waits, long leastDriftMs) {
    long watermark = partition(partition).here;
    if (watermark == NOBODY_WAITS || watermark == ELSEWHERE) {
      return Waiting.NO;
    }
    long driftMs = Math.max(maxDriftMs, leastDriftMs);
    long tolerated = waits == Waiting.YES ? driftMs - driftMs / 4 : driftMs;
    return watermark > Watermarks.ahead(slowest(), tolerated) ? Waiting.YES : Waiting.NO;
  }

  /** The decision whether a partition waits. */
  public enum Waiting {
    YES,
    NO
  }

  /** {@return the lowest watermark of those that are waited for} */
  public long slowest() {
    long slowest = NOBODY_WAITS;
    for (Partition each : partitions) {
      long watermark = each.here;
      slowest = Math.min(slowest, watermark == ELSEWHERE ? each.committed : watermark);
    }
    return slowest;
  }
}
