package dev.millrace.examples.wordcount;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.examples.wordcount.WordCountJob.Count;
import dev.millrace.examples.wordcount.WordCountJob.WordCount;
import dev.millrace.testkit.JobTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the example counts, without a broker. */
final class WordCountWindowsTest {

  private static final Instant NOON = Instant.parse("2030-06-01T12:00:00Z");

  @Test
  void aWindowIsCountedWhenItsFiveMinutesAreOver() {
    try (JobTest test = JobTest.builder(new WordCountJob()).startAt(NOON).build()) {
      test.topic("words", WordCount.class)
          .partitions(2)
          .send(0, new WordCount("Mill", 1), new WordCount("wheel", 1))
          .send(1, new WordCount("mill", 2));
      test.advanceProcessingTime(Duration.ofMinutes(4));
      assertThat(test.output(Count.class)).isEmpty();
      test.advanceProcessingTime(Duration.ofMinutes(1));
      assertThat(test.output(Count.class))
          .containsExactlyInAnyOrder(
              new Count("mill", NOON, NOON.plusSeconds(300), 3),
              new Count("wheel", NOON, NOON.plusSeconds(300), 1));
      assertThat(test.printed()).contains("2030-06-01T12:00:00Z to 2030-06-01T12:05:00Z  3  mill");
    }
  }

  @Test
  void aRestartInTheMiddleOfAWindowLosesNothing() {
    try (JobTest test = JobTest.builder(new WordCountJob()).startAt(NOON).build()) {
      test.topic("words", WordCount.class).send(new WordCount("mill", 1));
      test.restart();
      test.topic("words", WordCount.class).send(new WordCount("mill", 1));
      test.abortNextCommit();
      test.advanceProcessingTime(Duration.ofMinutes(5));
      assertThat(test.output(Count.class)).extracting(Count::count).containsExactly(2L);
    }
  }

  @Test
  void eachWindowIsCountedByItself() {
    try (JobTest test =
        JobTest.builder(new WordCountJob(), "--window", "10s").startAt(NOON).build()) {
      for (int window = 1; window <= 3; window++) {
        test.topic("words", WordCount.class).send(new WordCount("mill", window));
        test.advanceProcessingTime(Duration.ofSeconds(10));
      }
      assertThat(test.output(Count.class)).extracting(Count::count).containsExactly(1L, 2L, 3L);
    }
  }

  @Test
  void aTextWithoutWordsGivesNoFiles(@TempDir Path directory) throws IOException {
    Path output = directory.resolve("out");
    try (JobTest test = JobTest.of(new WordCountJob(), "--output", output.toString())) {
      test.endInput();
    }
    assertThat(lines(output)).isEmpty();
  }

  @Test
  void filesHaveALineOfJsonPerCount(@TempDir Path directory) throws IOException {
    try (JobTest test =
        JobTest.builder(new WordCountJob(), "--output", directory.toString())
            .startAt(NOON)
            .build()) {
      test.topic("words", WordCount.class).send(new WordCount("Mill", 4));
      test.endInput();
    }
    assertThat(lines(directory))
        .containsExactly(
            "{\"word\":\"mill\",\"windowStart\":\"2030-06-01T12:00:00Z\","
                + "\"windowEnd\":\"2030-06-01T12:05:00Z\",\"count\":4}");
  }

  private static List<String> lines(Path output) throws IOException {
    if (!Files.exists(output)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(output)) {
      return files
          .filter(file -> file.toString().endsWith(".jsonl"))
          .flatMap(WordCountWindowsTest::linesOf)
          .toList();
    }
  }

  private static Stream<String> linesOf(Path file) {
    try {
      return Files.readAllLines(file).stream();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
