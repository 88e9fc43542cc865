package dev.millrace.examples.wordcount;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.JobArguments;
import dev.millrace.error.ConfigurationException;
import dev.millrace.examples.wordcount.EventTimeCount.LateWord;
import dev.millrace.examples.wordcount.EventTimeCount.Revision;
import dev.millrace.examples.wordcount.EventTimeCount.TimedWord;
import dev.millrace.examples.wordcount.WordCountJob.Count;
import dev.millrace.testkit.JobTest;
import dev.millrace.testkit.TestTopic;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The example in event time, without a broker. */
final class EventTimeCountTest {

  private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

  @Test
  void windowsCloseWhenTheWordsSaySo() {
    try (JobTest test = job("--window", "10s")) {
      words(test).send(said("the", 1)).send(said("The", 3)).send(said("mill", 2));
      test.run();
      // Two seconds out of order are in bounds.
      words(test).send(said("stone", 11));
      assertThat(test.run().output(Count.class)).isEmpty();
      words(test).send(said("the", 9)).send(said("stone", 12));
      assertThat(test.run().output(Count.class))
          .containsExactlyInAnyOrder(count("the", 0, 3), count("mill", 0, 1));
      assertThat(test.output(LateWord.class)).isEmpty();
    }
  }

  @Test
  void aWordThatIsLateIsShownAndNotCounted() {
    try (JobTest test = job("--window", "10s")) {
      words(test).send(said("the", 1)).send(said("the", 12));
      test.run();
      words(test).send(said("mill", 4));
      test.endInput();
      assertThat(test.output(Count.class))
          .containsExactlyInAnyOrder(count("the", 0, 1), count("the", 10, 1));
      assertThat(test.output(LateWord.class))
          .containsExactly(new LateWord("mill", BEGIN.plusSeconds(4), 1));
      assertThat(test.printed()).contains("late: 2026-01-01T00:00:04Z  1  mill");
    }
  }

  @Test
  void withinTheLatenessACountIsCorrected() {
    try (JobTest test = job("--window", "10s", "--lateness", "5s")) {
      words(test).send(said("the", 1)).send(said("the", 12));
      test.run();
      words(test).send(said("the", 4)).send(said("stone", 17));
      test.run();
      words(test).send(said("the", 5));
      test.run();
      assertThat(test.output(Revision.class).stream().map(Revision::toString))
          .containsExactly(
              "2026-01-01T00:00:00Z to 2026-01-01T00:00:10Z  1  the",
              "- 2026-01-01T00:00:00Z to 2026-01-01T00:00:10Z  1  the",
              "+ 2026-01-01T00:00:00Z to 2026-01-01T00:00:10Z  2  the");
      assertThat(test.output(LateWord.class))
          .containsExactly(new LateWord("the", BEGIN.plusSeconds(5), 1));
    }
  }

  @Test
  void aWordWithoutATimeWasSaidWhenItsRecordWasWritten() {
    try (JobTest test = job("--window", "10s")) {
      words(test)
          .sendAt(0, BEGIN.plusSeconds(3), new TimedWord("the", 2, null))
          .sendAt(0, BEGIN.plusSeconds(30), new TimedWord("the", 1, null));
      assertThat(test.run().output(Count.class)).containsExactly(count("the", 0, 2));
    }
  }

  @Test
  void countsAndLateWordsAddUpToTheTextInFiles() throws Exception {
    StringWriter lines = new StringWriter();
    WordFeeder.timed(lines).feed(new StringReader("the mill turns the wheel ".repeat(600)));
    try (JobTest test = job("--window", "1m", "--lateness", "10s")) {
      TestTopic<TimedWord> topic = words(test);
      List<String> all = lines.toString().lines().toList();
      for (int i = 0; i < all.size(); i++) {
        topic.sendBytes(0, all.get(i).getBytes(StandardCharsets.UTF_8));
        if (i % 50 == 49) {
          test.run();
        }
      }
      test.endInput();
      long counted =
          test.output(Revision.class).stream()
              .mapToLong(each -> each.change().retracts() ? -each.count() : each.count())
              .sum();
      long late = test.output(LateWord.class).size();
      assertThat(late).isPositive();
      assertThat(counted + late).isEqualTo(3_000);
    }
  }

  @Test
  void latenessNeedsEventTime() {
    assertThatThrownBy(() -> new WordCountJob().define(JobArguments.of("--lateness", "5s")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("--time event");
    assertThatThrownBy(() -> new WordCountJob().define(JobArguments.of("--time", "local")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("'processing' and 'event'");
  }

  private static JobTest job(String... arguments) {
    String[] all = new String[arguments.length + 2];
    all[0] = "--time";
    all[1] = "event";
    System.arraycopy(arguments, 0, all, 2, arguments.length);
    return JobTest.of(new WordCountJob(), all);
  }

  private static TestTopic<TimedWord> words(JobTest test) {
    return test.topic("words", TimedWord.class);
  }

  private static TimedWord said(String word, long second) {
    return new TimedWord(word, 1, BEGIN.plusSeconds(second));
  }

  private static Count count(String word, long fromSecond, long count) {
    Instant start = BEGIN.plusSeconds(fromSecond);
    return new Count(word, start, start.plus(Duration.ofSeconds(10)), count);
  }
}
