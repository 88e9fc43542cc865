package dev.millrace.internal.operator.join;

import static dev.millrace.internal.operator.join.CoGroupCases.SESSION;
import static dev.millrace.internal.operator.join.CoGroupCases.SLIDING;
import static dev.millrace.internal.operator.join.CoGroupCases.TUMBLING;
import static dev.millrace.internal.operator.join.CoGroupCases.group;
import static dev.millrace.internal.operator.join.CoGroupCases.harness;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.Collector;
import dev.millrace.internal.plan.CoGroup;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.plan.KeyedOperation;
import dev.millrace.internal.plan.TwoStreams;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.window.Records;
import dev.millrace.window.Window;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Co-groups whose functions fail, or change what they are given. */
final class CoGroupFailuresTest {

  private static final Window FIRST = Window.ofEpochMillis(0, 10);

  // ------------------------------------------------------------------ failures

  /** Emits, and then fails on groups that have such a value: for ever, or the first time. */
  private static CoGroup failing(WindowKind window) {
    Set<String> failed = new HashSet<>();
    return group(
        window,
        String.class,
        (key, bounds, left, right, out) -> {
          String all = left.toList() + "|" + right.toList();
          out.emit(all);
          if (all.contains("!") || (all.contains("?") && failed.add(all))) {
            throw new IllegalArgumentException("cannot group " + all);
          }
          out.emit("and " + left.stream().count());
        });
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aGroupThatFailsIsDroppedAlone(boolean commits) {
    try (JoinHarness harness = harness(failing(TUMBLING), ErrorPolicy.deadLetter(), null)) {
      harness.record(0, "j", 1, "a");
      harness.record(0, "k", 2, "b!");
      harness.record(1, "k", 3, "x");
      harness.record(1, "k", 1, "y");
      harness.record(1, "k", 13, "z");
      if (commits) {
        harness.commit();
      }
      assertThat(harness.watermark(100)).isTrue();
      assertThat(harness.results).containsExactly("[a]|[]@9", "and 1@9", "[]|[z]@19", "and 0@19");
      assertThat(harness.letters)
          .containsExactly(new GroupLetter("k", FIRST, 1, List.of("b!"), List.of("y", "x")));
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void aGroupThatIsSkippedCountsOnce() {
    try (JoinHarness harness = harness(failing(SESSION), ErrorPolicy.skip(), null)) {
      for (int i = 0; i < 3_000; i++) {
        harness.record(i % 2, "k", i / 100, i + "!");
      }
      harness.watermark(100);
      assertThat(harness.results).isEmpty();
      assertThat(harness.failures).hasSize(1);
      assertThat(harness.rows()).isZero();
    }
  }

  @Test
  void anotherAttemptMakesItsResultsOnce() {
    ErrorPolicy twice = ErrorPolicy.fail().retries(1, Duration.ZERO);
    try (JoinHarness harness = harness(failing(SESSION), twice, null)) {
      harness.record(0, "k", 1, "a?");
      harness.record(1, "k", 8, "x");
      harness.watermark(100);
      assertThat(harness.results).containsExactly("[a?]|[x]@17", "and 1@17");
      assertThat(harness.retries).isEqualTo(1);
    }
  }

  @Test
  void aFailureThatStopsTheJobLeavesTheGroup() {
    try (JoinHarness harness = harness(failing(SLIDING), ErrorPolicy.fail(), null)) {
      harness.record(0, "k", 7, "a?");
      harness.commit();
      assertThatThrownBy(() -> harness.watermark(10)).hasMessage("the job stops");
      harness.results.clear();
      harness.abort();
      harness.watermark(10);
      assertThat(harness.results).containsExactly("[a?]|[]@9", "and 1@9");
      harness.watermark(20);
      assertThat(harness.results).hasSize(4);
    }
  }

  @Test
  @SuppressWarnings("NullAway") // what a program may do
  void aResultOfNullIsAFailure() {
    CoGroup nulls =
        group(TUMBLING, String.class, (key, window, left, right, out) -> out.emit(null));
    try (JoinHarness harness = harness(nulls, ErrorPolicy.fail(), null)) {
      harness.record(0, "k", 1, "a");
      assertThatThrownBy(() -> harness.watermark(10))
          .hasRootCauseMessage("the function of the co-group emitted null");
    }
  }

  @Test
  void aCollectorThatIsKeptRefusesResultsWhenItsCallIsOver() {
    List<Runnable> kept = new ArrayList<>();
    CoGroup keeping =
        CoGroupCases.<String>group(
            TUMBLING,
            String.class,
            (String key,
                Window window,
                Records<String> left,
                Records<String> right,
                Collector<String> out) -> {
              out.emit(key);
              kept.add(() -> out.emit("late"));
            });
    try (JoinHarness harness = harness(keeping, ErrorPolicy.fail(), null)) {
      harness.record(0, "k", 1, "a");
      harness.watermark(10);
      assertThatThrownBy(() -> kept.get(0).run())
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("co-group")
          .hasMessageContaining("call is over");
      harness.record(0, "l", 11, "a");
      harness.watermark(20);
      assertThat(harness.results).containsExactly("k@9", "l@19");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theRecordsOfALargeGroupAreInSeveralLetters(boolean commits) {
    String much = "x".repeat(50 << 10);
    try (JoinHarness harness = harness(failing(TUMBLING), ErrorPolicy.deadLetter(), null)) {
      List<Object> lefts = new ArrayList<>();
      List<Object> rights = new ArrayList<>();
      for (int i = 0; i < 2_500; i++) {
        lefts.add("a!" + i);
        harness.record(0, "k", 1, "a!" + i);
      }
      for (int i = 0; i < 10; i++) {
        rights.add(much + i);
        harness.record(1, "k", 2, much + i);
      }
      if (commits) {
        harness.commit();
      }
      harness.watermark(10);
      List<GroupLetter> letters =
          harness.letters.stream().map(letter -> (GroupLetter) letter).toList();
      assertThat(letters).extracting(GroupLetter::part).containsExactly(1, 2, 3, 4, 5, 6, 7);
      assertThat(letters.stream().flatMap(letter -> letter.left().stream()).toList())
          .isEqualTo(lefts);
      assertThat(letters.stream().flatMap(letter -> letter.right().stream()).toList())
          .isEqualTo(rights);
      assertThat(letters)
          .allSatisfy(
              letter -> {
                assertThat(letter.left().size() + letter.right().size()).isBetween(1, 1_000);
                assertThat(letter.right()).hasSizeLessThanOrEqualTo(2);
              });
    }
  }

  /** Together with smaller ones it might not fit into a letter, and the job would stop. */
  @Test
  void aLargeRecordIsInALetterOfItsOwn() {
    String large = "x".repeat(1_000_000);
    String small = "y".repeat(100_000);
    try (JoinHarness harness = harness(failing(TUMBLING), ErrorPolicy.deadLetter(), null)) {
      harness.record(0, "k", 1, "a!");
      harness.record(0, "k", 2, large);
      harness.record(1, "k", 3, small);
      harness.record(1, "k", 4, large);
      harness.watermark(10);
      assertThat(harness.letters)
          .containsExactly(
              new GroupLetter("k", FIRST, 1, List.of("a!"), List.of()),
              new GroupLetter("k", FIRST, 2, List.of(large), List.of()),
              new GroupLetter("k", FIRST, 3, List.of(), List.of(small)),
              new GroupLetter("k", FIRST, 4, List.of(), List.of(large)));
    }
  }

  // ------------------------------------------------------------------ objects that change

  /** {@return what is there, which is changed while it is read} */
  private static String spoilt(Records<Bag> bags) {
    StringBuilder seen = new StringBuilder();
    for (Bag bag : bags) {
      seen.append(bag);
      bag.items.add("!");
    }
    return seen.toString();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatAFunctionChangesIsSeenByNoOtherPass(boolean commits) {
    Set<String> failed = new HashSet<>();
    CoGroup spoiling =
        group(
            SLIDING,
            Bag.class,
            (key, window, left, right, out) -> {
              String first = spoilt(left) + "|" + spoilt(right);
              if (failed.add(window.toString())) {
                throw new IllegalStateException("fails after it has changed what it got");
              }
              out.emit(first + "=" + spoilt(left) + "|" + spoilt(right));
              out.emit(left.iterator().next());
            });
    ErrorPolicy twice = ErrorPolicy.fail().retries(1, Duration.ZERO);
    try (JoinHarness harness = harness(spoiling, twice, null)) {
      Bag shared = new Bag("a");
      harness.record(0, "k", 5, shared);
      shared.items.add("changed by another step");
      harness.record(0, "k", 6, new Bag("b"));
      harness.record(1, "k", 7, new Bag("x"));
      if (commits) {
        harness.commit();
      }
      harness.watermark(10);
      harness.objects.forEach(CoGroupFailuresTest::spoil);
      harness.watermark(15);
      assertThat(harness.results).containsExactly("ab|x=ab|x@9", "a@9", "ab|x=ab|x@14", "a@14");
    }
  }

  private static void spoil(Object result) {
    if (result instanceof Bag bag) {
      bag.items.add("changed by a later step");
    }
  }

  @ParameterizedTest
  @EnumSource(JoinKind.class)
  void whatTheFunctionOfAJoinChangesIsSeenByNoOtherPair(JoinKind kind) {
    Set<String> failed = new HashSet<>();
    TwoStreams join =
        new KeyedOperation.StreamJoin(
            kind,
            CoGroupCases.bySessions(),
            (Bag left, Bag right) -> {
              String pair = left + "+" + right;
              for (Bag bag : new Bag[] {left, right}) {
                if (bag != null) {
                  bag.items.add("!");
                }
              }
              if (failed.add(pair)) {
                throw new IllegalStateException("fails after it has changed what it got");
              }
              return pair;
            },
            Bag.class,
            Bag.class,
            Optional.empty(),
            Optional.empty());
    try (JoinHarness harness = harness(join, ErrorPolicy.fail().retries(1, Duration.ZERO), null)) {
      harness.record(0, "k", 1, new Bag("a"));
      harness.record(0, "k", 2, new Bag("b"));
      harness.record(1, "k", 3, new Bag("x"));
      harness.record(1, "k", 4, new Bag("y"));
      harness.record(0, "k", 50, new Bag("c"));
      harness.record(1, "k", 70, new Bag("z"));
      harness.watermark(100);
      List<String> expected = new ArrayList<>(List.of("a+x@13", "a+y@13", "b+x@13", "b+y@13"));
      if (kind.keepsLeft()) {
        expected.add("c+null@59");
      }
      if (kind.keepsRight()) {
        expected.add("null+z@79");
      }
      assertThat(harness.results).isEqualTo(expected);
    }
  }
}
