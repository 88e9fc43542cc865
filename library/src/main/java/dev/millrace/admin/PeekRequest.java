package dev.millrace.admin;

import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The selection of records of a topic to look at.
 *
 * <p><b>Threads.</b> Immutable; every method returns a changed copy.
 *
 * @param start where to begin
 * @param last for {@link Start#LAST}, how many records of each partition; for {@link Start#OFFSET},
 *     the offset
 * @param partition the only partition; empty means all
 * @param limit how many records at most; empty means all
 * @param atEnd what to do at the end
 */
public record PeekRequest(
    Start start, long last, OptionalInt partition, OptionalLong limit, AtEnd atEnd) {

  /** The place to begin. */
  public enum Start {
    /** At the first record. */
    BEGINNING,
    /** After the last record. */
    END,
    /** A number of offsets before the end; transaction markers count as well. */
    LAST,
    /** At an offset, or at the first record that there is after it. */
    OFFSET
  }

  /** The action when everything is read. */
  public enum AtEnd {
    /** End. */
    STOP,
    /** Wait for more. */
    WAIT
  }

  /** {@return a request for everything that is there} */
  public static PeekRequest all() {
    return new PeekRequest(
        Start.BEGINNING, 0, OptionalInt.empty(), OptionalLong.empty(), AtEnd.STOP);
  }

  /** {@return the same from the end on} */
  public PeekRequest fromEnd() {
    return new PeekRequest(Start.END, 0, partition, limit, atEnd);
  }

  /** {@return the same for the last records of each partition} */
  public PeekRequest lastOf(long records) {
    return new PeekRequest(Start.LAST, records, partition, limit, atEnd);
  }

  /** {@return the same from an offset on, in each partition} */
  public PeekRequest fromOffset(long offset) {
    return new PeekRequest(Start.OFFSET, offset, partition, limit, atEnd);
  }

  /** {@return the same for one partition} */
  public PeekRequest onlyPartition(int number) {
    return new PeekRequest(start, last, OptionalInt.of(number), limit, atEnd);
  }

  /** {@return the same for at most so many records} */
  public PeekRequest atMost(long records) {
    return new PeekRequest(start, last, partition, OptionalLong.of(records), atEnd);
  }

  /** {@return the same, waiting for more at the end} */
  public PeekRequest following() {
    return new PeekRequest(start, last, partition, limit, AtEnd.WAIT);
  }
}
