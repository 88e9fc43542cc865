package dev.millrace.state;

import dev.millrace.time.TimeDomain;
import java.time.Duration;
import java.util.List;

/**
 * A list for each key.
 *
 * <p><b>Contract.</b> It stands for the list of the key that the function is called for. What a
 * failed call has changed is undone. Elements are copies.
 *
 * <p><b>State.</b> One row for each element and one for the length: to add an element costs the
 * same however long the list is, to read it costs its length.
 *
 * <p><b>Threads.</b> Confined to the task's worker, and to the calls of the function.
 *
 * @param <V> the elements
 */
public interface ListState<V> {

  /** {@return the elements in the order in which they were added; not to be changed} */
  List<V> values();

  /** {@return how many elements there are} */
  int size();

  /** {@return whether there are no elements} */
  default boolean isEmpty() {
    return size() == 0;
  }

  /** Adds an element, which must not be null, at the end. */
  void add(V element);

  /** Puts other elements in the place of those there are. */
  void replace(List<? extends V> elements);

  /** Removes all elements. */
  void clear();

  /**
   * Lets the whole list expire the given time after an element was last added, as {@link
   * ValueState#expireAfter(Duration)}.
   *
   * @return this state
   */
  ListState<V> expireAfter(Duration time);

  /** As {@link #expireAfter(Duration)}, in a time domain that is chosen. */
  ListState<V> expireAfter(Duration time, TimeDomain domain);
}
