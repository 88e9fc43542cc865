package dev.millrace.time;

import java.time.Instant;

/**
 * A strategy of your own, which makes the watermarks of one source partition.
 *
 * <p><b>Contract.</b> Each source partition has a generator of its own, made by the supplier given
 * to {@link Watermarks#generator}. It is called for every record in the order of the partition and,
 * as time passes, at the interval of {@link Watermarks#period}; in both calls it may emit a
 * watermark. One that is not above the present watermark changes nothing, so the watermark never
 * goes back, whatever a generator does.
 *
 * <p><b>Restart.</b> After a restart, and when another instance takes the partition over, a new
 * generator continues with the next record. The watermark itself is remembered with the partition's
 * position and is what {@link WatermarkOutput#watermark()} returns from the first call on; whatever
 * else a generator has learned (the newest event time, an estimate of the disorder) it learns again
 * from the records that follow. Keep nothing in it that cannot be learned again.
 *
 * <p><b>Time.</b> A record too far ahead of the clock ({@link Watermarks#maxFuture}) is not shown
 * to the generator, and a watermark that far ahead is ignored.
 *
 * <p><b>Threads.</b> Called by one thread at a time, the worker of its partition.
 *
 * <p><b>Errors.</b> An exception of {@link #onRecord} goes to the source's error policy with the
 * record; one of {@link #onPeriod} stops the stage.
 *
 * <p><b>Example.</b> Records that carry how complete their partition is:
 *
 * <pre>{@code
 * final class Marks implements WatermarkGenerator<Reading> {
 *   public void onRecord(Reading reading, Instant eventTime, WatermarkOutput out) {
 *     if (reading.isMark()) {
 *       out.emit(reading.completeUpTo());
 *     }
 *   }
 * }
 * source.watermarks(Watermarks.generator(Marks::new).idleness(Duration.ofSeconds(10)));
 * }</pre>
 *
 * @param <T> the source's records
 */
@FunctionalInterface
public interface WatermarkGenerator<T> {

  /**
   * Called for a record, before everything else that is done with it.
   *
   * @param eventTime the record's event time
   */
  void onRecord(T record, Instant eventTime, WatermarkOutput output) throws Exception;

  /** Called when the interval has passed, even while records are waiting or none come. */
  default void onPeriod(WatermarkOutput output) throws Exception {}
}
