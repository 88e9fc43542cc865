package dev.millrace.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.progress.TimeRig;
import dev.millrace.internal.time.SourceProgress;
import dev.millrace.time.Watermarks;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Partitions whose producers all pause and then send what they kept, each in order: whatever the
 * pause, the order in which they resume and the tasks that move meanwhile, no record is late. A
 * partition that stays silent while others go on holds nothing back for longer than its timeout.
 */
final class SourcePausesTest {

  private static final int TICK_MS = 10;
  private static final int TIMEOUT_MS = 200;

  /** A partition is silent for less than half the timeout while others go on. */
  private static final int LIVE_SILENCE_TICKS = 2;

  private static final int RESUME_TICKS = TIMEOUT_MS / 2 / TICK_MS - LIVE_SILENCE_TICKS - 2;

  private final int[] quietTicks = new int[6];
  private long[] newestMs = {};
  private TimeRig rig = new TimeRig(1, Watermarks.monotonous());
  private Random random = new Random(0);
  private String at = "";

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void whoResumesTogetherMakesNobodyLate(long seed) throws Exception {
    random = new Random(seed);
    int partitions = 2 + random.nextInt(5);
    int silent = random.nextInt(3) == 0 ? 1 : 0;
    rig = new TimeRig(partitions, Watermarks.monotonous().idleness(Duration.ofMillis(TIMEOUT_MS)));
    newestMs = new long[partitions - silent];
    Arrays.fill(newestMs, rig.wallMs);
    for (int round = 0; round < 60; round++) {
      at = "seed " + seed + ", round " + round;
      int ticks = 60 + random.nextInt(60);
      for (int tick = 0; tick < ticks; tick++) {
        for (int p = 0; p < newestMs.length; p++) {
          if (quietTicks[p] >= LIVE_SILENCE_TICKS || random.nextInt(3) > 0) {
            send(p, rig.wallMs);
          }
        }
        endOfTick();
      }
      assertThat(rig.behind().eventTime())
          .as("%s: a silent one is not waited for, unless something was taken over lately", at)
          .isGreaterThan(rig.wallMs - 2 * TIMEOUT_MS);
      pauseAndResume(random.nextInt(80));
    }
  }

  private void pauseAndResume(int ticks) throws Exception {
    for (int tick = 0; tick < ticks; tick++) {
      endOfTick();
    }
    int[] resumesAt = random.ints(newestMs.length, 0, RESUME_TICKS).toArray();
    resumesAt[random.nextInt(newestMs.length)] = 0;
    for (int tick = 0; tick < RESUME_TICKS; tick++) {
      for (int p = 0; p < newestMs.length; p++) {
        if (resumesAt[p] == tick) {
          int kept = random.nextInt(5);
          for (int i = 0; i <= kept; i++) {
            send(p, newestMs[p] + (rig.wallMs - newestMs[p]) * (i + 1) / (kept + 1));
          }
        }
      }
      endOfTick();
    }
  }

  private void send(int partition, long timeMs) throws Exception {
    assertThat(timeMs)
        .as("%s, partition %s at %s", at, partition, rig.wallMs)
        .isGreaterThanOrEqualTo(rig.behind().eventTime());
    rig.record(partition, timeMs);
    newestMs[partition] = timeMs;
    quietTicks[partition] = -1;
  }

  private void endOfTick() {
    for (int p = 0; p < rig.partitions(); p++) {
      if (quietTicks[p]++ >= 0) {
        rig.check(p, SourceProgress.CAUGHT_UP);
      }
      rig.commitSource(p);
      if (random.nextInt(200) == 0) {
        rig.takeOverSource(p);
      }
    }
    rig.wallMs += TICK_MS;
    rig.nanos += TICK_MS * 1_000_000L;
    do {
      rig.read(1 + random.nextInt(4));
    } while (rig.hasUnread());
    if (random.nextInt(100) == 0) {
      rig.commitBehind();
      rig.takeOverBehind();
    }
  }
}
