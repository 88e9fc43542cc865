package dev.millrace.internal.commit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class MedianTimeTest {

  private final MedianTime median = new MedianTime(5);

  @Test
  void theMedianOfNothingIsZero() {
    assertThat(median.nanos()).isZero();
  }

  @Test
  void ofTwoInTheMiddleItIsTheShorterOne() {
    median.add(30);
    assertThat(median.nanos()).isEqualTo(30);
    median.add(10);
    assertThat(median.nanos()).isEqualTo(10);
    median.add(20);
    assertThat(median.nanos()).isEqualTo(20);
  }

  @Test
  void onlyTheLatestOnesCount() {
    for (long nanos : new long[] {1, 1, 1, 1, 1, 9, 9}) {
      median.add(nanos);
    }
    assertThat(median.nanos()).as("two of five").isEqualTo(1);
    median.add(9);
    assertThat(median.nanos()).as("three of five").isEqualTo(9);
  }
}
