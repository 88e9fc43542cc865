package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.function.MapFunction;
import dev.millrace.serde.TypeRef;
import dev.millrace.testkit.JobTest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Lambdas that do not show their types: the message has the line that mends the program. */
final class UnseenTypesTest {

  record Word(String text) {}

  record Pair<A, B>(A left, B right) {}

  private static final MapFunction<Word, List<String>> IN_A_VARIABLE = word -> List.of(word.text());

  /** Steps behind a stream of words. */
  private interface Program {
    DataStream<?> of(DataStream<Word> words);
  }

  /** What does not show its type, and what the message says to write. */
  static Stream<Arguments> programs() {
    return Stream.of(
        program(
            "map(...).returns(new TypeRef<List<UnseenTypesTest.Word>>() {})",
            words -> words.map(word -> List.of(word.text()))),
        program(
            "map(...).returns(new TypeRef<Map.Entry<UnseenTypesTest.Word, Long>>() {})",
            words -> words.map(word -> Map.entry(word.text(), 1L))),
        program(
            "map(...).returns(new TypeRef<Optional<UnseenTypesTest.Word>>() {})",
            words -> words.map(word -> Optional.of(word.text()))),
        program(
            "returns(new TypeRef<UnseenTypesTest.Pair<UnseenTypesTest.Word, Long>>() {})",
            words -> words.map(word -> new Pair<>(word.text(), 1))),
        program(
            "map(...).returns(new TypeRef<Set<UnseenTypesTest.Word>>() {})",
            words ->
                words.map(
                    word -> {
                      if (word.text().isEmpty()) {
                        return Set.of();
                      }
                      return Set.of(word.text());
                    })),
        program(
            "map(...).returns(new TypeRef<List<UnseenTypesTest.Word>>() {})",
            words -> words.map(IN_A_VARIABLE)),
        program("map(TheType.class, ...)", UnseenTypesTest::anything),
        program(
            "flatMap(TheType.class, ...)", words -> words.flatMap((word, out) -> out.emit(word))));
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // a type that nobody can see
  private static <T> DataStream<T> anything(DataStream<Word> words) {
    return words.map(word -> (T) word.text());
  }

  private static Arguments program(String line, Program program) {
    return Arguments.of(line, program);
  }

  @ParameterizedTest
  @MethodSource("programs")
  void theMessageHasTheLineToWrite(String line, Program program) {
    Job job = Job.named("unseen");
    DataStream<?> mapped = program.of(job.source(KafkaSource.json("words", Word.class)));
    assertThatThrownBy(mapped::rebalance)
        .isInstanceOf(TypeInferenceException.class)
        .hasMessageContaining("of job 'unseen' returns")
        .hasMessageContaining(line);
  }

  @Test
  void theLineOfTheMessageIsEnough() {
    Job job = Job.named("unseen");
    job.source(KafkaSource.json("words", Word.class))
        .map(word -> Map.entry(word.text(), 1L))
        .returns(new TypeRef<Map.Entry<String, Long>>() {})
        .keyBy(Map.Entry::getKey)
        .sum(Map.Entry::getValue)
        .changes()
        .map(change -> change.key() + change.value())
        .to(KafkaSink.strings("sums"));
    try (JobTest test = JobTest.of(job)) {
      test.topic("words", Word.class).send(new Word("a")).send(new Word("a"));
      test.run();
      assertThat(test.output("sums", String.class)).last().isEqualTo("a2");
    }
  }
}
