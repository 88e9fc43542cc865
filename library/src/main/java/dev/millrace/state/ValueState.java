package dev.millrace.state;

import dev.millrace.time.TimeDomain;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One value for each key.
 *
 * <p><b>Contract.</b> It stands for the value of the key that the function is called for. What a
 * failed call has changed is undone. Values are copies: a change to an object counts only when it
 * is {@link #set}.
 *
 * <p><b>State.</b> One row per key that has a value.
 *
 * <p><b>Threads.</b> Confined to the task's worker, and to the calls of the function.
 *
 * @param <V> the values
 */
public interface ValueState<V> {

  /** {@return the value, or null if there is none} */
  @Nullable V value();

  /** {@return the value, or another if there is none} */
  default V valueOr(V other) {
    V value = value();
    return value == null ? other : value;
  }

  /** Sets the value, which must not be null. */
  void set(V value);

  /** Removes the value. */
  void clear();

  /**
   * Lets values expire the given time after they were last set: in event time where the sources
   * have watermarks, else in processing time. To be called where the state is declared.
   *
   * <p>In event time a value set by a record of time t is there for records and timers of times
   * before t + {@code time}; in processing time, until the clock reaches that time.
   *
   * @return this state
   */
  ValueState<V> expireAfter(Duration time);

  /** As {@link #expireAfter(Duration)}, in a time domain that is chosen. */
  ValueState<V> expireAfter(Duration time, TimeDomain domain);
}
