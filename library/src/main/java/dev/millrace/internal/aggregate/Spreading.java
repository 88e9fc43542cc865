package dev.millrace.internal.aggregate;

import java.lang.reflect.Type;

/**
 * An aggregation of counted values whose result is the first few of them in some order, or their
 * number. The engine keeps the values of a large group in rows of their own then, in that order, so
 * that a change costs the same however many there are.
 *
 * <p>Its accumulator is a map of values to how often each is there.
 *
 * @param <T> the records
 * @param <V> the values
 */
public interface Spreading<T, V> {

  /** The part of a group's values that makes the result. */
  enum Result {
    /** The smallest value. */
    SMALLEST("the smallest"),
    /** The largest value. */
    LARGEST("the largest"),
    /** How many distinct values there are. */
    NUMBER("their number"),
    /** A list of those that are last in their order, the last one first. */
    HIGHEST("the highest");

    private final String description;

    Result(String description) {
      this.description = description;
    }

    /** {@return its name in descriptions of state} */
    public String description() {
      return description;
    }
  }

  /** {@return the value of a record, never null} */
  V valueOf(T record) throws Exception;

  /** {@return the type of the values} */
  Type valueType();

  /** {@return what a value is in order by: the value itself, but for {@link Result#HIGHEST}} */
  default Object orderOf(V value) throws Exception {
    return value;
  }

  /** {@return the class of what values are in order by} */
  Class<?> orderClass();

  /** {@return what makes the result} */
  Result result();

  /** {@return how many values the result has at most} */
  default int most() {
    return 1;
  }
}
