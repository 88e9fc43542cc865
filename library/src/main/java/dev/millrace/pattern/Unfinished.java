package dev.millrace.pattern;

import dev.millrace.internal.type.Types;
import dev.millrace.internal.util.Arguments;
import dev.millrace.output.OutputTag;
import dev.millrace.serde.TypeRef;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;

/**
 * A partial match that will not become a match.
 *
 * <p><b>Threads.</b> Immutable, as far as the events are.
 *
 * @param events what it has taken, by the names of the stages
 * @param start the time of its first event
 * @param end when its time was over, or when it was dropped
 * @param reason why it is over
 */
public record Unfinished<T>(
    Map<String, List<T>> events, Instant start, Instant end, Reason reason) {

  /** The reason why a partial match is over. */
  public enum Reason {
    /** No event can come in time any more. */
    TIMED_OUT,
    /** Its key had too many of them, or held too many records. */
    DROPPED
  }

  /**
   * {@return the first event of a stage}
   *
   * @throws NoSuchElementException if it has taken none
   */
  public T first(String stage) {
    List<T> all = all(stage);
    if (all.isEmpty()) {
      throw new NoSuchElementException(
          "Cannot give an event of stage '"
              + stage
              + "': it has taken none (those that have are "
              + events.keySet()
              + "). Ask all(...) instead");
    }
    return all.get(0);
  }

  /** {@return the events of a stage, none if it has taken none} */
  public List<T> all(String stage) {
    return events.getOrDefault(stage, List.of());
  }

  /** {@return a tag for unfinished matches of events of a class} */
  public static <T> OutputTag<Unfinished<T>> tag(String name, Class<T> type) {
    return tag(name, TypeRef.of(Arguments.given("Cannot make a side output", "type", type)));
  }

  /** {@return a tag for unfinished matches of events of a generic type} */
  public static <T> OutputTag<Unfinished<T>> tag(String name, TypeRef<T> type) {
    Arguments.given("Cannot make a side output", "type", type);
    return OutputTag.of(
        name, TypeRef.<Unfinished<T>>ofType(Types.parameterized(Unfinished.class, type.type())));
  }
}
