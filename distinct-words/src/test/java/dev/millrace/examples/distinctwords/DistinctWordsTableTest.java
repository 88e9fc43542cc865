package dev.millrace.examples.distinctwords;

import static dev.millrace.table.Change.Kind.DELETE;
import static dev.millrace.table.Change.Kind.INSERT;
import static dev.millrace.table.Change.Kind.UPDATE_AFTER;
import static dev.millrace.table.Change.Kind.UPDATE_BEFORE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.JobArguments;
import dev.millrace.error.ConfigurationException;
import dev.millrace.examples.distinctwords.DistinctWordsJob.WordCount;
import dev.millrace.examples.distinctwords.Prefixes.Stored;
import dev.millrace.table.Change.Kind;
import dev.millrace.testkit.CommitFailure;
import dev.millrace.testkit.JobTest;
import dev.millrace.testkit.LocalState;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the example's table says, without a broker. */
final class DistinctWordsTableTest {

  @TempDir Path directory;

  @Test
  void aWordThatOccursAgainLeavesTheCountThatItHad() {
    try (JobTest test = JobTest.of(new DistinctWordsJob())) {
      say(test, "mill");
      assertThat(changes(test)).containsExactly(change(INSERT, 1, 1));

      say(test, "wheel");
      assertThat(changes(test).subList(1, 3))
          .containsExactly(change(UPDATE_BEFORE, 1, 1), change(UPDATE_AFTER, 1, 2));

      say(test, "Mill");
      assertThat(changes(test).subList(3, 6))
          .containsExactlyInAnyOrder(
              change(UPDATE_BEFORE, 1, 2), change(UPDATE_AFTER, 1, 1), change(INSERT, 2, 1));

      say(test, "WHEEL");
      assertThat(changes(test).subList(6, 9))
          .containsExactlyInAnyOrder(
              change(DELETE, 1, 1), change(UPDATE_BEFORE, 2, 1), change(UPDATE_AFTER, 2, 2));

      assertThat(table(test)).containsExactly(Map.entry(2L, 2L));
      assertThat(test.printed()).hasSize(9).startsWith("+ count 1: 1 words", "- count 1: 1 words");
    }
  }

  @Test
  void rowsThatStayTheSameDoNotChange() {
    try (JobTest test = JobTest.of(new DistinctWordsJob())) {
      say(test, "mill", "wheel", "wheel", "stone", "stone", "stone");
      assertThat(changes(test)).hasSize(3);
      // One word goes from 1 to 2, another from 2 to 3, and the third from 3 to 4.
      say(test, "mill", "wheel", "stone");
      assertThat(changes(test).subList(3, changes(test).size()))
          .containsExactlyInAnyOrder(change(DELETE, 1, 1), change(INSERT, 4, 1));
    }
  }

