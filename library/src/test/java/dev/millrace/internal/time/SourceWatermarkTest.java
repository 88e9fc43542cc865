package dev.millrace.internal.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SourceWatermarkTest {

  private static final long WALL = 1_000_000;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          bound                | event times                 | watermark
          0                    | 5                           | 5
          0                    | 5 3                         | 5
          10                   | 5                           | -5
          10                   | 100 95 101                  | 91
          10                   | -100 -95                    | -105
          3                    | 0                           | -3
          0                    | -9223372036854775808        | -9223372036854775808
          1                    | -9223372036854775808        | -9223372036854775808
          1                    | -9223372036854775807        | -9223372036854775808
          5                    | -9223372036854775802        | -9223372036854775807
          9223372036854775807  | 5                           | -9223372036854775802
          9223372036854775807  | -2                          | -9223372036854775808
          0                    | 9223372036854775807         | 9223372036854775806
          0                    | 9223372036854775806         | 9223372036854775806
          1                    | 9223372036854775807         | 9223372036854775806
          7                    | 9223372036854775807         | 9223372036854775800
          """,
      useHeadersInDisplayName = true)
  void staysBehindTheHighestEventTime(long bound, String eventTimes, long expected) {
    SourceWatermark source =
        new SourceWatermark(
            SourceWatermarkSpec.boundedOutOfOrderness(bound)
                .withMaxFuture(SourceWatermarkSpec.UNLIMITED));
    for (String eventTime : eventTimes.split(" ")) {
      assertThat(source.observe(Long.parseLong(eventTime), WALL)).isTrue();
    }
    assertThat(source.watermark()).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          clock                | max future          | event time          | believed
          1000                 | 100                 | 1100                | true
          1000                 | 100                 | 1101                | false
          1000                 | 0                   | 1000                | true
          1000                 | 0                   | 1001                | false
          1000                 | 100                 | -5000               | true
          -1000                | 100                 | -900                | true
          -1000                | 100                 | -899                | false
          1000                 | 9223372036854775807 | 9223372036854775807 | true
          9223372036854775800  | 100                 | 9223372036854775807 | true
          1000                 | 100                 | 9223372036854775807 | false
          1000                 | 100                 | -9223372036854775808| true
          """,
      useHeadersInDisplayName = true)
  void believesNoRecordFromTheFuture(long wall, long maxFuture, long eventTime, boolean believed) {
    SourceWatermark source =
        new SourceWatermark(SourceWatermarkSpec.monotonous().withMaxFuture(maxFuture));
    assertThat(source.observe(eventTime, wall)).isEqualTo(believed);
    assertThat(source.watermark())
        .isEqualTo(believed ? Math.min(eventTime, Long.MAX_VALUE - 1) : Watermarks.UNKNOWN);
  }

  @Test
  void futureRecordIsReportedThoughTheBoundHidesItFromTheWatermark() {
    SourceWatermark source =
        new SourceWatermark(SourceWatermarkSpec.boundedOutOfOrderness(10_000).withMaxFuture(100));
    source.observe(WALL, WALL);
    source.restore(ChannelStatus.ACTIVE, WALL + 500);
    assertThat(source.observe(WALL + 5_000, WALL)).isFalse();
    assertThat(source.watermark()).isEqualTo(WALL + 500);
  }

  @Test
  void becomesIdleOnlyAfterHalfTheTimeoutBetweenTwoChecks() {
    SourceWatermark source = source(SourceWatermarkSpec.monotonous().withIdleTimeout(200));
    source.observe(5, WALL);
    assertThat(check(source, SourceProgress.CAUGHT_UP, 1_000)).isFalse();
    assertThat(check(source, SourceProgress.CAUGHT_UP, 1_099)).isFalse();
    assertThat(source.status()).isEqualTo(ChannelStatus.ACTIVE);
    assertThat(check(source, SourceProgress.CAUGHT_UP, 1_100)).isTrue();
    assertThat(source.status()).isEqualTo(ChannelStatus.IDLE);
    assertThat(check(source, SourceProgress.CAUGHT_UP, 1_200)).isFalse();
    assertThat(source.watermark()).isEqualTo(5);
  }

  @Test
  void becomesIdleWithoutEverSeeingARecord() {
    SourceWatermark source = source(SourceWatermarkSpec.monotonous().withIdleTimeout(200));
    check(source, SourceProgress.CAUGHT_UP, 0);
    check(source, SourceProgress.CAUGHT_UP, 100);
    assertThat(source.status()).isEqualTo(ChannelStatus.IDLE);
    assertThat(source.watermark()).isEqualTo(Watermarks.UNKNOWN);
  }

  @Test
  void countsIdleTimeAcrossTheWrapOfTheMonotonicClock() {
    SourceWatermark source = source(SourceWatermarkSpec.monotonous().withIdleTimeout(200));
    long start = Long.MAX_VALUE - 5;
    source.check(SourceProgress.CAUGHT_UP, WALL, start);
    source.check(SourceProgress.CAUGHT_UP, WALL, start + TimeUnit.MILLISECONDS.toNanos(99));
    assertThat(source.status()).isEqualTo(ChannelStatus.ACTIVE);
    source.check(SourceProgress.CAUGHT_UP, WALL, start + TimeUnit.MILLISECONDS.toNanos(100));
    assertThat(source.status()).isEqualTo(ChannelStatus.IDLE);
  }

  @ParameterizedTest
  @CsvSource({"LAGGING", "PAUSED"})
  void neverBecomesIdleWhile(SourceProgress progress) {
    SourceWatermark source = source(SourceWatermarkSpec.monotonous().withIdleTimeout(200));
    for (int at = 0; at < 10_000; at += 50) {
      check(source, progress, at);
      assertThat(source.status()).isEqualTo(ChannelStatus.ACTIVE);
    }
  }

  @ParameterizedTest
  @CsvSource({"LAGGING", "PAUSED"})
  void anIdlePartitionIsActiveOnceItIs(SourceProgress progress) {
    SourceWatermark source = source(SourceWatermarkSpec.monotonous().withIdleTimeout(200));
    check(source, SourceProgress.CAUGHT_UP, 0);
    check(source, SourceProgress.CAUGHT_UP, 100);
    assertThat(check(source, progress, 150)).isTrue();
    assertThat(source.status()).isEqualTo(ChannelStatus.ACTIVE);
    check(source, SourceProgress.CAUGHT_UP, 200);
    check(source, SourceProgress.CAUGHT_UP, 299);
    assertThat(source.status()).as("idle time starts anew").isEqualTo(ChannelStatus.ACTIVE);
    check(source, SourceProgress.CAUGHT_UP, 300);
    assertThat(source.status()).isEqualTo(ChannelStatus.IDLE);
  }

  @Test
  void aPauseInBetweenStartsIdleTimeAnew() {
    SourceWatermark source = source(SourceWatermarkSpec.monotonous().withIdleTimeout(200));
    check(source, SourceProgress.CAUGHT_UP, 0);
    check(source, SourceProgress.PAUSED, 90);
    check(source, SourceProgress.CAUGHT_UP, 100);
    assertThat(source.status()).isEqualTo(ChannelStatus.ACTIVE);
  }

  @Test
  void aRecordStartsIdleTimeAnew() {
    SourceWatermark source = source(SourceWatermarkSpec.monotonous().withIdleTimeout(200));
    check(source, SourceProgress.CAUGHT_UP, 0);
    source.observe(3, WALL);
    check(source, SourceProgress.CAUGHT_UP, 150);
    assertThat(source.status()).isEqualTo(ChannelStatus.ACTIVE);
    check(source, SourceProgress.CAUGHT_UP, 250);
    assertThat(source.status()).isEqualTo(ChannelStatus.IDLE);
  }

  @Test
  void aRecordEndsIdlenessEvenIfItMovesNothing() {
    SourceWatermark source = source(SourceWatermarkSpec.monotonous().withIdleTimeout(200));
    source.observe(50, WALL);
    check(source, SourceProgress.CAUGHT_UP, 0);
    check(source, SourceProgress.CAUGHT_UP, 100);
    assertThat(source.observe(40, WALL)).isTrue();
    assertThat(source.status()).isEqualTo(ChannelStatus.ACTIVE);
    assertThat(source.watermark()).isEqualTo(50);
  }

  @Test
  void isIdleOnlyOnceTheEndWasAskedFor() {
    SourceWatermark source = source(SourceWatermarkSpec.monotonous().withIdleTimeout(200));
    check(source, SourceProgress.QUIET, 0);
    assertThat(source.isQuietForLong(TimeUnit.MILLISECONDS.toNanos(99))).isFalse();
    check(source, SourceProgress.QUIET, 100);
    assertThat(source.isQuietForLong(TimeUnit.MILLISECONDS.toNanos(100))).isTrue();
    assertThat(source.status()).isEqualTo(ChannelStatus.ACTIVE);
    assertThat(check(source, SourceProgress.CAUGHT_UP, 101)).isTrue();
    assertThat(source.status()).isEqualTo(ChannelStatus.IDLE);
    check(source, SourceProgress.QUIET, 102);
    assertThat(source.status()).isEqualTo(ChannelStatus.IDLE);
  }

  @Test
  void aRecordOfAnOpenTransactionAtTheEndStartsIdleTimeAnew() {
    SourceWatermark source = source(SourceWatermarkSpec.monotonous().withIdleTimeout(200));
    check(source, SourceProgress.QUIET, 0);
    check(source, SourceProgress.LAGGING, 100);
    check(source, SourceProgress.QUIET, 101);
    check(source, SourceProgress.CAUGHT_UP, 200);
    assertThat(source.status()).isEqualTo(ChannelStatus.ACTIVE);
    check(source, SourceProgress.CAUGHT_UP, 201);
    assertThat(source.status()).isEqualTo(ChannelStatus.IDLE);
  }

  @Test
  void aGeneratorMovesTheWatermarkInPlaceOfEventTimes() {
    SourceWatermark source = source(SourceWatermarkSpec.generated().withMaxFuture(100));
    assertThat(source.observe(5_000, WALL)).isTrue();
    assertThat(source.watermark()).isEqualTo(Watermarks.UNKNOWN);
    source.propose(4_000, WALL);
    assertThat(source.watermark()).isEqualTo(4_000);
    source.propose(3_999, WALL);
    assertThat(source.watermark()).as("never back").isEqualTo(4_000);
    source.propose(WALL + 101, WALL);
    assertThat(source.watermark()).as("too far ahead").isEqualTo(4_000);
    source.propose(WALL + 100, WALL);
    assertThat(source.watermark()).isEqualTo(WALL + 100);
    assertThat(source.observe(WALL + 101, WALL)).as("a record too far ahead").isFalse();
  }

  @Test
  void aGeneratorCannotAnnounceTheEndOfTimeNorMoveBeyondIt() {
    SourceWatermark source =
        source(SourceWatermarkSpec.generated().withMaxFuture(SourceWatermarkSpec.UNLIMITED));
    source.propose(Long.MAX_VALUE, WALL);
    assertThat(source.watermark()).isEqualTo(Long.MAX_VALUE - 1);
    source.finish();
    source.propose(7, WALL);
    assertThat(source.watermark()).isEqualTo(Watermarks.END_OF_TIME);
  }

  @Test
  void aGeneratorTakesUpARestoredWatermark() {
    SourceWatermark source = source(SourceWatermarkSpec.generated());
    source.restore(ChannelStatus.ACTIVE, 500);
    source.propose(400, WALL);
    assertThat(source.watermark()).isEqualTo(500);
  }

  @Test
  void aGeneratedWatermarkFollowsTheClockAsFarBehindAsItIsTold() {
    SourceWatermark source =
        source(SourceWatermarkSpec.generated().withIdleTimeout(200).advancingWithClock(30));
    source.propose(1_000, WALL);
    check(source, SourceProgress.CAUGHT_UP, 0, 2_000);
    check(source, SourceProgress.CAUGHT_UP, 199, 2_100);
    assertThat(source.watermark()).isEqualTo(1_000);
    check(source, SourceProgress.CAUGHT_UP, 200, 2_100);
    assertThat(source.watermark()).isEqualTo(2_070);
  }

  @Test
  void neverIdleWithoutATimeout() {
    SourceWatermark source =
        source(SourceWatermarkSpec.monotonous().withIdleTimeout(SourceWatermarkSpec.UNLIMITED));
    source.check(SourceProgress.CAUGHT_UP, WALL, 0);
    source.check(SourceProgress.CAUGHT_UP, WALL, Long.MAX_VALUE - 1);
    assertThat(source.status()).isEqualTo(ChannelStatus.ACTIVE);
  }

  @Test
  void followsTheClockWhileIdleAndOnlyThen() {
    SourceWatermark source =
        source(
            SourceWatermarkSpec.boundedOutOfOrderness(10)
                .withIdleTimeout(200)
                .advancingWithClock());
    source.observe(1_000, 1_000);
    check(source, SourceProgress.CAUGHT_UP, 0, 2_000);
    assertThat(source.watermark()).isEqualTo(990);
    assertThat(check(source, SourceProgress.CAUGHT_UP, 200, 2_100)).isTrue();
    assertThat(source.watermark()).isEqualTo(2_090);
    assertThat(check(source, SourceProgress.CAUGHT_UP, 210, 2_150)).isTrue();
    assertThat(source.watermark()).isEqualTo(2_140);
    check(source, SourceProgress.CAUGHT_UP, 220, 2_000);
    assertThat(source.watermark()).as("a clock set back").isEqualTo(2_140);
    source.observe(2_145, 2_150);
    check(source, SourceProgress.CAUGHT_UP, 230, 9_000);
    assertThat(source.watermark()).isEqualTo(2_140);
  }

  @Test
  void finishingIsTheEndOfTime() {
    SourceWatermark source = source(SourceWatermarkSpec.monotonous());
    source.observe(3, WALL);
    source.finish();
    assertThat(source.watermark()).isEqualTo(Watermarks.END_OF_TIME);
    assertThat(source.status()).isEqualTo(ChannelStatus.FINISHED);
    assertThat(check(source, SourceProgress.LAGGING, 0)).isFalse();
    assertThat(source.status()).isEqualTo(ChannelStatus.FINISHED);
    assertThatThrownBy(() -> source.observe(4, WALL)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void restoredWatermarkNeverGoesBack() {
    SourceWatermark source = source(SourceWatermarkSpec.boundedOutOfOrderness(10));
    source.restore(ChannelStatus.ACTIVE, 500);
    source.observe(400, WALL);
    assertThat(source.watermark()).isEqualTo(500);
    source.observe(511, WALL);
    assertThat(source.watermark()).isEqualTo(501);
  }

  @Test
  void restoredIdlenessHasToBeFoundAgain() {
    SourceWatermark source = source(SourceWatermarkSpec.monotonous());
    source.restore(ChannelStatus.IDLE, 500);
    assertThat(source.status()).isEqualTo(ChannelStatus.ACTIVE);
    assertThat(source.watermark()).isEqualTo(500);
  }

  @Test
  void restoredEndStays() {
    SourceWatermark source = source(SourceWatermarkSpec.monotonous());
    source.restore(ChannelStatus.FINISHED, Watermarks.END_OF_TIME);
    assertThat(source.status()).isEqualTo(ChannelStatus.FINISHED);
  }

  @Test
  void refusesNegativeDurations() {
    assertThatThrownBy(() -> SourceWatermarkSpec.boundedOutOfOrderness(-1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void keepsItsPromiseOnRandomRuns() {
    long seed = 77;
    Random random = new Random(seed);
    for (int round = 0; round < 300; round++) {
      long bound = random.nextInt(50);
      SourceWatermark source =
          source(SourceWatermarkSpec.boundedOutOfOrderness(bound).withIdleTimeout(40));
      long highest = Long.MIN_VALUE;
      long nanos = random.nextLong();
      long before = Watermarks.UNKNOWN;
      for (int i = 0; i < 300; i++) {
        String at = "seed " + seed + ", round " + round + ", step " + i;
        if (random.nextInt(3) > 0) {
          long time = i - random.nextInt(60);
          highest = Math.max(highest, time);
          assertThat(source.observe(time, WALL)).as(at).isTrue();
          assertThat(source.status()).as(at).isEqualTo(ChannelStatus.ACTIVE);
        } else {
          nanos += random.nextInt(30_000_000);
          source.check(
              random.nextInt(5) == 0 ? SourceProgress.LAGGING : SourceProgress.CAUGHT_UP,
              WALL,
              nanos);
        }
        assertThat(source.watermark())
            .as(at)
            .isEqualTo(highest == Long.MIN_VALUE ? highest : highest - bound)
            .isGreaterThanOrEqualTo(before);
        before = source.watermark();
      }
    }
  }

  private static SourceWatermark source(SourceWatermarkSpec spec) {
    return new SourceWatermark(spec);
  }

  private static boolean check(SourceWatermark source, SourceProgress progress, long atMs) {
    return check(source, progress, atMs, WALL);
  }

  private static boolean check(
      SourceWatermark source, SourceProgress progress, long atMs, long wallMs) {
    return source.check(progress, wallMs, TimeUnit.MILLISECONDS.toNanos(atMs));
  }
}
