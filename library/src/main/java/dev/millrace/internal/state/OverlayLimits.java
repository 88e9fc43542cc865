package dev.millrace.internal.state;

/**
 * The limits of an overlay: how much heap it may keep between transactions, and how long it may
 * hold back rows from its store.
 *
 * @param cachedBytes heap for rows that the store has as well; more are dropped at a commit
 * @param unwrittenBytes heap of committed rows from which on they are written to the store
 * @param unwrittenMs the age in milliseconds from which on they are written, by the checkpoints'
 *     wall time; 0 writes at every commit
 */
public record OverlayLimits(long cachedBytes, long unwrittenBytes, long unwrittenMs) {

  /** Checks the figures. */
  public OverlayLimits {
    if (cachedBytes < 0 || unwrittenBytes < 0 || unwrittenMs < 0) {
      throw new IllegalArgumentException("Cannot set negative limits for an overlay");
    }
  }

  /** {@return limits that write to the store at every commit} */
  public static OverlayLimits writingThrough(long cachedBytes) {
    return new OverlayLimits(cachedBytes, 0, 0);
  }

  /**
   * {@return limits that write a row which changes in every transaction about once a second}
   *
   * <p>Recovery does not get slower by it: without a write-ahead log, what a killed process wrote
   * to the store since its last flush is gone anyway, and replayed from the changelog.
   */
  public static OverlayLimits writingBack(long cachedBytes) {
    return new OverlayLimits(cachedBytes, cachedBytes / 4, 1_000);
  }
}