  @Test
  void theTableIsThatOfTheWordsInAnyOrder() {
    List<String> words = words(2_000, new Random(17));
    SortedMap<Long, Long> expected = Prefixes.table(words);
    List<String> reversed = new ArrayList<>(words);
    Collections.reverse(reversed);
    for (List<String> order : List.of(words, reversed)) {
      try (JobTest test = JobTest.builder(new DistinctWordsJob()).instances(2).seed(3).build()) {
        test.topic("words", WordCount.class).partitions(3);
        say(test, order.toArray(String[]::new));
        assertThat(table(test)).isEqualTo(expected);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(LocalState.class)
  void aRestartInTheMiddleIsNotSeen(LocalState state) {
    List<String> words = words(400, new Random(18));
    try (JobTest test = JobTest.of(new DistinctWordsJob())) {
      test.topic("words", WordCount.class).partitions(2);
      for (int from = 0; from < words.size(); from += 100) {
        say(test, words.subList(from, from + 100).toArray(String[]::new));
        test.restart(state);
        assertThat(table(test)).isEqualTo(Prefixes.table(words.subList(0, from + 100)));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(CommitFailure.class)
  void aCommitThatFailsIsNotSeen(CommitFailure failure) {
    List<String> words = words(60, new Random(19));
    int commits = play(words, -1, failure);
    assertThat(commits).isGreaterThan(3);
    for (int n = 0; n < commits; n++) {
      play(words, n, failure);
    }
  }

  private static int play(List<String> words, int failing, CommitFailure failure) {
    // In a topic: what goes to the console right before a crash is not printed.
    try (JobTest test = JobTest.of(new DistinctWordsJob(), "--output-topic", "changes")) {
      test.topic("words", WordCount.class).partitions(2);
      if (failing >= 0) {
        test.failCommit(failing, failure);
      }
      say(test, words.subList(0, 30).toArray(String[]::new));
      say(test, words.subList(30, 60).toArray(String[]::new));
      CountTable table = new CountTable();
      test.output("changes", CountChange.class).forEach(table::apply);
      table.checkComplete();
      assertThat(table.rows())
          .as("commit %s: %s", failing, failure)
          .isEqualTo(Prefixes.table(words));
      return test.commits();
    }
  }

  @Test
  void filesHaveEveryChangeWhicheverCommitIsTheLastOfAnInstance() throws Exception {
    int commits = writeFiles(-1);
    assertThat(commits).isGreaterThan(3);
    for (int n = 0; n < commits; n++) {
      writeFiles(n);
    }
  }

  /**
   * Files are published after the commit: an instance that is killed before that left it undone.
   */
  private int writeFiles(int killedAfter) throws Exception {
    List<String> words = words(40, new Random(20));
    Path output = directory.resolve("after-" + killedAfter);
    int commits;
    try (JobTest test =
        JobTest.of(new DistinctWordsJob(), "--output", output.toString(), "--tasks", "1")) {
      if (killedAfter >= 0) {
        test.failCommit(killedAfter, CommitFailure.KILLED_AFTER);
      }
      say(test, words.subList(0, 20).toArray(String[]::new));
      say(test, words.subList(20, 40).toArray(String[]::new));
      test.endInput();
      commits = test.commits();
    }
    assertThat(tableIn(output)).as("killed after %s", killedAfter).isEqualTo(Prefixes.table(words));
    return commits;
  }

  private static SortedMap<Long, Long> tableIn(Path output) throws Exception {
    CountTable table = new CountTable();
    new ChangeFiles(output, ChangeFiles.Afterwards.KEEP).readNew(table::apply);
    table.checkComplete();
    return table.rows();
  }

  @Test
  void filesHaveALineOfJsonPerChange() throws Exception {
    try (JobTest test = JobTest.of(new DistinctWordsJob(), "--output", directory.toString())) {
      say(test, "mill", "wheel", "mill");
      say(test, "wheel", "stone");
      test.endInput();
    }
    assertThat(tableIn(directory))
        .isEqualTo(Prefixes.table(List.of("mill", "wheel", "mill", "wheel", "stone")));
  }

  @Test
  void changesGoToOnePlace() {
    assertThatThrownBy(
            () ->
                new DistinctWordsJob()
                    .define(JobArguments.of("--output", "out", "--output-topic", "changes")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("--output-topic");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void everyTransactionEndsWithTheTableOfSomePrefix(long seed) {
    Random random = new Random(seed);
    // Long words, small frames and small polls: what is sent together arrives in parts.
    List<String> words = words(1_000, random).stream().map(word -> "x".repeat(300) + word).toList();
    try (JobTest test =
        JobTest.builder(new DistinctWordsJob(), "--output-topic", "changes", "--tasks", "1")
            .seed(seed)
            .set("max.poll.records", "5")
            .set("shuffle.frame.size", "1KB")
            .build()) {
      for (int from = 0; from < words.size(); ) {
        int to = Math.min(words.size(), from + 1 + random.nextInt(100));
        say(test, words.subList(from, to).toArray(String[]::new));
        if (random.nextInt(5) == 0) {
          test.restart(random.nextBoolean() ? LocalState.KEPT : LocalState.LOST);
        }
        from = to;
      }
      List<Stored> changes =
          test.outputRecords("changes", CountChange.class).stream()
              .map(record -> new Stored(record.offset(), record.value()))
              .toList();
      assertThat(Prefixes.check(changes, words)).isGreaterThan(20);
    }
  }

  private static void say(JobTest test, String... words) {
    for (String word : words) {
      test.topic("words", WordCount.class).send(new WordCount(word, 1));
    }
    test.run();
  }

  private static List<CountChange> changes(JobTest test) {
    return test.output(CountChange.class);
  }

  private static SortedMap<Long, Long> table(JobTest test) {
    CountTable table = new CountTable();
    changes(test).forEach(table::apply);
    table.checkComplete();
    return table.rows();
  }

  private static CountChange change(Kind kind, long count, long words) {
    return new CountChange(kind, count, words);
  }

  /** Random words, some of them much more often than others. */
  private static List<String> words(int number, Random random) {
    List<String> words = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      words.add("word" + (int) (200 * Math.pow(random.nextDouble(), 3)));
    }
    return words;
  }
}
