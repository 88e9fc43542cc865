package dev.millrace.internal.aggregate;

/**
 * An aggregation of counted values whose result is one of them, or their number. The engine keeps
 * the values of a large group in rows of their own then, in order, so that a change costs the same
 * however many there are.
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
    NUMBER("their number");

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

  /** {@return the class of the values} */
  Class<?> valueClass();

  /** {@return what makes the result} */
  Result result();
}
