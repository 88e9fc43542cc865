package dev.millrace.metrics;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The progress of one partition of a source that this instance reads.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param partition its number
 * @param state whether it moves time
 * @param watermark its event-time watermark; empty while it has none, or if its source has no
 *     watermarks; {@link Instant#MAX} when the partition has finished
 * @param watermarkAge how long the watermark has stood still; zero while there is none
 * @param lag how many records it is away from its end, as of the last fetch, or of a few seconds
 *     ago while it is paused; empty while nothing was fetched
 */
public record SourcePartition(
    int partition,
    State state,
    Optional<Instant> watermark,
    Duration watermarkAge,
    OptionalLong lag) {

  /** The activity of a partition, which decides whether it moves time. */
  public enum State {
    /** Records come or are waiting, or did so until a moment ago. */
    ACTIVE,
    /**
     * Read to its end, and silent for half of the idle timeout or longer. After the other half,
     * counted while others have records, nothing waits for it any more.
     */
    IDLE,
    /**
     * Not read for a while: a later stage is overloaded, or the partition is too far ahead of
     * others.
     */
    PAUSED,
    /** Read to the end of a bounded run. */
    FINISHED
  }
}
