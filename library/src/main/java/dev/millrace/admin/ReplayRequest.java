package dev.millrace.admin;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * The order to put the records of dead letters back to where they came from.
 *
 * <p><b>Threads.</b> Immutable; every method returns a changed copy.
 *
 * @param filter which letters; the others stay as they are, for a later replay
 * @param limit how many at most; empty means all
 * @param target the topic that the records go to; empty means each to its own
 * @param lives whether letters of before a reset are meant too
 */
public record ReplayRequest(
    LetterFilter filter, OptionalLong limit, Optional<String> target, Lives lives) {

  /** The lives of the job whose letters are meant. */
  public enum Lives {
    /** Since the last reset. */
    PRESENT,
    /** All. */
    ALL
  }

  /** {@return a request for all letters since the last reset, each to its own topic} */
  public static ReplayRequest all() {
    return new ReplayRequest(
        LetterFilter.all(), OptionalLong.empty(), Optional.empty(), Lives.PRESENT);
  }

  /** {@return the same for those letters that a filter takes} */
  public ReplayRequest only(LetterFilter newFilter) {
    return new ReplayRequest(newFilter, limit, target, lives);
  }

  /** {@return the same for at most so many letters} */
  public ReplayRequest atMost(long letters) {
    return new ReplayRequest(filter, OptionalLong.of(letters), target, lives);
  }

  /** {@return the same into one topic, in which keys choose the partitions} */
  public ReplayRequest into(String topic) {
    return new ReplayRequest(filter, limit, Optional.of(topic), lives);
  }

  /** {@return the same with letters of before the last reset} */
  public ReplayRequest ofAllLives() {
    return new ReplayRequest(filter, limit, target, Lives.ALL);
  }
}
