package dev.millrace.internal.stage;

import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.spec.WatermarkStrategy;
import dev.millrace.internal.time.SourceAlignment;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The state that the workers of one stage on this instance share.
 *
 * <p><b>Threads.</b> Safe for any thread.
 *
 * @param workers how many workers there are
 * @param alignment keeps the partitions of a source close in event time, if that is wanted
 * @param backlog keeps those of its partitions that are read here and have a backlog closer than
 *     the windows that follow, if any do
 * @param tasks how many tasks the stage has by now
 */
public record StageShare(
    int workers,
    Optional<SourceAlignment> alignment,
    Optional<SourceAlignment> backlog,
    TaskCount tasks) {

  /** Partitions that are read as their records are written may be so far apart. */
  private static final long USUAL_DRIFT_MS = 1_000;

  /** About the most frames a second that an instance writes into a shuffle for watermarks alone. */
  private static final int FRAMES_PER_SECOND = 320;

  private static final long LONGEST_INTERVAL_MS = 1_000;

  /** {@return the share of a stage that this number of workers serves here} */
  public static StageShare of(StageSetup setup, int workers) {
    return new StageShare(
        workers,
        maxDrift(setup.inputs().get(0).input())
            .map(drift -> new SourceAlignment(Math.max(1, drift.toMillis()))),
        granularityMs(setup).stream()
            .mapToObj(granularity -> new SourceAlignment(Math.max(granularity, USUAL_DRIFT_MS)))
            .findAny(),
        new TaskCount(setup.tasks()));
  }

  /** That of the event time which later stages wait for; empty if none does. */
  private static OptionalLong granularityMs(StageSetup setup) {
    if (!setup.stage().isSource()) {
      return OptionalLong.empty();
    }
    return setup.outputs().stream()
        .mapToLong(output -> output.edge().granularityMs().eventMs())
        .filter(granularity -> granularity != Long.MAX_VALUE)
        .min();
  }

  private static Optional<Duration> maxDrift(StageInput input) {
    WatermarkStrategy strategy =
        input instanceof StageInput.OfSource read ? read.source().times().watermarks() : null;
    return strategy == null ? Optional.empty() : Optional.ofNullable(strategy.maxDrift());
  }

  /**
   * {@return how long a worker waits between two rounds of frames that only carry watermarks}
   *
   * <p>Each worker sends one to each downstream partition, so the more there are of both, the
   * longer it waits; but at most a second, by which windows may then fire late.
   *
   * @param rhythm gives the shortest interval; zero stays zero
   * @param partitions of the shuffle
   */
  public long watermarkIntervalMs(Rhythm rhythm, int partitions) {
    long shortestMs = rhythm.watermarks().toMillis();
    if (shortestMs == 0) {
      return 0;
    }
    long forAll = 1_000L * workers * partitions / FRAMES_PER_SECOND;
    return Math.max(shortestMs, Math.min(forAll, LONGEST_INTERVAL_MS));
  }
}
