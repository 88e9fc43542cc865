package dev.millrace.examples.wordcount;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
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
    WordFeeder.feed(new StringReader("Let's go."), out);
    assertThat(out)
        .hasToString("{\"word\":\"Let's\",\"count\":1}\n{\"word\":\"go\",\"count\":1}\n");
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
