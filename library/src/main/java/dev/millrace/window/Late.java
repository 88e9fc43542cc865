package dev.millrace.window;

import dev.millrace.internal.type.Types;
import dev.millrace.internal.util.Arguments;
import dev.millrace.output.OutputTag;
import dev.millrace.serde.TypeRef;
import java.time.Instant;

/**
 * A record that an operator did not take: all its windows were closed, its turn in a sorted stream
 * was over, records that it would have met in a join may be gone, or its key held too many.
 *
 * <p><b>Threads.</b> Immutable, as far as the value is.
 *
 * @param value the record
 * @param time its time
 * @param reason why it was not counted
 */
public record Late<T>(T value, Instant time, Reason reason) {

  /** The reason why a record was not counted. */
  public enum Reason {
    /**
     * The watermark had passed the end of all its windows, and the allowed lateness; in a join,
     * records that it would have met may be gone.
     */
    BEHIND_WATERMARK,
    /** Its time is further ahead of the clock than the source's {@code maxFuture} allows. */
    TOO_FAR_AHEAD,
    /** It waited for a pattern, and its key held more records than {@code maxBuffered} allows. */
    TOO_MANY
  }

  /** {@return a tag for late records of a class} */
  public static <T> OutputTag<Late<T>> tag(String name, Class<T> type) {
    return tag(name, TypeRef.of(Arguments.given("Cannot make a side output", "type", type)));
  }

  /** {@return a tag for late records of a generic type} */
  public static <T> OutputTag<Late<T>> tag(String name, TypeRef<T> type) {
    Arguments.given("Cannot make a side output", "type", type);
    return OutputTag.of(
        name, TypeRef.<Late<T>>ofType(Types.parameterized(Late.class, type.type())));
  }
}
