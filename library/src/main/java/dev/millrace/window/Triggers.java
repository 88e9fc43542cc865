package dev.millrace.window;

import dev.millrace.internal.util.Arguments;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** The triggers that come with Millrace. */
public final class Triggers {

  private static final String CANNOT = "Cannot make a trigger";

  private Triggers() {}

  /**
   * {@return a trigger that fires with every n-th record of a key}
   *
   * @param n 1 or more
   */
  public static <T> Trigger<T> count(long n) {
    return new Count<>(Arguments.atLeast(1, CANNOT, "number of records", n));
  }

  /**
   * {@return a trigger that fires when the watermark has passed the pane's first time by this much}
   *
   * @param duration at least 1 ms
   */
  public static <T> Trigger<T> afterEventTime(Duration duration) {
    return new AfterEventTime<>(positive(duration));
  }

  /**
   * {@return a trigger that fires this long after the pane's first record came}
   *
   * @param duration at least 1 ms
   */
  public static <T> Trigger<T> afterProcessingTime(Duration duration) {
    return new AfterProcessingTime<>(positive(duration));
  }

  /** {@return a trigger that fires when either does} */
  public static <T> Trigger<T> either(Trigger<T> one, Trigger<T> other) {
    return new Either<>(
        Arguments.given(CANNOT, "first of two triggers", one),
        Arguments.given(CANNOT, "second of two triggers", other));
  }

  private static Duration positive(Duration duration) {
    return Duration.ofMillis(Arguments.positiveMs(CANNOT, "time", duration));
  }

  private record Count<T>(long n) implements Trigger<T> {

    @Override
    public boolean completes(T value, Pane pane) {
      return pane.count() >= n;
    }

    @Override
    public String describe() {
      return "every " + n + " records";
    }
  }

  private record AfterEventTime<T>(Duration duration) implements Trigger<T> {

    @Override
    public boolean completes(T value, Pane pane) {
      return false;
    }

    @Override
    public Optional<Instant> eventTimeDeadline(Pane pane) {
      return Optional.of(pane.first().plus(duration));
    }

    @Override
    public boolean needsEventTime() {
      return true;
    }

    @Override
    public String describe() {
      return duration + " of event time";
    }
  }

  private record AfterProcessingTime<T>(Duration duration) implements Trigger<T> {

    @Override
    public boolean completes(T value, Pane pane) {
      return false;
    }

    @Override
    public Optional<Instant> clockDeadline(Pane pane) {
      return Optional.of(pane.opened().plus(duration));
    }

    @Override
    public String describe() {
      return duration + " of the clock";
    }
  }

  private record Either<T>(Trigger<T> one, Trigger<T> other) implements Trigger<T> {

    @Override
    public boolean completes(T value, Pane pane) throws Exception {
      return one.completes(value, pane) || other.completes(value, pane);
    }

    @Override
    public Optional<Instant> eventTimeDeadline(Pane pane) {
      return earlier(one.eventTimeDeadline(pane), other.eventTimeDeadline(pane));
    }

    @Override
    public Optional<Instant> clockDeadline(Pane pane) {
      return earlier(one.clockDeadline(pane), other.clockDeadline(pane));
    }

    @Override
    public boolean needsEventTime() {
      return one.needsEventTime() || other.needsEventTime();
    }

    private static Optional<Instant> earlier(Optional<Instant> a, Optional<Instant> b) {
      if (a.isEmpty() || b.isEmpty()) {
        return a.isEmpty() ? b : a;
      }
      return a.get().isBefore(b.get()) ? a : b;
    }

    @Override
    public String describe() {
      return one.describe() + " or " + other.describe();
    }
  }
}
