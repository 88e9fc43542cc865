package dev.millrace.examples.distinctwords;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.examples.distinctwords.DistinctWordsJob.WordCount;
import dev.millrace.testkit.JobTest;
import dev.millrace.testkit.LocalState;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the example's tables say, without a broker. */
final class DistinctWordsTableTest {

  @Test
  void theTopicHasTheLatestCountOfEachWord() {
    try (JobTest test = JobTest.of(new DistinctWordsJob(), "--output", "counts")) {
      test.topic("words", WordCount.class)
          .partitions(2)
          .send(0, new WordCount("Mill", 2), new WordCount("wheel", 1))
          .send(1, new WordCount("mill", 1));
      test.run();
      test.restart(LocalState.KEPT);
      test.topic("words", WordCount.class).send(1, new WordCount("wheel", 4));
      test.run();
      assertThat(test.table("counts", Long.class)).isEqualTo(Map.of("mill", 3L, "wheel", 5L));
    }
  }

  @Test
  void changesArePrintedWithWhatTheyReplace() {
    try (JobTest test = JobTest.of(new DistinctWordsJob())) {
      test.topic("words", WordCount.class).send(new WordCount("mill", 2));
      test.run();
      test.topic("words", WordCount.class).send(new WordCount("mill", 1));
      test.run();
      assertThat(test.printed())
          .hasSize(3)
          .satisfiesExactly(
              line -> assertThat(line).contains("INSERT", "mill", "2"),
              line -> assertThat(line).contains("UPDATE_BEFORE", "mill", "2"),
              line -> assertThat(line).contains("UPDATE_AFTER", "mill", "3"));
    }
  }
}
