package dev.millrace.window;

import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * The records of one side of a co-group: those of a key in a window, in the order of their event
 * times and, where these are equal, of their arrival.
 *
 * <p><b>Contract.</b> It may be iterated any number of times, even by several iterators at once;
 * where records can be changed, each pass gets objects of its own. It can only be read during the
 * call of the function: afterwards it fails.
 *
 * <p><b>State.</b> Records are read from the state some at a time, so that a group may be larger
 * than memory. {@link #toList()} has all of them in memory at once.
 *
 * <p><b>Threads.</b> Confined to the thread that calls the function.
 *
 * <p><b>Errors.</b> {@link IllegalStateException} if it is read when the call is over.
 *
 * @param <T> the records
 */
public interface Records<T> extends Iterable<T> {

  /** {@return the records of a list, for tests of functions} */
  static <T> Records<T> of(List<? extends T> records) {
    List<T> copy = List.copyOf(records);
    return copy::iterator;
  }

  /** {@return whether there is none} */
  default boolean isEmpty() {
    return !iterator().hasNext();
  }

  /** {@return the records as a stream} */
  default Stream<T> stream() {
    return StreamSupport.stream(spliterator(), false);
  }

  /** {@return the records as a list that cannot be changed, all of them in memory} */
  default List<T> toList() {
    return stream().toList();
  }
}
