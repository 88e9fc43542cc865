package dev.millrace.internal.window;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.window.Windows;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which slices share a row. */
final class SliceRowsTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  @Test
  void aRowIsAQuarterOfAWindowAtMost() {
    SliceRows rows =
        SliceRows.of(WindowAccess.kind(Windows.sliding(Duration.ofSeconds(60), SECOND)), 16);
    assertThat(rows.rowEnd(1_000)).isEqualTo(15_000);
    assertThat(rows.rowEnd(15_000)).isEqualTo(15_000);
    assertThat(rows.rowEnd(16_000)).isEqualTo(30_000);
    assertThat(rows.rowStart(30_000)).isEqualTo(15_000);
  }

  @Test
  void aRowHasNoMoreSlicesThanItMay() {
    SliceRows rows =
        SliceRows.of(WindowAccess.kind(Windows.sliding(Duration.ofDays(1), SECOND)), 16);
    assertThat(rows.rowEnd(1_000)).isEqualTo(16_000);
    SliceRows single =
        SliceRows.of(WindowAccess.kind(Windows.sliding(Duration.ofDays(1), SECOND)), 1);
    assertThat(single.rowEnd(1_000)).isEqualTo(1_000);
    assertThat(single.rowEnd(2_000)).isEqualTo(2_000);
  }

  @Test
  void aWindowOfFewSlicesHasARowForEach() {
    SliceRows rows =
        SliceRows.of(WindowAccess.kind(Windows.sliding(SECOND.multipliedBy(3), SECOND)), 16);
    assertThat(rows.rowEnd(1_000)).isEqualTo(1_000);
    assertThat(rows.rowStart(1_000)).isZero();
  }

  @Test
  void slicesAreTheCommonDivisorOfSizeAndSlide() {
    SliceRows rows =
        SliceRows.of(
            WindowAccess.kind(Windows.sliding(Duration.ofSeconds(60), SECOND.multipliedBy(9))), 16);
    assertThat(rows.rowEnd(3_000)).isEqualTo(15_000);
  }

  @Test
  void cumulativeWindowsShareRowsToo() {
    SliceRows rows =
        SliceRows.of(WindowAccess.kind(Windows.cumulative(SECOND, Duration.ofSeconds(20))), 16);
    assertThat(rows.rowEnd(1_000)).isEqualTo(5_000);
    assertThat(rows.rowEnd(20_000)).isEqualTo(20_000);
    assertThat(rows.rowEnd(21_000)).isEqualTo(25_000);
  }

  @Test
  void noRowIsOfTwoCumulativeWindows() {
    SliceRows rows =
        SliceRows.of(WindowAccess.kind(Windows.cumulative(SECOND, Duration.ofSeconds(9))), 16);
    assertThat(rows.rowEnd(9_000)).isEqualTo(9_000);
    SliceRows prime =
        SliceRows.of(WindowAccess.kind(Windows.cumulative(SECOND, Duration.ofSeconds(59))), 16);
    assertThat(prime.rowMs()).isEqualTo(1_000);
  }

  @Test
  void timesBeforeTheEpochAreNoDifferent() {
    SliceRows rows =
        SliceRows.of(WindowAccess.kind(Windows.sliding(Duration.ofSeconds(60), SECOND)), 16);
    assertThat(rows.rowEnd(0)).isZero();
    assertThat(rows.rowEnd(-1_000)).isZero();
    assertThat(rows.rowEnd(-15_000)).isEqualTo(-15_000);
    assertThat(rows.rowStart(-15_000)).isEqualTo(-30_000);
  }

  @ParameterizedTest
  @ValueSource(
      longs = {
        Long.MIN_VALUE,
        Long.MIN_VALUE + 60_000,
        Long.MAX_VALUE - 60_000,
        Long.MAX_VALUE - 1
      })
  void theEndsOfTimeHaveRows(long timeMs) {
    Slicing slicing =
        Slicing.of(WindowAccess.kind(Windows.sliding(Duration.ofSeconds(60), SECOND)))
            .orElseThrow();
    SliceRows rows =
        SliceRows.of(WindowAccess.kind(Windows.sliding(Duration.ofSeconds(60), SECOND)), 16);
    long slice = slicing.sliceEnd(timeMs);
    long rowEnd = rows.rowEnd(slice);
    assertThat(rowEnd).isGreaterThanOrEqualTo(slice);
    assertThat(rows.rowStart(rowEnd)).isLessThanOrEqualTo(timeMs);
    assertThat(rows.rowEnd(slicing.sliceEnd(rows.rowStart(rowEnd)))).isEqualTo(rowEnd);
  }

  @Test
  void windowsApartShareNothing() {
    assertThatThrownBy(() -> SliceRows.of(WindowAccess.kind(Windows.tumbling(SECOND)), 16))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
