package dev.millrace.internal.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class WatermarkThrottleTest {

  private static final long INTERVAL = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long LATER = 10 * INTERVAL;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          granularity          | from                 | to                   | worth
          1                    | 5                    | 6                    | true
          1                    | 5                    | 5                    | false
          10                   | 5                    | 9                    | false
          10                   | 5                    | 10                   | true
          10                   | 10                   | 19                   | false
          10                   | -5                   | -1                   | false
          10                   | -5                   | 0                    | true
          10                   | -11                  | -10                  | true
          10                   | -10                  | -1                   | false
          300000               | 299999               | 300000               | true
          300000               | 300000               | 599999               | false
          10                   | -9223372036854775808 | 3                    | true
          10                   | -9223372036854775808 | -9223372036854775807 | true
          10                   | -9223372036854775807 | -9223372036854775806 | false
          10                   | -9223372036854775807 | -9223372036854775800 | true
          9223372036854775807  | 1                    | 9223372036854775806  | false
          9223372036854775807  | -1                   | 0                    | true
          9223372036854775807  | -9223372036854775807 | -1                   | false
          9223372036854775807  | 5                    | 9223372036854775807  | true
          10                   | 9223372036854775806  | 9223372036854775807  | true
          10                   | 9223372036854775807  | 9223372036854775807  | false
          10                   | 9223372036854775800  | 9223372036854775806  | false
          """,
      useHeadersInDisplayName = true)
  void anAdvanceIsWorthSendingIfItPassesAMultiple(
      long granularity, long from, long to, boolean worth) {
    WatermarkThrottle throttle = new WatermarkThrottle(granularity, 200);
    throttle.advance(ChannelStatus.ACTIVE, from);
    throttle.sent(0);
    throttle.advance(ChannelStatus.ACTIVE, to);
    assertThat(throttle.isDue(LATER)).isEqualTo(worth);
    assertThat(throttle.watermark()).as("sent whole").isEqualTo(to);
  }

  @Test
  void asksForASendAfterOpening() {
    WatermarkThrottle throttle = new WatermarkThrottle(10, 200);
    assertThat(throttle.isDue(0)).isTrue();
    throttle.sent(0);
    assertThat(throttle.isDue(LATER)).isFalse();
    assertThat(throttle.nanosUntilDue(LATER)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void asksAgainWhenWhatWasSentIsLost() {
    WatermarkThrottle throttle = new WatermarkThrottle(10, 200);
    throttle.advance(ChannelStatus.ACTIVE, 55);
    throttle.sent(0);
    throttle.requireResend();
    assertThat(throttle.isDue(1)).isTrue();
    assertThat(throttle.watermark()).isEqualTo(55);
    throttle.sent(1);
    assertThat(throttle.isDue(LATER)).isFalse();
  }

  @Test
  void sendsAtMostOnceInTheIntervalAndTheLastOfABurstByTimer() {
    WatermarkThrottle throttle = new WatermarkThrottle(10, 200);
    long start = Long.MAX_VALUE - 1_000;
    throttle.advance(ChannelStatus.ACTIVE, 10);
    throttle.sent(start);
    throttle.advance(ChannelStatus.ACTIVE, 20);
    throttle.advance(ChannelStatus.ACTIVE, 35);
    assertThat(throttle.isDue(start + INTERVAL - 1)).isFalse();
    assertThat(throttle.nanosUntilDue(start + INTERVAL - 7)).isEqualTo(7);
    assertThat(throttle.isDue(start + INTERVAL)).isTrue();
    assertThat(throttle.watermark()).isEqualTo(35);
    throttle.sent(start + INTERVAL);
    assertThat(throttle.nanosUntilDue(start + INTERVAL)).isEqualTo(Long.MAX_VALUE);
  }

  @ParameterizedTest
  @CsvSource({"ACTIVE,IDLE", "IDLE,ACTIVE", "ACTIVE,FINISHED", "IDLE,FINISHED"})
  void aChangeOfStatusDoesNotWait(ChannelStatus from, ChannelStatus to) {
    WatermarkThrottle throttle = new WatermarkThrottle(10, 200);
    throttle.advance(from, 10);
    throttle.sent(0);
    throttle.advance(to, 10);
    assertThat(throttle.isDue(1)).isTrue();
    assertThat(throttle.status()).isEqualTo(to);
    throttle.sent(1);
    assertThat(throttle.isDue(LATER)).isFalse();
  }

  @Test
  void aStatusThatChangesBackUnsentIsNothing() {
    WatermarkThrottle throttle = new WatermarkThrottle(10, 200);
    throttle.advance(ChannelStatus.ACTIVE, 10);
    throttle.sent(0);
    throttle.advance(ChannelStatus.IDLE, 10);
    throttle.advance(ChannelStatus.ACTIVE, 10);
    assertThat(throttle.isDue(LATER)).isFalse();
  }

  @Test
  void theEndOfTimeDoesNotWait() {
    WatermarkThrottle throttle = new WatermarkThrottle(Long.MAX_VALUE, 200);
    throttle.advance(ChannelStatus.ACTIVE, 10);
    throttle.sent(0);
    throttle.advance(ChannelStatus.ACTIVE, Watermarks.END_OF_TIME);
    assertThat(throttle.isDue(1)).isTrue();
  }

  @Test
  void aLowerWatermarkIsIgnored() {
    WatermarkThrottle throttle = new WatermarkThrottle(1, 0);
    throttle.advance(ChannelStatus.ACTIVE, 10);
    throttle.advance(ChannelStatus.ACTIVE, 3);
    assertThat(throttle.watermark()).isEqualTo(10);
  }

  @Test
  void withoutAnIntervalEveryMultipleIsDueAtOnce() {
    WatermarkThrottle throttle = new WatermarkThrottle(10, 0);
    throttle.advance(ChannelStatus.ACTIVE, 10);
    throttle.sent(5);
    throttle.advance(ChannelStatus.ACTIVE, 20);
    assertThat(throttle.isDue(5)).isTrue();
  }

  @Test
  void refusesAGranularityOfNothing() {
    assertThatThrownBy(() -> new WatermarkThrottle(0, 200))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** Whatever comes, a receiver is never an interval behind in what matters to it. */
  @Test
  void theReceiverSeesEveryMultipleInTime() {
    long seed = 4711;
    Random random = new Random(seed);
    for (int round = 0; round < 300; round++) {
      long granularity = 1 + random.nextInt(50);
      WatermarkThrottle throttle = new WatermarkThrottle(granularity, 200);
      long now = random.nextLong();
      long watermark = -random.nextInt(1000);
      long received = Watermarks.UNKNOWN;
      long behindSince = now;
      boolean behind = true;
      int sends = 0;
      long start = now;
      for (int i = 0; i < 1_000; i++) {
        now += random.nextInt(20_000_000);
        watermark += random.nextInt(8);
        throttle.advance(ChannelStatus.ACTIVE, watermark);
        boolean matters =
            received == Watermarks.UNKNOWN
                || Math.floorDiv(watermark, granularity) > Math.floorDiv(received, granularity);
        if (matters && !behind) {
          behindSince = now;
        }
        behind = matters;
        if (throttle.isDue(now)) {
          received = throttle.watermark();
          throttle.sent(now);
          sends++;
          assertThat(behind).as("seed %s, round %s: a send without need", seed, round).isTrue();
          behind = false;
        } else if (behind) {
          assertThat(now - behindSince)
              .as("seed %s, round %s, step %s", seed, round, i)
              .isLessThan(INTERVAL);
        }
      }
      assertThat((long) sends)
          .as("seed %s, round %s", seed, round)
          .isLessThanOrEqualTo((now - start) / INTERVAL + 1);
    }
  }
}
