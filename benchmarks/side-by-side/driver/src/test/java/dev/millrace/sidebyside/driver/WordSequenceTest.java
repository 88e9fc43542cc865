package dev.millrace.sidebyside.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class WordSequenceTest {

  @Test
  void sameSeedGivesTheSameWords() {
    List<String> words = take(WordSequence.zipf(7, 1000), 100);
    assertThat(take(WordSequence.zipf(7, 1000), 100)).isEqualTo(words);
    assertThat(take(WordSequence.zipf(8, 1000), 100)).isNotEqualTo(words);
  }

  @Test
  void wordOfRankTwoIsHalfAsFrequent() {
    Map<String, Long> counts = counts(WordSequence.zipf(7, 1000));
    assertThat((double) counts.get("word0") / counts.get("word1")).isCloseTo(2, withPercentage(5));
    assertThat(counts).hasSize(1000);
  }

  @Test
  void uniformWordsAreEquallyFrequent() {
    assertThat(counts(WordSequence.uniform(7, 10)).values())
        .hasSize(10)
        .allSatisfy(count -> assertThat(count).isCloseTo(20_000, withPercentage(5)));
  }

  private static Map<String, Long> counts(WordSequence words) {
    return take(words, 200_000).stream()
        .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
  }

  private static List<String> take(WordSequence words, int count) {
    return Stream.generate(words::next).limit(count).toList();
  }
}
