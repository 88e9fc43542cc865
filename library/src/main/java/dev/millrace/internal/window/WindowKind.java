package dev.millrace.internal.window;

import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * The windows that a public {@code WindowSpec} holds, with their lengths in milliseconds. {@code
 * Windows} checks what the records here take for granted.
 *
 * <p><b>Threads.</b> Immutable.
 */
public sealed interface WindowKind {

  /**
   * {@return a short description for plans; it changes whenever the meaning of stored state does}
   */
  String describe();

  /**
   * Windows of one size that neither overlap nor leave gaps.
   *
   * @param sizeMs the length in milliseconds, at least 1
   * @param offsetMs where the first window at or after the epoch starts, {@code 0 <= offset < size}
   */
  record Tumbling(long sizeMs, long offsetMs) implements WindowKind {

    @Override
    public String describe() {
      return "tumbling("
          + sizeMs
          + " ms"
          + (offsetMs == 0 ? "" : ", offset " + offsetMs + " ms")
          + ")";
    }
  }

  /**
   * Windows of one size that start at equal distances: they overlap if the slide is shorter than
   * the size, and leave gaps if it is longer.
   *
   * @param sizeMs the length in milliseconds, at least 1
   * @param slideMs the distance between two starts in milliseconds, at least 1
   */
  record Sliding(long sizeMs, long slideMs) implements WindowKind {

    @Override
    public String describe() {
      return "sliding(" + sizeMs + " ms by " + slideMs + " ms)";
    }
  }

  /**
   * Windows that grow by steps up to a size and then start over: {@code [0, step), [0, 2 * step),
   * ..., [0, size), [size, size + step), ...}.
   *
   * @param stepMs the step in milliseconds, at least 1
   * @param sizeMs the largest length in milliseconds, a multiple of the step
   */
  record Cumulative(long stepMs, long sizeMs) implements WindowKind {

    @Override
    public String describe() {
      return "cumulative(" + stepMs + " ms up to " + sizeMs + " ms)";
    }
  }

  /**
   * Days, weeks or months as a calendar has them in a time zone: a day can have 23 or 25 hours.
   *
   * @param unit DAYS, WEEKS or MONTHS
   * @param zone the time zone
   */
  record Calendar(ChronoUnit unit, ZoneId zone) implements WindowKind {

    @Override
    public String describe() {
      return "calendar(" + unit + " in " + zone + ")";
    }
  }

  /**
   * Windows of a key's own that last as long as its records are never further apart than a gap: a
   * record opens {@code [t, t + gap)}, and windows that overlap or touch become one.
   *
   * @param gapMs the gap in milliseconds, at least 1; unused if there is a function
   * @param gap the public function from a record to its gap
   */
  record Session(long gapMs, Optional<?> gap) implements WindowKind {

    @Override
    public String describe() {
      return gap.isPresent() ? "session(dynamic gap)" : "session(" + gapMs + " ms)";
    }
  }

  /**
   * One window over all time per key, cut into panes by a trigger.
   *
   * @param trigger the public trigger, which finds out when a pane is complete
   * @param needsEventTime whether the trigger has deadlines in event time
   * @param triggerText the trigger in plans
   */
  record Global(Object trigger, boolean needsEventTime, String triggerText) implements WindowKind {

    @Override
    public String describe() {
      return "global(" + triggerText + ")";
    }
  }
}
