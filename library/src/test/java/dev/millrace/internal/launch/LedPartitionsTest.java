package dev.millrace.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

final class LedPartitionsTest {

  private static final TopicPartition ONE = new TopicPartition("shuffle", 0);
  private static final TopicPartition OTHER = new TopicPartition("shuffle", 1);

  private final List<TopicPartition> led = new ArrayList<>(List.of(ONE));
  private int lookUps;

  private final LedPartitions partitions =
      new LedPartitions(
          some -> {
            lookUps++;
            return some.stream().filter(led::contains).toList();
          });

  @Test
  void nobodyLooksUpLeadersBeforeAnAnswerIsMissing() {
    assertThat(partitions.of(List.of(ONE, OTHER))).containsExactly(ONE, OTHER);
    partitions.asked(true);
    assertThat(partitions.of(List.of(ONE, OTHER))).containsExactly(ONE, OTHER);
    assertThat(lookUps).isZero();
  }

  @Test
  void thoseWithoutALeaderAreLeftOutUntilAllHaveOne() {
    partitions.asked(false);
    for (int i = 0; i < 2; i++) {
      assertThat(partitions.of(List.of(OTHER))).isEmpty();
      assertThat(partitions.of(List.of(ONE))).containsExactly(ONE);
      partitions.asked(true);
    }
    led.add(OTHER);
    assertThat(partitions.of(List.of(ONE, OTHER))).containsExactly(ONE, OTHER);
    partitions.asked(true);
    assertThat(lookUps).isEqualTo(5);
    assertThat(partitions.of(List.of(ONE, OTHER))).hasSize(2);
    assertThat(lookUps).isEqualTo(5);
  }
}
