package dev.millrace.query;

import dev.millrace.error.ConfigurationException;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The rows that a scan of a store is to find, and how many at a time.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * <p><b>Example.</b> {@code query.scan(StateScan.all().prefix("user-").limit(50))}
 */
public final class StateScan {

  /** The most rows that a page can have. */
  public static final int MOST_ROWS = 10_000;

  private static final int USUAL_ROWS = 100;

  private static final StateScan ALL =
      new StateScan(
          OptionalInt.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          USUAL_ROWS,
          Optional.empty());

  private final OptionalInt task;
  private final Optional<String> prefix;
  private final Optional<Instant> from;
  private final Optional<Instant> to;
  private final int limit;
  private final Optional<StateCursor> after;

  private StateScan(
      OptionalInt task,
      Optional<String> prefix,
      Optional<Instant> from,
      Optional<Instant> to,
      int limit,
      Optional<StateCursor> after) {
    this.task = task;
    this.prefix = prefix;
    this.from = from;
    this.to = to;
    this.limit = limit;
    this.after = after;
  }

  /** {@return a scan of all rows of all tasks, a hundred to a page} */
  public static StateScan all() {
    return ALL;
  }

  /** {@return the same of one task only} */
  public StateScan task(int number) {
    if (number < 0) {
      throw new ConfigurationException(
          "Cannot scan task " + number + ": tasks are numbered from 0. Use another number");
    }
    return new StateScan(OptionalInt.of(number), prefix, from, to, limit, after);
  }

  /** {@return the same of those rows whose key, a string, begins with the given one} */
  public StateScan prefix(String keyPrefix) {
    return new StateScan(task, Optional.of(keyPrefix), from, to, limit, after);
  }

  /**
   * {@return the same of windows that begin within a stretch of time}
   *
   * @param fromInclusive the earliest time
   * @param toExclusive the time before which they begin
   */
  public StateScan between(Instant fromInclusive, Instant toExclusive) {
    Objects.requireNonNull(fromInclusive, "from");
    Objects.requireNonNull(toExclusive, "to");
    return new StateScan(
        task, prefix, Optional.of(fromInclusive), Optional.of(toExclusive), limit, after);
  }

  /**
   * {@return the same with another limit on the rows of a page}
   *
   * <p>The sessions of a key stay together, so a page of them may have more.
   *
   * @param rows 1 to {@value #MOST_ROWS}
   */
  public StateScan limit(int rows) {
    if (rows < 1 || rows > MOST_ROWS) {
      throw new ConfigurationException(
          "Cannot scan "
              + rows
              + " rows at once: a page has 1 to "
              + MOST_ROWS
              + ". Choose another limit, and go on with the page's cursor");
    }
    return new StateScan(task, prefix, from, to, rows, after);
  }

  /** {@return the same from where a page has ended} */
  public StateScan after(StateCursor cursor) {
    return new StateScan(task, prefix, from, to, limit, Optional.of(cursor));
  }

  /** {@return the only task to scan, if it is one} */
  public OptionalInt task() {
    return task;
  }

  /** {@return what keys are to begin with} */
  public Optional<String> prefix() {
    return prefix;
  }

  /** {@return the earliest begin of a window} */
  public Optional<Instant> from() {
    return from;
  }

  /** {@return the time before which windows begin} */
  public Optional<Instant> to() {
    return to;
  }

  /** {@return the most rows of a page} */
  public int limit() {
    return limit;
  }

  /** {@return where it goes on} */
  public Optional<StateCursor> after() {
    return after;
  }
}
