package dev.millrace.internal.progress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.time.SourceProgress;
import dev.millrace.time.Watermarks;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Time never goes back, whoever dies and whoever takes over. */
final class WatermarkRestartTest {

  private static final int STEPS = 400;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void noWatermarkGoesBackOverTakeovers(long block) throws Exception {
    for (long seed = block * 1_000; seed < block * 1_000 + 60; seed++) {
      run(seed);
    }
  }

  private static void run(long seed) throws Exception {
    Random random = new Random(seed);
    int partitions = 1 + random.nextInt(6);
    Watermarks<Object> strategy =
        Watermarks.boundedOutOfOrderness(Duration.ofMillis(random.nextInt(50)))
            .idleness(Duration.ofMillis(30));
    if (random.nextInt(3) == 0) {
      strategy = strategy.advanceWithClock();
    }
    TimeRig rig = new TimeRig(partitions, strategy);
    // What others have seen, because it was committed.
    long[] promised = new long[partitions];
    Arrays.fill(promised, Long.MIN_VALUE);
    long promisedBehind = Long.MIN_VALUE;
    for (int step = 0; step < STEPS; step++) {
      String at = "seed " + seed + ", step " + step;
      int partition = random.nextInt(partitions);
      switch (random.nextInt(12)) {
        case 0, 1, 2 -> {
          if (rig.source(partition).status() != ChannelStatus.FINISHED) {
            rig.record(partition, rig.wallMs - random.nextInt(200));
          }
        }
        case 3, 4 -> check(rig, partition, random);
        case 5 -> {
          rig.wallMs += random.nextInt(40);
          rig.nanos += random.nextInt(40) * 1_000_000L;
        }
        case 6 -> {
          // The next owner's clock may be slower.
          rig.takeOverSource(partition);
          rig.wallMs -= random.nextInt(60);
        }
        case 7 -> rig.takeOverBehind();
        case 8 -> rig.commitBehind();
        case 9 -> {
          rig.commitSource(partition);
          if (rig.epoch(partition) > 0) {
            rig.zombieSays(
                partition,
                rig.epoch(partition) - 1,
                ChannelStatus.values()[random.nextInt(2)],
                rig.wallMs + 1_000_000_000L);
          }
        }
        case 10 -> rig.read(1 + random.nextInt(4));
        default -> {
          if (step > STEPS / 2 && random.nextInt(20) == 0) {
            rig.finish(partition);
          }
        }
      }
      for (int i = 0; i < partitions; i++) {
        long now = rig.source(i).update().eventTimeWatermark();
        assertThat(now).as("%s, partition %s", at, i).isGreaterThanOrEqualTo(promised[i]);
      }
      rig.commitSource(partition);
      promised[partition] = rig.source(partition).update().eventTimeWatermark();
      assertThat(rig.behind().eventTime()).as(at).isGreaterThanOrEqualTo(promisedBehind);
      if (random.nextInt(6) == 0) {
        rig.commitBehind();
        promisedBehind = rig.behind().eventTime();
      }
      long newest = Arrays.stream(promised).max().orElseThrow();
      assertThat(rig.behind().eventTime())
          .as("%s: nobody promised more", at)
          .isLessThanOrEqualTo(newest);
    }
    settle(rig, seed);
  }

  private static void check(TimeRig rig, int partition, Random random) {
    SourceProgress[] all = SourceProgress.values();
    rig.check(partition, all[random.nextInt(all.length)]);
  }

  /** In the end nothing is stuck: all say that they have finished, and so does what is behind. */
  private static void settle(TimeRig rig, long seed) {
    rig.takeOverBehind();
    for (int i = 0; i < rig.partitions(); i++) {
      rig.finish(i);
      rig.commitSource(i);
    }
    while (rig.hasUnread()) {
      rig.read(1);
    }
    assertThat(rig.behind().status()).as("seed %s", seed).isEqualTo(ChannelStatus.FINISHED);
  }
}
