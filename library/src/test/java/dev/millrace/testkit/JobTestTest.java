package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.connector.ConsoleSink;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class JobTestTest {

  record Word(String word, long count) {
    Word plus(Word other) {
      return new Word(word, count + other.count);
    }
  }

  record Count(String word, long count) {}

  private static Job runningCounts() {
    Job job = Job.named("counts");
    job.source(KafkaSource.json("words", Word.class))
        .keyBy(word -> word.word().toLowerCase(Locale.ROOT))
        .sum(Word::count)
        .to(KafkaSink.upsert("counts"));
    return job;
  }

  private static Job windowedCounts() {
    Job job = Job.named("windows");
    job.source(KafkaSource.json("words", Word.class))
        .map(w -> new Word(w.word().toLowerCase(Locale.ROOT), w.count()))
        .keyBy(Word::word)
        .window(Windows.tumbling(Duration.ofMinutes(5)))
        .reduce(Word::plus)
        .map(r -> new Count(r.key(), r.value().count()))
        .to(ConsoleSink.lines());
    return job;
  }

  @Test
  void runningCountsGoToTheirTopic() {
    try (JobTest test = JobTest.of(runningCounts())) {
      test.topic("words", Word.class)
          .partitions(2)
          .send(0, new Word("Kafka", 1), new Word("mill", 4))
          .send(1, new Word("kafka", 2));
      test.run();
      assertThat(test.table("counts", Long.class)).isEqualTo(Map.of("kafka", 3L, "mill", 4L));
    }
  }

  @Test
  void aWindowClosesWhenItsTimeIsOver() {
    try (JobTest test = JobTest.of(windowedCounts())) {
      test.topic("words", Word.class)
          .partitions(2)
          .send(0, new Word("Kafka", 1))
          .send(1, new Word("kafka", 2));
      test.run();
      test.restart();
      assertThat(test.output(Count.class)).isEmpty();
      test.advanceProcessingTime(Duration.ofMinutes(5));
      assertThat(test.output(Count.class)).containsExactly(new Count("kafka", 3));
      assertThat(test.printed()).containsExactly("Count[word=kafka, count=3]");
    }
  }
}
