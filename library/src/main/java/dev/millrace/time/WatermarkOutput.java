package dev.millrace.time;

import java.time.Instant;
import java.util.Optional;

/**
 * The receiver of the watermarks of a {@link WatermarkGenerator}.
 *
 * <p><b>Threads.</b> To be used during the call it was handed to, by the same thread.
 */
public interface WatermarkOutput {

  /**
   * Promises that no more records with event time before this one are expected.
   *
   * <p>Ignored if it is not above the present watermark, or more than {@link Watermarks#maxFuture}
   * ahead of the clock.
   */
  void emit(Instant watermark);

  /** {@return the partition's present watermark, also of former owners; empty if there is none} */
  Optional<Instant> watermark();
}
