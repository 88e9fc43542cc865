package dev.millrace.internal.stage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.state.OverlayLimits;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class WorkerSetupTest {

  @ParameterizedTest
  @CsvSource({
    "100,3000,10000,0,3000", // as wanted
    "100,5000,10000,0,3333", // a third of the timeout
    "100,3000,10000,4000,2000", // and of what a call leaves of it
    "100,3000,10000,9999,100", // but never below the interval
    "100,3000,10000,20000,100",
    "500,200,10000,0,500",
  })
  void theLongestIntervalLeavesTimeForACommitAndACall(
      long intervalMs, long maxMs, long timeoutMs, long callMs, long expectedMs) {
    WorkerSetup.Limits limits = limits(intervalMs, maxMs, timeoutMs);
    assertThat(limits.longestInterval(Duration.ofMillis(callMs)).toMillis()).isEqualTo(expectedMs);
  }

  private static WorkerSetup.Limits limits(long intervalMs, long maxMs, long timeoutMs) {
    return new WorkerSetup.Limits(
        Duration.ofMillis(intervalMs),
        Duration.ofMillis(maxMs),
        Duration.ofMillis(timeoutMs),
        1 << 20,
        1 << 20,
        1 << 20,
        1 << 20,
        1 << 10,
        RecordLimit.ofRequests(1 << 20),
        OverlayLimits.writingBack(1 << 20),
        Duration.ZERO);
  }

  @Test
  void aWorkersCombinersShareTheirMemory() {
    WorkerSetup.Limits limits = limits(100, 3_000, 10_000);
    assertThat(limits.shared(4).combinerBytes()).isEqualTo((1 << 20) / 4);
    assertThat(limits.shared(4).shared(0)).isEqualTo(limits.shared(4));
    assertThat(limits.shared(1)).isEqualTo(limits);
  }
}
