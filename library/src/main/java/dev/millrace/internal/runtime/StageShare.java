package dev.millrace.internal.runtime;

import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.spec.WatermarkStrategy;
import dev.millrace.internal.time.SourceAlignment;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What the workers of one stage on this instance have in common.
 *
 * <p><b>Threads.</b> Safe for any thread.
 *
 * @param workers how many they are
 * @param alignment what keeps the partitions of a source together, if that is wanted
 * @param outgrown whether the source's topic has partitions that this copy of the job does not know
 *     and another will read; for good, since only a start learns of them
 */
public record StageShare(int workers, Optional<SourceAlignment> alignment, AtomicBoolean outgrown) {

  /**
   * An instance writes about this many frames a second into a shuffle to tell the time, no more.
   */
  private static final int FRAMES_PER_SECOND = 320;

  private static final long LONGEST_INTERVAL_MS = 1_000;

  /** {@return the share of a stage that so many workers serve here} */
  public static StageShare of(StageSetup setup, int workers) {
    return new StageShare(
        workers,
        maxDrift(setup.inputs().get(0).input())
            .map(drift -> new SourceAlignment(setup.tasks(), Math.max(1, drift.toMillis()))),
        new AtomicBoolean());
  }

  private static Optional<Duration> maxDrift(StageInput input) {
    WatermarkStrategy strategy =
        input instanceof StageInput.OfSource read ? read.source().times().watermarks() : null;
    return strategy == null ? Optional.empty() : Optional.ofNullable(strategy.maxDrift());
  }

  /**
   * {@return how long a worker waits between two rounds of frames that only tell the time}
   *
   * <p>Each of the workers tells each downstream partition, so the more there are of both, the
   * longer; but a second is what a window may be late by.
   *
   * @param rhythm says the shortest interval; zero stays zero
   * @param partitions of the shuffle
   */
  long watermarkIntervalMs(Rhythm rhythm, int partitions) {
    long shortestMs = rhythm.watermarks().toMillis();
    if (shortestMs == 0) {
      return 0;
    }
    long forAll = 1_000L * workers * partitions / FRAMES_PER_SECOND;
    return Math.max(shortestMs, Math.min(forAll, LONGEST_INTERVAL_MS));
  }
}
