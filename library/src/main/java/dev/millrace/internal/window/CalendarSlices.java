package dev.millrace.internal.window;

import dev.millrace.internal.util.Saturating;
import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAdjusters;

/**
 * Days, weeks and months of a time zone: each is one slice, from the first midnight of its first
 * day to that of the next one.
 *
 * <p>Records tend to fall into the window of the record before, so that window is remembered.
 */
final class CalendarSlices implements Slicing {

  /** Offsets of time zones have been odd in the past, but never finer than a second. */
  private static final long FINEST_MS = 1_000;

  private final ChronoUnit unit;
  private final ZoneId zone;

  private long start = Long.MAX_VALUE;
  private long end = Long.MIN_VALUE;

  CalendarSlices(ChronoUnit unit, ZoneId zone) {
    this.unit = unit;
    this.zone = zone;
  }

  @Override
  public long sliceEnd(long timeMs) {
    look(timeMs);
    return end;
  }

  @Override
  public long sliceStart(long sliceEnd) {
    return windowStart(sliceEnd);
  }

  @Override
  public long firstWindowEnd(long sliceEnd) {
    return sliceEnd;
  }

  @Override
  public long lastWindowEnd(long sliceEnd) {
    return sliceEnd;
  }

  @Override
  public long nextWindowEnd(long timeMs) {
    return sliceEnd(timeMs);
  }

  @Override
  public long windowStart(long windowEnd) {
    look(Saturating.subtract(windowEnd, 1));
    return start;
  }

  private void look(long timeMs) {
    if (timeMs >= start && timeMs < end) {
      return;
    }
    LocalDate first = first(Instant.ofEpochMilli(timeMs).atZone(zone).toLocalDate());
    start = startOf(first, Long.MIN_VALUE);
    end = startOf(next(first), Long.MAX_VALUE);
    if (timeMs >= end && end != Long.MAX_VALUE) {
      // The clock was put back over midnight: the day before goes on, but its window has ended.
      start = end;
      end = startOf(next(next(first)), Long.MAX_VALUE);
    }
  }

  private LocalDate first(LocalDate day) {
    return switch (unit) {
      case DAYS -> day;
      case WEEKS -> day.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY));
      default -> day.withDayOfMonth(1);
    };
  }

  private LocalDate next(LocalDate first) {
    return switch (unit) {
      case DAYS -> first.plusDays(1);
      case WEEKS -> first.plusWeeks(1);
      default -> first.plusMonths(1);
    };
  }

  private long startOf(LocalDate day, long beyond) {
    try {
      return day.atStartOfDay(zone).toInstant().toEpochMilli();
    } catch (ArithmeticException | DateTimeException e) {
      return beyond;
    }
  }

  @Override
  public boolean overlaps() {
    return false;
  }

  @Override
  public long granularityMs() {
    return FINEST_MS;
  }
}
