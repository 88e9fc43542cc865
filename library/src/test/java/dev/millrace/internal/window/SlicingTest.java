package dev.millrace.internal.window;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.window.CalendarUnit;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SlicingTest {

  @ParameterizedTest
  @CsvSource({
    "10, 0, 0, 0, 10",
    "10, 0, 9, 0, 10",
    "10, 0, 10, 10, 20",
    "10, 0, -1, -10, 0",
    "10, 0, -10, -10, 0",
    "10, 0, -11, -20, -10",
    "10, 3, 2, -7, 3",
    "10, 3, 3, 3, 13",
    "10, 3, -8, -17, -7",
    "1, 0, 5, 5, 6"
  })
  void aTimeFallsIntoTheTumblingWindowThatHoldsIt(
      long size, long offset, long time, long start, long end) {
    Slicing slicing = slicing(WindowAccess.kind(Windows.tumbling(ms(size), ms(offset))));
    assertThat(slicing.sliceEnd(time)).isEqualTo(end);
    assertThat(slicing.windowStart(end)).isEqualTo(start);
  }

  @Test
  void timesAtBothEndsOfTheRangeDoNotOverflow() {
    List<WindowKind> kinds =
        List.of(
            WindowAccess.kind(Windows.tumbling(ms(300_000))),
            WindowAccess.kind(Windows.sliding(ms(60_000), ms(7_000))),
            WindowAccess.kind(Windows.cumulative(ms(10), ms(1_000))),
            WindowAccess.kind(Windows.calendar(CalendarUnit.MONTH, ZoneId.of("Europe/Berlin"))));
    for (WindowKind kind : kinds) {
      for (long time : new long[] {Long.MIN_VALUE, Long.MIN_VALUE + 1, Long.MAX_VALUE}) {
        Slicing slicing = slicing(kind);
        long slice = slicing.sliceEnd(time);
        assertThat(slice).as("%s at %d", kind, time).isNotEqualTo(Slicing.GAP);
        assertThat(slicing.firstWindowEnd(slice)).isGreaterThanOrEqualTo(slice);
        assertThat(slicing.lastWindowEnd(slice)).isGreaterThanOrEqualTo(slice);
        assertThat(slicing.windowStart(slicing.firstWindowEnd(slice)))
            .as("%s at %d", kind, time)
            .isLessThanOrEqualTo(time);
      }
    }
  }

  @Test
  void slicesAndWindowsAgreeWithTheDefinitionForRandomKindsAndTimes() {
    long seed = 20_261_122;
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      WindowKind kind = randomKind(random);
      Slicing slicing = slicing(kind);
      long time = random.nextLong() >> (4 + random.nextInt(55));
      List<Long> expected = NaiveWindows.ends(kind, time);
      String at = "seed " + seed + ", round " + i + ", " + kind.describe() + ", time " + time;
      assertThat(ends(slicing, time)).as(at).isEqualTo(expected);
      assertThat(slicing.nextWindowEnd(time)).as(at).isEqualTo(endAfter(kind, time));
      long slice = slicing.sliceEnd(time);
      if (slice != Slicing.GAP) {
        assertThat(slicing.sliceStart(slice)).as(at).isLessThanOrEqualTo(time);
        assertThat(slice).as(at).isGreaterThan(time);
        assertThat(slicing.sliceEnd(slicing.sliceStart(slice))).as(at).isEqualTo(slice);
        assertThat(slicing.sliceEnd(slice - 1)).as(at).isEqualTo(slice);
        for (long end : expected) {
          assertThat(Math.floorMod(end, slicing.granularityMs())).as(at).isZero();
          assertThat(slicing.windowStart(end)).as(at).isLessThanOrEqualTo(slice - 1);
        }
      }
    }
  }

  /** The end after a time is one of the first window that starts at it or later, or earlier. */
  private static long endAfter(WindowKind kind, long time) {
    long start = time;
    List<Long> ends = NaiveWindows.ends(kind, start);
    while (ends.isEmpty()) {
      ends = NaiveWindows.ends(kind, ++start);
    }
    return ends.get(0);
  }

  private static List<Long> ends(Slicing slicing, long time) {
    List<Long> ends = new ArrayList<>();
    long slice = slicing.sliceEnd(time);
    if (slice == Slicing.GAP) {
      return ends;
    }
    long last = slicing.lastWindowEnd(slice);
    for (long end = slicing.firstWindowEnd(slice); end <= last; end = slicing.nextWindowEnd(end)) {
      ends.add(end);
    }
    return ends;
  }

  private static WindowKind randomKind(Random random) {
    long a = 1 + random.nextInt(40);
    long b = 1 + random.nextInt(40);
    return switch (random.nextInt(3)) {
      case 0 -> WindowAccess.kind(Windows.tumbling(ms(a), ms(random.nextInt((int) a))));
      case 1 -> WindowAccess.kind(Windows.sliding(ms(a), ms(b)));
      default -> WindowAccess.kind(Windows.cumulative(ms(a), ms(a * (1 + random.nextInt(5)))));
    };
  }

  @ParameterizedTest
  @CsvSource({
    // Berlin: the clock goes forward on 2026-03-29, back on 2026-10-25.
    "DAY, Europe/Berlin, 2026-03-29T12:00, 2026-03-29T00:00, 2026-03-30T00:00, 23",
    "DAY, Europe/Berlin, 2026-10-25T01:59, 2026-10-25T00:00, 2026-10-26T00:00, 25",
    "DAY, Europe/Berlin, 2026-11-21T00:00, 2026-11-21T00:00, 2026-11-22T00:00, 24",
    "DAY, Europe/Berlin, 2026-11-20T23:59, 2026-11-20T00:00, 2026-11-21T00:00, 24",
    "WEEK, Europe/Berlin, 2026-03-29T23:59, 2026-03-23T00:00, 2026-03-30T00:00, 167",
    "WEEK, UTC, 2026-11-22T23:59, 2026-11-16T00:00, 2026-11-23T00:00, 168",
    "MONTH, UTC, 2024-02-29T10:00, 2024-02-01T00:00, 2024-03-01T00:00, 696",
    "MONTH, America/New_York, 2026-03-01T00:00, 2026-03-01T00:00, 2026-04-01T00:00, 743",
    "DAY, UTC, 1969-12-31T23:59, 1969-12-31T00:00, 1970-01-01T00:00, 24"
  })
  void theCalendarHasDaysOfAllLengths(
      CalendarUnit unit,
      String zoneName,
      LocalDateTime time,
      LocalDateTime start,
      LocalDateTime end,
      long hours) {
    ZoneId zone = ZoneId.of(zoneName);
    Slicing slicing = slicing(WindowAccess.kind(Windows.calendar(unit, zone)));
    Instant windowEnd =
        Instant.ofEpochMilli(slicing.sliceEnd(time.atZone(zone).toInstant().toEpochMilli()));
    Instant windowStart = Instant.ofEpochMilli(slicing.windowStart(windowEnd.toEpochMilli()));
    assertThat(windowEnd.atZone(zone).toLocalDateTime()).isEqualTo(end);
    assertThat(windowStart.atZone(zone).toLocalDateTime()).isEqualTo(start);
    assertThat(Duration.between(windowStart, windowEnd).toHours()).isEqualTo(hours);
    assertThat(slicing.nextWindowEnd(windowEnd.toEpochMilli()))
        .isGreaterThan(windowEnd.toEpochMilli());
  }

  @Test
  void aDayWithoutMidnightBeginsWithItsFirstInstant() {
    // Chile skips from 24:00 to 01:00 on 2026-09-06.
    ZoneId zone = ZoneId.of("America/Santiago");
    Slicing slicing = slicing(WindowAccess.kind(Windows.calendar(CalendarUnit.DAY, zone)));
    long noon = LocalDateTime.parse("2026-09-06T12:00").atZone(zone).toInstant().toEpochMilli();
    long start = slicing.windowStart(slicing.sliceEnd(noon));
    assertThat(Instant.ofEpochMilli(start).atZone(zone).toLocalDateTime())
        .isEqualTo(LocalDateTime.parse("2026-09-06T01:00"));
    assertThat(slicing.sliceEnd(start - 1)).isEqualTo(start);
  }

  @Test
  void aDayEndsWithItsFirstMidnightWhereTheClockIsPutBackOverIt() {
    // Newfoundland went back from 00:01 on 2010-11-07 to 23:01 on the day before.
    WindowKind days =
        WindowAccess.kind(Windows.calendar(CalendarUnit.DAY, ZoneId.of("America/St_Johns")));
    long midnight = Instant.parse("2010-11-07T02:30:00Z").toEpochMilli();
    long nextMidnight = Instant.parse("2010-11-08T03:30:00Z").toEpochMilli();
    assertThat(slicing(days).sliceEnd(midnight - 1)).isEqualTo(midnight);
    for (int minutes = 0; minutes <= 60; minutes++) {
      long time = midnight + Duration.ofMinutes(minutes).toMillis();
      // Each time a new one, since one that knows the day does not look at the clock.
      assertThat(slicing(days).sliceEnd(time)).as("minute %d", minutes).isEqualTo(nextMidnight);
      assertThat(slicing(days).nextWindowEnd(time))
          .as("minute %d", minutes)
          .isEqualTo(nextMidnight);
    }
    assertThat(slicing(days).windowStart(nextMidnight)).isEqualTo(midnight);
  }

  private static Slicing slicing(WindowKind kind) {
    return Slicing.of(kind).orElseThrow();
  }

  private static Duration ms(long millis) {
    return Duration.ofMillis(millis);
  }
}
