package dev.millrace.examples.wordcount;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class WordsTest {

  @Test
  void wordsAreRunsOfLettersAndApostrophes() throws IOException {
    assertThat(words("To be, or not to be--that's\nthe 1st question: 'tis it?"))
        .containsExactly(
            "To", "be", "or", "not", "to", "be", "that's", "the", "st", "question", "'tis", "it");
  }

  @Test
  void lettersOfAllScriptsCount() throws IOException {
    assertThat(words("Größe 𐐀𐐁 água")).containsExactly("Größe", "𐐀𐐁", "água");
  }

  @Test
  void aTextWithoutWordsHasNone() throws IOException {
    assertThat(words("")).isEmpty();
    assertThat(words(" 12 + 34\n")).isEmpty();
  }

  @Test
  void theFeederWritesOneRecordALine() throws IOException {
    StringWriter out = new StringWriter();
    WordFeeder.to(out).feed(new StringReader("Let's go."));
    assertThat(out)
        .hasToString("{\"word\":\"Let's\",\"count\":1}\n{\"word\":\"go\",\"count\":1}\n");
  }

  @Test
  void timedWordsAreOutOfOrderByLessThanASecondButForAFew() throws IOException {
    StringWriter out = new StringWriter();
    WordFeeder.timed(out).feed(new StringReader("word ".repeat(10_000)));
    List<String> lines = out.toString().lines().toList();
    Instant said = Instant.parse("2000-01-01T00:00:00Z");
    int belated = 0;
    for (String line : lines) {
      assertThat(line).startsWith("{\"word\":\"word\",\"count\":1,\"time\":\"").endsWith("\"}");
      Instant time = Instant.parse(line.substring(line.indexOf("time") + 7, line.length() - 2));
      assertThat(time).isBetween(said.minusSeconds(30), said);
      belated += time.isBefore(said.minusSeconds(1)) ? 1 : 0;
      said = said.plusMillis(100);
    }
    assertThat(belated).isBetween(50, 200);
  }

  private static List<String> words(String text) throws IOException {
    Words words = new Words(new StringReader(text));
    List<String> all = new ArrayList<>();
    for (Optional<String> word = words.next(); word.isPresent(); word = words.next()) {
      all.add(word.get());
    }
    return all;
  }
}
