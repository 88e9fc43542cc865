package dev.millrace.window;

import dev.millrace.time.TimeDomain;
import java.time.ZoneId;
import java.util.Optional;

/**
 * The kind of a window; made by {@link Windows}.
 *
 * <p><b>Time.</b> A window goes by event time where every source that feeds it has watermarks, else
 * by processing time; {@link #inEventTime()} and {@link #inProcessingTime()} say so explicitly.
 *
 * <p><b>Threads.</b> Immutable.
 */
public sealed interface WindowSpec {

  /**
   * {@return the time it goes by, or empty for event time where the source has watermarks, else
   * processing time}
   */
  Optional<TimeDomain> domain();

  /** {@return the same windows by the given time} */
  WindowSpec in(TimeDomain domain);

  /**
   * {@return a short description for plans; it changes whenever the meaning of stored state does}
   */
  String describe();

  /** {@return the same windows by event time; the sources then need watermarks} */
  default WindowSpec inEventTime() {
    return in(TimeDomain.EVENT);
  }

  /** {@return the same windows by processing time} */
  default WindowSpec inProcessingTime() {
    return in(TimeDomain.PROCESSING);
  }

  /**
   * Windows of one size that neither overlap nor leave gaps.
   *
   * @param sizeMs the length in milliseconds, at least 1
   * @param offsetMs where the first window at or after the epoch starts, {@code 0 <= offset < size}
   * @param domain the time it goes by, if stated
   */
  record Tumbling(long sizeMs, long offsetMs, Optional<TimeDomain> domain) implements WindowSpec {

    @Override
    public Tumbling in(TimeDomain newDomain) {
      return new Tumbling(sizeMs, offsetMs, Optional.of(newDomain));
    }

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
   * @param domain the time it goes by, if stated
   */
  record Sliding(long sizeMs, long slideMs, Optional<TimeDomain> domain) implements WindowSpec {

    @Override
    public Sliding in(TimeDomain newDomain) {
      return new Sliding(sizeMs, slideMs, Optional.of(newDomain));
    }

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
   * @param domain the time it goes by, if stated
   */
  record Cumulative(long stepMs, long sizeMs, Optional<TimeDomain> domain) implements WindowSpec {

    @Override
    public Cumulative in(TimeDomain newDomain) {
      return new Cumulative(stepMs, sizeMs, Optional.of(newDomain));
    }

    @Override
    public String describe() {
      return "cumulative(" + stepMs + " ms up to " + sizeMs + " ms)";
    }
  }

  /**
   * Days, weeks or months as a calendar has them in a time zone: a day can have 23 or 25 hours.
   *
   * @param unit the length
   * @param zone the time zone
   * @param domain the time it goes by, if stated
   */
  record Calendar(CalendarUnit unit, ZoneId zone, Optional<TimeDomain> domain)
      implements WindowSpec {

    @Override
    public Calendar in(TimeDomain newDomain) {
      return new Calendar(unit, zone, Optional.of(newDomain));
    }

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
   * @param gap the gap as a function of the record
   * @param domain the time it goes by, if stated
   */
  record Session(long gapMs, Optional<GapFunction<?>> gap, Optional<TimeDomain> domain)
      implements WindowSpec {

    @Override
    public Session in(TimeDomain newDomain) {
      return new Session(gapMs, gap, Optional.of(newDomain));
    }

    @Override
    public String describe() {
      return gap.isPresent() ? "session(dynamic gap)" : "session(" + gapMs + " ms)";
    }
  }

  /**
   * One window over all time per key, cut into panes by a trigger.
   *
   * @param trigger says when a pane is complete
   * @param domain the time its records' times are in, if stated
   */
  record Global(Trigger<?> trigger, Optional<TimeDomain> domain) implements WindowSpec {

    @Override
    public Global in(TimeDomain newDomain) {
      return new Global(trigger, Optional.of(newDomain));
    }

    @Override
    public String describe() {
      return "global(" + trigger.describe() + ")";
    }
  }
}
