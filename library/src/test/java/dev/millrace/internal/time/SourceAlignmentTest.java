package dev.millrace.internal.time;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.time.SourceAlignment.Waiting;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class SourceAlignmentTest {

  @Test
  void onlyWhoIsFurtherAheadThanTheDriftWaits() {
    SourceAlignment alignment = alignment(100, 0, 100, 101);
    assertThat(alignment.decide(0, Waiting.NO)).isEqualTo(Waiting.NO);
    assertThat(alignment.decide(1, Waiting.NO)).isEqualTo(Waiting.NO);
    assertThat(alignment.decide(2, Waiting.NO)).isEqualTo(Waiting.YES);
  }

  @Test
  void whoWaitsGoesOnAtThreeQuartersOfTheDrift() {
    SourceAlignment alignment = alignment(100, 0, 200);
    alignment.moved(0, ChannelStatus.ACTIVE, 124);
    assertThat(alignment.decide(1, Waiting.YES)).isEqualTo(Waiting.YES);
    alignment.moved(0, ChannelStatus.ACTIVE, 125);
    assertThat(alignment.decide(1, Waiting.YES)).isEqualTo(Waiting.NO);
    alignment.moved(1, ChannelStatus.ACTIVE, 225);
    assertThat(alignment.decide(1, Waiting.NO)).isEqualTo(Waiting.NO);
  }

  @Test
  void nobodyWaitsForIdleFinishedOrUnknownOnes() {
    SourceAlignment alignment = alignment(100, 0, 500);
    alignment.moved(0, ChannelStatus.IDLE, 0);
    assertThat(alignment.decide(1, Waiting.YES)).isEqualTo(Waiting.NO);
    alignment.moved(0, ChannelStatus.FINISHED, Watermarks.END_OF_TIME);
    assertThat(alignment.decide(1, Waiting.YES)).isEqualTo(Waiting.NO);
    alignment.moved(0, ChannelStatus.ACTIVE, Watermarks.UNKNOWN);
    assertThat(alignment.decide(1, Waiting.YES)).isEqualTo(Waiting.NO);
  }

  @Test
  void idleFinishedAndUnknownOnesDoNotWait() {
    SourceAlignment alignment = alignment(100, 0, 500);
    alignment.moved(1, ChannelStatus.IDLE, 500);
    assertThat(alignment.decide(1, Waiting.YES)).isEqualTo(Waiting.NO);
    alignment.moved(1, ChannelStatus.FINISHED, Watermarks.END_OF_TIME);
    assertThat(alignment.decide(1, Waiting.YES)).isEqualTo(Waiting.NO);
    alignment.moved(1, ChannelStatus.ACTIVE, Watermarks.UNKNOWN);
    assertThat(alignment.decide(1, Waiting.YES)).isEqualTo(Waiting.NO);
  }

  @Test
  void aPartitionOfAnotherInstanceCountsAsCommitted() {
    SourceAlignment alignment = alignment(100, 500, 500);
    alignment.committed(1, ChannelStatus.ACTIVE, 10);
    assertThat(alignment.decide(0, Waiting.NO)).as("read here").isEqualTo(Waiting.NO);
    alignment.left(1);
    assertThat(alignment.decide(0, Waiting.NO)).isEqualTo(Waiting.YES);
    alignment.committed(1, ChannelStatus.IDLE, 10);
    assertThat(alignment.decide(0, Waiting.YES)).isEqualTo(Waiting.NO);
  }

  @Test
  void timesAtTheEndsOfTheRangeDoNotOverflow() {
    SourceAlignment alignment = alignment(100, Long.MIN_VALUE + 1, Long.MAX_VALUE - 1);
    assertThat(alignment.decide(1, Waiting.NO)).isEqualTo(Waiting.YES);
    assertThat(alignment.decide(0, Waiting.NO)).isEqualTo(Waiting.NO);
    alignment.moved(0, ChannelStatus.ACTIVE, Long.MAX_VALUE - 50);
    assertThat(alignment.decide(1, Waiting.YES)).isEqualTo(Waiting.NO);
    SourceAlignment wide = new SourceAlignment(Long.MAX_VALUE);
    wide.moved(0, ChannelStatus.ACTIVE, 5);
    wide.moved(1, ChannelStatus.ACTIVE, Long.MAX_VALUE - 1);
    assertThat(wide.decide(1, Waiting.NO)).isEqualTo(Waiting.NO);
  }

  @Test
  void somebodyWhoCanGoOnNeverWaits() {
    long seed = 2_718;
    Random random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      int partitions = 1 + random.nextInt(8);
      long drift = 1 + random.nextInt(50);
      SourceAlignment alignment = new SourceAlignment(drift);
      long[] left = new long[partitions];
      long[] watermarks = new long[partitions];
      Waiting[] waiting = new Waiting[partitions];
      Arrays.fill(waiting, Waiting.NO);
      for (int i = 0; i < partitions; i++) {
        left[i] = random.nextInt(100);
        watermarks[i] = random.nextInt(300);
      }
      int steps = 0;
      while (Arrays.stream(left).anyMatch(records -> records > 0)) {
        String at = "seed " + seed + ", round " + round + ", step " + steps;
        assertThat(steps++).as(at).isLessThan(1_000);
        for (int i = 0; i < partitions; i++) {
          boolean atEnd = left[i] == 0;
          ChannelStatus silent = i % 2 == 0 ? ChannelStatus.IDLE : ChannelStatus.FINISHED;
          alignment.moved(i, atEnd ? silent : ChannelStatus.ACTIVE, watermarks[i]);
        }
        boolean moved = false;
        for (int i = 0; i < partitions; i++) {
          waiting[i] = alignment.decide(i, waiting[i]);
          if (left[i] > 0 && waiting[i] == Waiting.NO) {
            left[i]--;
            watermarks[i] += random.nextInt(20);
            moved = true;
          }
        }
        assertThat(moved).as(at).isTrue();
      }
    }
  }

  @Test
  void partitionsThatAreNewCountFromTheirFirstReportOn() {
    SourceAlignment alignment = alignment(100, 1_000);
    alignment.committed(7, ChannelStatus.ACTIVE, 10);
    assertThat(alignment.decide(0, Waiting.NO)).as("one read elsewhere").isEqualTo(Waiting.YES);
    alignment.moved(7, ChannelStatus.ACTIVE, 990);
    assertThat(alignment.decide(0, Waiting.YES)).as("now it is read here").isEqualTo(Waiting.NO);
    alignment.left(9);
    assertThat(alignment.decide(7, Waiting.NO)).isEqualTo(Waiting.NO);
  }

  private static SourceAlignment alignment(long drift, long... watermarks) {
    SourceAlignment alignment = new SourceAlignment(drift);
    for (int i = 0; i < watermarks.length; i++) {
      alignment.moved(i, ChannelStatus.ACTIVE, watermarks[i]);
    }
    return alignment;
  }
}
