package dev.millrace.internal.query;

import dev.millrace.query.StateCursor;
import dev.millrace.query.StateScan;
import java.time.Instant;

/**
 * The part of a store that is to be read for one answer.
 *
 * @param from the smallest row key, as a cursor has it; empty for the first
 * @param prefix the bytes that keys begin with
 * @param fromMs the earliest begin of a window
 * @param toMs the time before which windows begin
 * @param limit the most rows
 */
// The bytes go into look-ups as they are, and are never compared.
@SuppressWarnings("ArrayRecordComponent")
record Range(byte[] from, byte[] prefix, long fromMs, long toMs, int limit) {

  private static final byte[] NOTHING = {};

  static Range of(StateScan scan, byte[] prefix) {
    return new Range(
        scan.after().map(StateCursor::rowKey).orElse(NOTHING),
        prefix,
        scan.from().map(Range::ms).orElse(Long.MIN_VALUE),
        scan.to().map(Range::ms).orElse(Long.MAX_VALUE),
        scan.limit());
  }

  private static long ms(Instant time) {
    try {
      return time.toEpochMilli();
    } catch (ArithmeticException e) {
      return time.isBefore(Instant.EPOCH) ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
  }

  /** {@return whether a window that begins at a time is in it} */
  boolean hasStart(long startMs) {
    return startMs >= fromMs && (startMs < toMs || toMs == Long.MAX_VALUE);
  }
}
