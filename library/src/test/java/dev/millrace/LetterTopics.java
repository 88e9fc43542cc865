package dev.millrace;

import dev.millrace.connector.KafkaSource;
import dev.millrace.testkit.JobTest;
import dev.millrace.time.Watermarks;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Topics of texts whose keys are their first letters, for jobs that write texts to {@code out}. */
final class LetterTopics {

  /** How much out of order their event times are at most. */
  static final Duration BOUND = Duration.ofSeconds(3);

  static final Instant START = Instant.parse("2030-01-01T00:00:00Z");

  private LetterTopics() {}

  /** {@return the texts of a topic, by the times of their records} */
  static DataStream<String> source(Job job, String topic) {
    return job.source(
        KafkaSource.strings(topic).watermarks(Watermarks.boundedOutOfOrderness(BOUND)));
  }

  /** {@return the key of a text} */
  static String letter(String value) {
    return value.substring(0, 1);
  }

  /** {@return what the job has written} */
  static List<String> out(JobTest test) {
    return test.output("out", String.class);
  }
}
