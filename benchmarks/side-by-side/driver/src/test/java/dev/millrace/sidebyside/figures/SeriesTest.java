package dev.millrace.sidebyside.figures;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SeriesTest {

  private final Series series = new Series();

  @Test
  void growthBetweenSamplesIsLinear() {
    series.add(1000, 10);
    series.add(2000, 20);
    series.add(3000, 60);
    assertThat(series.growth(1500, 2500)).isEqualTo(25);
    assertThat(series.growth(1000, 3000)).isEqualTo(50);
  }

  @Test
  void nothingGrowsOutsideOfTheSamples() {
    series.add(1000, 10);
    series.add(2000, 20);
    assertThat(series.growth(0, 5000)).isEqualTo(10);
    assertThat(series.last()).isEqualTo(20);
    assertThat(new Series().growth(0, 1)).isZero();
  }

  @Test
  void seriesOfRecordsIsAProgress() {
    series.add(1000, 10);
    series.add(2000, 50);
    series.add(3000, 100);
    series.add(4000, 100);
    assertThat(series.toProgress(500).since(0.5)).contains(new Progress.Stretch(2000, 3000, 50));
  }
}
