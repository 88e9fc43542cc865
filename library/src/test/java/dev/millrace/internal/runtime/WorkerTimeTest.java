package dev.millrace.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.stage.Measure;
import dev.millrace.internal.stage.StageMetrics;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class WorkerTimeTest {

  private final StageMetrics metrics = new StageMetrics();
  private final WorkerTime time = new WorkerTime(metrics);

  /** {@return busy, idle, commit} */
  private List<Long> account() {
    return List.of(
        metrics.counter(Measure.BUSY_TIME).count(),
        metrics.counter(Measure.IDLE_TIME).count(),
        metrics.counter(Measure.COMMIT_TIME).count());
  }

  @Test
  void whatIsNoWaitIsWork() {
    time.begin(1_000);
    time.waited(30);
    time.turnEnded(1_100);
    assertThat(account()).containsExactly(70L, 30L, 0L);
    time.turnEnded(1_150);
    assertThat(account()).containsExactly(120L, 30L, 0L);
  }

  @Test
  void aCommitIsNeither() {
    time.begin(0);
    time.waited(10);
    time.commitBegun(40);
    time.commitEnded(90);
    time.turnEnded(100);
    assertThat(account()).containsExactly(40L, 10L, 50L);
  }

  /** It waits for calls under way, turn after turn. */
  @Test
  void theWaitsOfACommitArePartOfIt() {
    time.begin(0);
    time.commitBegun(10);
    time.turnEnded(20);
    time.waited(50);
    time.commitBegun(10);
    time.turnEnded(80);
    time.waited(5);
    time.commitEnded(90);
    time.turnEnded(95);
    assertThat(account()).containsExactly(15L, 0L, 80L);
  }

  @Test
  void aCommitThatNeverBeganDoesNotEnd() {
    time.begin(0);
    time.commitEnded(30);
    time.waited(60);
    time.turnEnded(100);
    assertThat(account()).containsExactly(40L, 60L, 0L);
  }

  @Test
  void whoWaitsForTablesIsIdle() {
    time.begin(100);
    time.waitedUntil(150);
    assertThat(account()).containsExactly(0L, 50L, 0L);
  }

  /** A rebalance commits in the midst of a poll, whose wait is reported as a whole. */
  @Test
  void noMomentIsCountedTwice() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    long now = 5_000;
    time.begin(now);
    for (int i = 0; i < 10_000; i++) {
      now += random.nextInt(100);
      switch (random.nextInt(5)) {
        case 0 -> time.waited(random.nextInt(300));
        case 1 -> time.commitBegun(now);
        case 2 -> time.commitEnded(now);
        case 3 -> time.waitedUntil(now);
        default -> time.turnEnded(now);
      }
    }
    time.turnEnded(now);
    assertThat(account().stream().mapToLong(Long::longValue).sum())
        .as("seed %d", seed)
        .isEqualTo(now - 5_000);
  }
}
