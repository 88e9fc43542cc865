package dev.millrace.runner.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.metrics.JobMetrics;
import dev.millrace.metrics.StageCounters;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The pace of an instance, from what it has counted. */
final class ActivityMeterTest {

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final ActivityMeter meter = new ActivityMeter();

  private void look(int second, long records, long commits) {
    StageCounters source = new StageCounters(Map.of("recordsIn", records, "commits", commits));
    meter.look(
        new JobMetrics(
            Map.of("lines", source, "later", source),
            Map.of("lines", List.of()),
            List.of(),
            List.of()),
        Duration.ofSeconds(second).toNanos(),
        START.plusSeconds(second));
  }

  @Test
  void theRateIsThatOfSourcesOverTheLastTenSeconds() {
    assertThat(meter.activity().recordsPerSecond()).isEmpty();
    look(0, 1000, 0);
    assertThat(meter.activity().recordsPerSecond()).isEmpty();
    look(1, 1100, 0);
    assertThat(meter.activity().recordsPerSecond().orElseThrow()).isCloseTo(100, within(1e-9));
    for (int second = 2; second <= 20; second++) {
      look(second, 1100, 0);
    }
    assertThat(meter.activity().recordsPerSecond()).hasValue(0);
  }

  @Test
  void theLastCommitIsWhenALookFirstShowsIt() {
    look(0, 0, 0);
    assertThat(meter.activity().lastCommit()).isEmpty();
    look(1, 0, 2);
    look(2, 0, 2);
    assertThat(meter.activity().lastCommit()).contains(START.plusSeconds(1));
    assertThat(meter.activity().commits()).isEqualTo(4);
  }

  /** A job that was stopped by order is started again in the same process. */
  @Test
  void whatIsCountedAnewIsAPaceOfItsOwn() {
    look(0, 1000, 50);
    look(1, 1100, 60);
    look(5, 0, 0);
    assertThat(meter.activity().recordsPerSecond()).isEmpty();
    assertThat(meter.activity().lastCommit()).contains(START.plusSeconds(1));
    look(6, 10, 1);
    assertThat(meter.activity().recordsPerSecond().orElseThrow()).isCloseTo(10, within(1e-9));
    assertThat(meter.activity().lastCommit()).contains(START.plusSeconds(6));
    look(7, 5, 2);
    assertThat(meter.activity().recordsPerSecond()).isEmpty();
    assertThat(meter.activity().lastCommit()).contains(START.plusSeconds(7));
  }
}
