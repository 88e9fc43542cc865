package dev.millrace.testkit;

import static dev.millrace.testkit.GrowingJob.words;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.connector.KafkaSink;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.pattern.Pattern;
import dev.millrace.serde.TypeRef;
import dev.millrace.testkit.GrowingJob.Word;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Patterns that change while partial matches of them are there. */
final class GrowingPatternsTest {

  private final GrowingJob growing = new GrowingJob();

  private static Pattern<Word> pair(String second) {
    return Pattern.<Word>begin("first")
        .where(word -> word.word().equals("a"))
        .followedBy("second")
        .where(word -> word.word().equals(second));
  }

  private static Pattern<Word> withAThird(int version) {
    return pair("b").followedBy("third").where(word -> word.word().equals("c")).version(version);
  }

  private static Consumer<Job> matching(Pattern<Word> pattern) {
    return job ->
        words(job)
            .keyBy(word -> "all")
            .match(pattern)
            .select(match -> match.events().stream().map(Word::word).toList().toString())
            .name("matched")
            .to(KafkaSink.strings("others"));
  }

  private List<String> found() {
    return growing.outputs.drain("others", TypeRef.of(String.class));
  }

  /** Sends a word, and something in each partition that lets time pass it. */
  private void send(String word) {
    growing.send(word, "x");
    growing.send("x", "x");
  }

  @Test
  void partialMatchesGoOnWithOtherConditions() {
    send("a");
    growing.runToTheEnd(growing.version(matching(pair("b"))));
    send("c");
    growing.runToTheEnd(growing.version(matching(pair("c"))));
    assertThat(found()).containsExactly("[a, c]");
  }

  @Test
  void anotherShapeIsRefusedAndAnotherVersionBeginsAnew() {
    send("a");
    growing.runToTheEnd(growing.version(matching(pair("b"))));
    assertThatThrownBy(growing.version(matching(withAThird(1)))::start)
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("followedBy third");
    assertThatThrownBy(growing.version(matching(withAThird(2)))::start)
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("--drop matched/matched.runs-1");
    send("b");
    send("c");
    growing.runToTheEnd(growing.version(matching(withAThird(2)), "matched/matched.runs-1"));
    assertThat(found()).isEmpty();
    send("a");
    send("b");
    send("c");
    growing.runToTheEnd(growing.version(matching(withAThird(2))));
    assertThat(found()).containsExactly("[a, b, c]");
  }
}
