package dev.millrace.internal.operator.window;

import dev.millrace.window.CalendarUnit;
import dev.millrace.window.Pane;
import dev.millrace.window.Trigger;
import dev.millrace.window.WindowSpec;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * A kind of window whose functions may fail.
 *
 * @param spec what is run, made with the round's faults
 * @param naive the windows that it makes
 * @param cacheBytes memory for slices
 */
record FaultyWindows(
    String name,
    Results results,
    Function<Faults, WindowSpec<?>> spec,
    WindowSpec<?> naive,
    long cacheBytes) {

  static final long PANE_RECORDS = 4;
  static final long PANE_MS = 60;

  private static final WindowSpec<?> TUMBLING = Windows.tumbling(ms(40));
  private static final WindowSpec<?> SLIDING = Windows.sliding(ms(60), ms(20));
  private static final WindowSpec<?> SESSION = Windows.session(ms(12));

  static final List<FaultyWindows> ALL =
      List.of(
          of("tumbling", Results.FINAL, TUMBLING, 1),
          of("sliding", Results.FINAL, SLIDING, 1 << 20),
          of("sliding, in rows", Results.FINAL, SLIDING, 1),
          of("cumulative", Results.FINAL, Windows.cumulative(ms(20), ms(60)), 1 << 20),
          of("calendar", Results.FINAL, Windows.calendar(CalendarUnit.DAY, ZoneOffset.UTC), 1),
          of("session", Results.FINAL, SESSION, 1),
          new FaultyWindows(
              "dynamic session",
              Results.FINAL,
              faults ->
                  Windows.<Long>dynamicSession(
                      value -> {
                        faults.mayFail();
                        return ms(12);
                      }),
              SESSION,
              1),
          of("tumbling, revised", Results.REVISED, TUMBLING, 1),
          of("sliding, revised", Results.REVISED, SLIDING, 1),
          of("session, revised", Results.REVISED, SESSION, 1),
          new FaultyWindows(
              "trigger",
              Results.PANES,
              faults -> Windows.<Long>global(new FaultyTrigger(faults)),
              Windows.count(PANE_RECORDS),
              1),
          of("running", Results.RUNNING, TUMBLING, 1));

  /** What becomes of a kind of window. */
  enum Results {
    FINAL,
    REVISED,
    PANES,
    RUNNING
  }

  static FaultyWindows of(String name, Results results, WindowSpec<?> spec, long cacheBytes) {
    return new FaultyWindows(name, results, faults -> spec, spec, cacheBytes);
  }

  private static Duration ms(long ms) {
    return Duration.ofMillis(ms);
  }

  /** Completes panes by their records and by their time, and fails at both. */
  @SuppressWarnings("serial") // it is never serialised
  private record FaultyTrigger(Faults faults) implements Trigger<Long> {

    @Override
    public boolean completes(Long value, Pane pane) throws Exception {
      faults.mayFail();
      return pane.count() >= PANE_RECORDS;
    }

    @Override
    public Optional<Instant> eventTimeDeadline(Pane pane) {
      try {
        faults.mayFail();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
      return Optional.of(pane.first().plusMillis(PANE_MS));
    }

    @Override
    public boolean needsEventTime() {
      return true;
    }
  }
}
