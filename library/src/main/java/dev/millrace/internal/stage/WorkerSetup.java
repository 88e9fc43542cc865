package dev.millrace.internal.stage;

import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.Startup;
import dev.millrace.internal.state.OverlayLimits;
import dev.millrace.internal.state.disk.InstanceSlot;
import dev.millrace.internal.state.store.StateStores;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.Set;

/**
 * The surroundings that all workers of a stage on this instance share, besides the stage itself.
 *
 * <p><b>Threads.</b> Immutable; what it refers to is safe for any thread.
 *
 * @param cluster makes Kafka clients and answers about topics, offsets and groups
 * @param slot the instance's place on its machine
 * @param stores opens local stores
 * @param clock the clock
 * @param limits the bounds of memory and time
 * @param exactlyOnce which guarantee holds
 * @param deadLetterTopic where dead letters go
 * @param rhythm how often to do what is not needed at every turn
 * @param acceptedLosses the losses of input that do not stop the job
 * @param startup waits for brokers that do not answer a worker's first steps
 */
public record WorkerSetup(
    Cluster cluster,
    InstanceSlot slot,
    StateStores stores,
    Clock clock,
    Limits limits,
    boolean exactlyOnce,
    String deadLetterTopic,
    Rhythm rhythm,
    Set<Loss> acceptedLosses,
    Startup startup) {

  /** Copies the set. */
  public WorkerSetup {
    acceptedLosses = Set.copyOf(acceptedLosses);
  }

  /**
   * Bounds of memory and time, each for one worker.
   *
   * @param commitInterval the time between commits of a worker that has just begun to lag
   * @param commitIntervalMax that of one that has lagged for long
   * @param commitDeadline how long a commit without an answer is tried again
   * @param transactionBytes output after which a commit is due
   * @param dirtyBytes memory of rows in one task's transaction after which a commit is due
   * @param uncommittedFrames frames of a partition that may be read and not committed, where there
   *     is nothing to show
   * @param combinerBytes memory of all combiners
   * @param frameBytes the size of frames
   * @param records the limit on the size of records
   * @param overlay the bounds of each task's object cache
   * @param shutdown how long a last commit may take
   */
  public record Limits(
      Duration commitInterval,
      Duration commitIntervalMax,
      Duration commitDeadline,
      long transactionBytes,
      long dirtyBytes,
      long uncommittedFrames,
      long combinerBytes,
      int frameBytes,
      RecordLimit records,
      OverlayLimits overlay,
      Duration shutdown) {

    private static final int INTERVALS_PER_TIMEOUT = 3;

    /**
     * {@return the limits for each of a worker's combiners, which share the memory}
     *
     * @param combiners how many there are
     */
    public Limits shared(int combiners) {
      return new Limits(
          commitInterval,
          commitIntervalMax,
          commitDeadline,
          transactionBytes,
          dirtyBytes,
          uncommittedFrames,
          combinerBytes / Math.max(1, combiners),
          frameBytes,
          records,
          overlay,
          shutdown);
    }

    /**
     * {@return the longest time between commits of a stage}
     *
     * <p>A commit waits for calls that are under way, and brokers abort what takes longer than the
     * transaction's timeout.
     *
     * @param longestCall how long a call of the stage may take
     */
    public Duration longestInterval(Duration longestCall) {
      Duration most = commitDeadline.minus(longestCall).dividedBy(INTERVALS_PER_TIMEOUT);
      Duration longest = commitIntervalMax.compareTo(most) < 0 ? commitIntervalMax : most;
      return longest.compareTo(commitInterval) < 0 ? commitInterval : longest;
    }
  }
}
