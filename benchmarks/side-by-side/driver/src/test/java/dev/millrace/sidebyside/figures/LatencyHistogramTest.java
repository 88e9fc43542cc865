package dev.millrace.sidebyside.figures;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import org.junit.jupiter.api.Test;

class LatencyHistogramTest {

  private final LatencyHistogram histogram = new LatencyHistogram();

  @Test
  void percentilesAreWithinAPercent() {
    for (int i = 1; i <= 1_000_000; i++) {
      histogram.record(i);
    }
    assertThat(histogram.micros(0.5)).isCloseTo(500_000, withPercentage(1));
    assertThat(histogram.micros(0.99)).isCloseTo(990_000, withPercentage(1));
    assertThat(histogram.micros(0.999)).isCloseTo(999_000, withPercentage(1));
    assertThat(histogram.micros(1)).isEqualTo(1_000_000);
    assertThat(histogram.maxMicros()).isEqualTo(1_000_000);
    assertThat(histogram.count()).isEqualTo(1_000_000);
  }

  @Test
  void shortLatenciesAreExact() {
    for (int i = 0; i < 100; i++) {
      histogram.record(i < 99 ? 5 : 100);
    }
    assertThat(histogram.micros(0.5)).isEqualTo(5);
    assertThat(histogram.micros(0.99)).isEqualTo(5);
    assertThat(histogram.micros(0.995)).isEqualTo(100);
  }

  @Test
  void extremesHaveABucket() {
    histogram.record(-1);
    histogram.record(Long.MAX_VALUE);
    assertThat(histogram.micros(0.5)).isZero();
    assertThat(histogram.micros(1)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void nothingHasNoLatency() {
    assertThat(histogram.micros(0.99)).isZero();
  }
}
