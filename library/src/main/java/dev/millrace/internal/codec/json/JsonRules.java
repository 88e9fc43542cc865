package dev.millrace.internal.codec.json;

import dev.millrace.serde.JsonTimes;

/**
 * The rules by which JSON text is read.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param times the unit of numbers that stand for times
 * @param missing what a missing component is
 */
public record JsonRules(JsonTimes times, Missing missing) {

  /** The meaning of a component's absence from the text. */
  public enum Missing {
    /** The same as a null: an error where null is one. */
    IS_NULL,
    /** Null, empty, zero or false, whatever the component is. */
    IS_DEFAULT,
    /**
     * As {@link #IS_DEFAULT}, for text that Millrace itself wrote and nobody else reads. Properties
     * that the type does not have are refused, as they were its own once.
     */
    STORED
  }

  /** The rules of a source without settings of its own. */
  public static final JsonRules DEFAULT = new JsonRules(JsonTimes.MILLIS, Missing.IS_NULL);

  /** The rules of values in state and shuffles, whose types may have grown since. */
  public static final JsonRules STORED = new JsonRules(JsonTimes.MILLIS, Missing.STORED);

  /** {@return the same rules with another unit of times} */
  public JsonRules times(JsonTimes unit) {
    return new JsonRules(unit, missing);
  }

  /** {@return the same rules, but a missing component is its default} */
  public JsonRules lenient() {
    return new JsonRules(times, Missing.IS_DEFAULT);
  }

  boolean isStored() {
    return missing == Missing.STORED;
  }

  boolean isStrict() {
    return missing == Missing.IS_NULL;
  }
}
