package dev.millrace.internal.operator.join;

import static dev.millrace.internal.operator.join.ForeignKeySteps.answer;
import static dev.millrace.internal.operator.join.ForeignKeySteps.directs;
import static dev.millrace.internal.operator.join.ForeignKeySteps.goes;
import static dev.millrace.internal.operator.join.ForeignKeySteps.left;
import static dev.millrace.internal.operator.join.ForeignKeySteps.result;
import static dev.millrace.internal.operator.join.ForeignKeySteps.results;
import static dev.millrace.internal.operator.join.ForeignKeySteps.right;
import static dev.millrace.internal.operator.join.ForeignKeySteps.row;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.ForeignKeyFunction;
import dev.millrace.function.JoinFunction;
import dev.millrace.internal.fold.Upserted;
import dev.millrace.internal.operator.ClockOutcome;
import dev.millrace.internal.operator.FramedRecord;
import dev.millrace.internal.plan.ForeignKeyJoin;
import dev.millrace.internal.plan.ForeignKeyJoin.Answer;
import dev.millrace.internal.plan.ForeignKeyJoin.Phase;
import dev.millrace.internal.plan.ForeignKeyJoin.Subscribing;
import dev.millrace.internal.plan.ForeignKeyJoin.Subscription;
import dev.millrace.internal.plan.ForeignKeyJoin.VersionedResult;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.table.Revision;
import dev.millrace.serde.TypeRef;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The steps of a join by a foreign key, each by itself. */
final class ForeignKeyOperatorsTest {

  // ------------------------------------------------------------------ the left step

  @Test
  void aRowGoesToItsForeignKeyAndLeavesTheOneBefore() {
    try (JoinHarness harness = left(JoinKind.LEFT, ErrorPolicy.fail())) {
      harness.record(0, "k", 10, row("f/1"));
      assertThat(results(harness)).containsExactly(goes("f", 1, Phase.BEGINS, "f/1"));
      assertThat(directs(harness)).containsExactly(answer(1, Phase.ENDS, null));
      harness.commit();
      harness.record(0, "k", 10, row("f/2"));
      assertThat(results(harness)).containsExactly(goes("f", 2, Phase.GOES_ON, "f/2"));
      harness.record(0, "k", 10, row("g/3"));
      assertThat(results(harness))
          .containsExactly(goes("f", 3, Phase.ENDS, null), goes("g", 3, Phase.BEGINS, "g/3"));
      assertThat(directs(harness)).isEmpty();
      harness.abort();
      harness.record(0, "k", 10, row("-/4"));
      assertThat(results(harness)).containsExactly(goes("f", 2, Phase.ENDS, null));
      assertThat(directs(harness)).containsExactly(answer(2, Phase.BEGINS, "-/4+null"));
      harness.record(0, "k", 10, row("-/5"));
      assertThat(directs(harness)).containsExactly(answer(3, Phase.GOES_ON, "-/5+null"));
      harness.record(0, "k", 10, row(null));
      assertThat(directs(harness)).containsExactly(answer(4, Phase.GOES_ON, null));
      harness.record(0, "k", 10, row(null));
      harness.commit();
      assertThat(results(harness)).isEmpty();
      assertThat(directs(harness)).isEmpty();
      assertThat(harness.rows("")).as("rows of a key that is gone").isZero();
      harness.record(0, "k", 10, row("f/6"));
      assertThat(results(harness))
          .as("later versions")
          .containsExactly(goes("f", 5, Phase.BEGINS, "f/6"));
    }
  }

  @Test
  void aRowThatIsGoneLeavesItsForeignKey() {
    try (JoinHarness harness = left(JoinKind.INNER, ErrorPolicy.fail())) {
      harness.record(0, "k", 10, row("f/1"));
      harness.commit();
      results(harness);
      directs(harness);
      harness.record(0, "k", 10, row(null));
      assertThat(results(harness)).containsExactly(goes("f", 2, Phase.ENDS, null));
      assertThat(directs(harness)).containsExactly(answer(2, Phase.BEGINS, null));
    }
  }

  @Test
  void aRowWithoutAForeignKeyIsInNoInnerJoin() {
    try (JoinHarness harness = left(JoinKind.INNER, ErrorPolicy.fail())) {
      harness.record(0, "k", 10, row("-/1"));
      assertThat(directs(harness)).containsExactly(answer(1, Phase.GOES_ON, null));
    }
  }

  @Test
  void aRowWhoseForeignKeyCannotBeHadIsGone() {
    try (JoinHarness harness = left(JoinKind.LEFT, ErrorPolicy.deadLetter())) {
      harness.record(0, "k", 10, row("f/1"));
      results(harness);
      directs(harness);
      harness.record(0, "k", 10, row("?/2"));
      assertThat(harness.letters).containsExactly("?/2");
      assertThat(results(harness)).containsExactly(goes("f", 2, Phase.ENDS, null));
      assertThat(directs(harness)).containsExactly(answer(2, Phase.BEGINS, null));
      harness.record(0, "k", 10, row("-/3!"));
      assertThat(directs(harness)).containsExactly(answer(3, Phase.GOES_ON, null));
      assertThat(harness.letters).containsExactly("?/2", "-/3!");
    }
  }

  @Test
  void aForeignKeyThatCannotBeWrittenCannotBeHad() {
    try (JoinHarness harness = left(JoinKind.LEFT, ErrorPolicy.deadLetter())) {
      harness.record(0, "k", 10, row("f/1"));
      results(harness);
      directs(harness);
      harness.record(0, "k", 10, row("\uD800/2"));
      assertThat(harness.letters).containsExactly("\uD800/2");
      assertThat(results(harness)).containsExactly(goes("f", 2, Phase.ENDS, null));
      assertThat(directs(harness)).containsExactly(answer(2, Phase.BEGINS, null));
    }
  }

  /** Sent, they would be lost on the way, and the last step would wait for them for ever. */
  @Test
  void aRowWhoseKeysAreTooLargeToBeSentFails() {
    try (JoinHarness harness = left(JoinKind.LEFT, ErrorPolicy.skip())) {
      String large = "f".repeat(1_000);
      harness.record(0, "k", 10, row(large + "/1"));
      assertThat(results(harness)).isEmpty();
      assertThat(directs(harness)).isEmpty();
      assertThat(harness.failures)
          .singleElement()
          .extracting(Exception::getMessage)
          .asString()
          .contains("too large to be sent (1001 bytes of at most 1000");
      harness.record(0, "k", 10, row("f/2"));
      assertThat(results(harness)).containsExactly(goes("f", 1, Phase.BEGINS, "f/2"));
      assertThat(directs(harness)).containsExactly(answer(1, Phase.ENDS, null));
      harness.record(0, "k", 10, row(large + "/3"));
      assertThat(results(harness)).containsExactly(goes("f", 2, Phase.ENDS, null));
      assertThat(directs(harness)).containsExactly(answer(2, Phase.BEGINS, null));
      harness.record(0, "k", 10, row(null));
      assertThat(results(harness)).isEmpty();
      assertThat(directs(harness)).isEmpty();
      harness.record(0, large + "k", 10, row("-/4"));
      assertThat(directs(harness)).isEmpty();
      assertThat(harness.failures).hasSize(3);
    }
  }

  // ------------------------------------------------------------------ the right step

  private static Subscription<String, String> comes(String key, long version, Phase phase) {
    return new Subscription<>(key, version, phase, key + "/" + version);
  }

  @Test
  void leftRowsMeetTheRightRowThatIsThereAndEachLaterOne() {
    for (JoinKind kind : List.of(JoinKind.INNER, JoinKind.LEFT)) {
      String none = kind == JoinKind.LEFT ? "k/1+null" : null;
      try (JoinHarness harness = right(kind, ErrorPolicy.fail())) {
        harness.record(1, "f", 10, comes("k", 1, Phase.BEGINS));
        assertThat(results(harness)).containsExactly(answer(1, Phase.BEGINS, none));
        harness.commit();
        harness.record(0, "f", 20, row("x"));
        harness.record(0, "g", 20, row("other"));
        assertThat(harness.times).containsExactly(20L);
        assertThat(results(harness)).containsExactly(answer(1, Phase.GOES_ON, "k/1+x"));
        harness.record(1, "f", 15, comes("k", 2, Phase.GOES_ON));
        assertThat(harness.times).as("the larger one").containsExactly(20L);
        assertThat(results(harness)).containsExactly(answer(2, Phase.GOES_ON, "k/2+x"));
        harness.commit();
        harness.record(0, "f", 30, row(null));
        assertThat(results(harness))
            .containsExactly(answer(2, Phase.GOES_ON, none == null ? null : "k/2+null"));
        harness.record(1, "f", 40, new Subscription<>("k", 3, Phase.ENDS, null));
        assertThat(results(harness)).containsExactly(answer(3, Phase.ENDS, null));
        harness.record(0, "f", 50, row("y"));
        harness.record(0, "f", 50, row(null));
        harness.record(0, "g", 50, row(null));
        assertThat(results(harness)).isEmpty();
        harness.commit();
        assertThat(harness.rows()).isZero();
      }
    }
  }

  /** A key that begins like another one is another one. */
  @Test
  void foreignKeysAreApart() {
    try (JoinHarness harness = right(JoinKind.LEFT, ErrorPolicy.fail())) {
      harness.record(1, "f", 10, comes("k", 1, Phase.BEGINS));
      harness.record(1, "ff", 10, comes("k", 2, Phase.BEGINS));
      harness.record(1, "fk", 10, comes("", 3, Phase.BEGINS));
      results(harness);
      harness.record(0, "f", 20, row("x"));
      assertThat(results(harness)).containsExactly(answer(1, Phase.GOES_ON, "k/1+x"));
    }
  }

  @Test
  void whatATransactionHasNoRoomForFollowsAfterTheCommit() {
    for (boolean byClock : new boolean[] {false, true}) {
      try (JoinHarness harness = right(JoinKind.INNER, ErrorPolicy.fail())) {
        for (int i = 0; i < 5; i++) {
          harness.record(1, "f", 10, comes("k" + i, i, Phase.BEGINS));
          harness.record(1, "g", 10, comes("k" + i, i, Phase.BEGINS));
        }
        harness.commit();
        results(harness);
        harness.room.addAll(List.of(true, true, false));
        harness.record(0, "f", 20, row("x"));
        harness.room.add(false);
        harness.record(0, "g", 30, row("y"));
        harness.commit();
        assertThat(results(harness)).hasSize(2);
        // One that has to begin anew, since the right row has changed again.
        harness.room.addAll(List.of(true, false));
        harness.record(0, "f", 40, row("z"));
        harness.commit();
        assertThat(results(harness)).hasSize(1);
        harness.record(1, "f", 50, comes("k9", 9, Phase.BEGINS));
        assertThat(results(harness)).hasSize(1);
        harness.commit();
        List<Long> times = new ArrayList<>();
        List<Object> rest = new ArrayList<>();
        boolean more = true;
        int transactions = 0;
        while (more) {
          harness.abort();
          harness.room.addAll(List.of(true, true, true, false));
          more = byClock ? harness.clock(0) == ClockOutcome.MORE : !harness.watermark(100);
          times.addAll(harness.times);
          rest.addAll(results(harness));
          harness.room.clear();
          harness.commit();
          transactions++;
          assertThat(transactions).isLessThan(20);
        }
        assertThat(transactions).isGreaterThan(2);
        assertThat(rest).hasSize(10);
        assertThat(times).containsExactly(40L, 40L, 40L, 40L, 50L, 30L, 30L, 30L, 30L, 30L);
        assertThat(rest.get(4).toString()).contains("k9/9+z");
        assertThat(harness.clock(0)).isEqualTo(ClockOutcome.NOTHING);
        assertThat(harness.rows(ForeignKeyJoin.Right.PENDING)).isZero();
      }
    }
  }

  @Test
  void whereAChangeGoesOnIsNotedOnceForEachForeignKey() {
    try (JoinHarness harness = right(JoinKind.INNER, ErrorPolicy.fail())) {
      for (int i = 0; i < 3; i++) {
        harness.record(1, "f", 10, comes("k" + i, i, Phase.BEGINS));
      }
      harness.room.add(false);
      harness.record(0, "f", 20, row("x"));
      harness.room.addAll(List.of(true, false));
      harness.record(0, "f", 30, row("y"));
      assertThat(harness.rows(ForeignKeyJoin.Right.PENDING)).as("of two changes").isOne();
      harness.commit();
      results(harness);
      harness.room.addAll(List.of(true, false));
      assertThat(harness.clock(0)).isEqualTo(ClockOutcome.MORE);
      assertThat(harness.rows(ForeignKeyJoin.Right.PENDING)).as("after a part").isOne();
      assertThat(results(harness)).singleElement().asString().contains("k1/1+y");
      harness.commit();
      assertThat(harness.clock(0)).isEqualTo(ClockOutcome.DONE);
      assertThat(harness.rows(ForeignKeyJoin.Right.PENDING)).isZero();
      assertThat(results(harness)).singleElement().asString().contains("k2/2+y");
      assertThat(harness.clock(0)).isEqualTo(ClockOutcome.NOTHING);
    }
  }

  /** What is sent instead is a row that is not there, at the place and in the phase of the row. */
  @Test
  void aRowThatCouldNotBeSentIsGoneWhereItWas() {
    assertThat(comes("k", 2, Phase.GOES_ON).withoutRow())
        .isEqualTo(new Subscription<>("k", 2, Phase.GOES_ON, null));
    assertThat(new Subscription<>("k", 2, Phase.ENDS, null).withoutRow()).isNull();
    try (JoinHarness harness = right(JoinKind.LEFT, ErrorPolicy.fail())) {
      harness.record(1, "f", 10, comes("k", 1, Phase.BEGINS));
      results(harness);
      harness.record(1, "f", 20, new Subscription<>("k", 2, Phase.GOES_ON, null));
      assertThat(results(harness)).containsExactly(answer(2, Phase.GOES_ON, null));
      harness.record(1, "g", 20, new Subscription<>("k", 3, Phase.BEGINS, null));
      assertThat(results(harness)).containsExactly(answer(3, Phase.BEGINS, null));
      harness.record(0, "f", 30, row("x"));
      assertThat(results(harness)).isEmpty();
      harness.record(1, "f", 40, comes("k", 4, Phase.GOES_ON));
      assertThat(results(harness)).containsExactly(answer(4, Phase.GOES_ON, "k/4+x"));
    }
  }

  @Test
  void aPairThatFailsHasNoResult() {
    try (JoinHarness harness = right(JoinKind.LEFT, ErrorPolicy.deadLetter())) {
      harness.record(1, "f", 10, comes("k", 1, Phase.BEGINS));
      harness.record(1, "f", 10, comes("j", 1, Phase.BEGINS));
      results(harness);
      harness.record(0, "f", 20, row("x!"));
      assertThat(results(harness))
          .containsExactly(
              new Answer("j", new VersionedResult<>(1, Phase.GOES_ON, null)),
              answer(1, Phase.GOES_ON, null));
      assertThat(harness.letters)
          .containsExactly(new PairLetter("j", "j/1", "x!"), new PairLetter("k", "k/1", "x!"));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatAFunctionChangesIsSeenByNobodyElse(boolean commits) {
    int[] failures = {1};
    JoinFunction<Bag, @Nullable Bag, String> spoiling =
        (left, right) -> {
          String result = left + "+" + right;
          left.items.add("spoilt");
          if (right != null) {
            right.items.add("spoilt");
          }
          if (failures[0]-- > 0) {
            throw new IllegalStateException("fails after it has changed what it got");
          }
          return result;
        };
    ForeignKeyJoin.Right plan =
        new ForeignKeyJoin.Right(
            JoinKind.LEFT, spoiling, String.class, String.class, Bag.class, Bag.class);
    ErrorPolicy policy = ErrorPolicy.fail().retries(1, Duration.ZERO);
    try (JoinHarness harness =
        new JoinHarness(plan, context -> ForeignKeyRight.of(plan, context), policy, null)) {
      Bag shared = new Bag("x");
      harness.record(0, "f", 10, new Upserted<>(shared));
      shared.items.add("changed by others");
      harness.record(1, "f", 10, new Subscription<>("k", 1, Phase.BEGINS, new Bag("a")));
      if (commits) {
        harness.commit();
      }
      harness.record(1, "f", 10, new Subscription<>("j", 2, Phase.BEGINS, new Bag("b")));
      harness.record(0, "f", 20, new Upserted<>(new Bag("y")));
      assertThat(results(harness))
          .<Object>extracting(result -> ((Answer) result).result().result())
          .containsExactly("a+x", "b+x", "b+y", "a+y");
    }
  }

  // ------------------------------------------------------------------ further attempts

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aFurtherAttemptAtALeftRowGetsItAsItCame(boolean refers) {
    int[] failures = {2};
    ForeignKeyFunction<Bag, String> foreignKey =
        bag -> {
          if (refers) {
            change(bag, failures);
          }
          return refers ? "f" : null;
        };
    JoinFunction<Bag, @Nullable String, String> function =
        (bag, right) -> {
          change(bag, failures);
          return bag + "+" + right;
        };
    ForeignKeyJoin.Left plan =
        new ForeignKeyJoin.Left(JoinKind.LEFT, foreignKey, function, String.class, String.class);
    ErrorPolicy policy = ErrorPolicy.fail().retries(2, Duration.ZERO);
    try (JoinHarness harness =
        new JoinHarness(plan, context -> ForeignKeyLeft.of(plan, context), policy, null)) {
      harness.operator().onRecord(0, new FramedRecord("k", 10, () -> new Upserted<>(new Bag("a"))));
      if (refers) {
        Subscribing sent = (Subscribing) results(harness).get(0);
        assertThat(sent.subscription().row()).hasToString("ax");
      } else {
        Answer answer = (Answer) directs(harness).get(0);
        assertThat(answer.result().result()).isEqualTo("ax+null");
      }
    }
  }

  private static void change(Bag bag, int[] failures) {
    bag.items.add("x");
    if (failures[0]-- > 0) {
      throw new IllegalStateException("fails after it has changed what it got");
    }
  }

  // ------------------------------------------------------------------ the result

  private static void arrives(
      JoinHarness harness, long timeMs, long version, Phase phase, @Nullable String result) {
    harness.record(0, "k", timeMs, new VersionedResult<>(version, phase, result));
  }

  private static List<String> changes(JoinHarness harness) {
    harness.commit();
    List<String> changes = new ArrayList<>();
    for (int i = 0; i < harness.objects.size(); i++) {
      Revision revision = (Revision) harness.objects.get(i);
      changes.add(revision.before() + " -> " + revision.after() + "@" + harness.times.get(i));
    }
    results(harness);
    return changes;
  }

  @Test
  @SuppressWarnings("unchecked") // the results are lists
  void whatALaterStepChangesIsInNoRow() {
    Type lists = new TypeRef<List<String>>() {}.type();
    ForeignKeyJoin.Result plan = new ForeignKeyJoin.Result(String.class, lists, 0, 0);
    try (JoinHarness harness =
        new JoinHarness(
            plan, context -> ForeignKeyResult.of(plan, context), ErrorPolicy.fail(), null)) {
      List<String> result = new ArrayList<>(List.of("a"));
      harness.record(0, "k", 10, new VersionedResult<>(1, Phase.BEGINS, result));
      harness.commit();
      Revision revision = (Revision) harness.objects.get(0);
      ((List<String>) Objects.requireNonNull(revision.after())).add("spoilt");
      results(harness);
      harness.record(1, "k", 10, new VersionedResult<>(1, Phase.ENDS, null));
      assertThat(changes(harness)).isEmpty();
    }
  }

  @Test
  void theNewestVersionCountsInWhateverOrderTheyCome() {
    try (JoinHarness harness = result()) {
      arrives(harness, 10, 2, Phase.BEGINS, "b");
      assertThat(changes(harness)).containsExactly("null -> b@10");
      arrives(harness, 20, 1, Phase.BEGINS, "a");
      arrives(harness, 20, 1, Phase.GOES_ON, "a2");
      arrives(harness, 20, 2, Phase.ENDS, null);
      arrives(harness, 20, 1, Phase.ENDS, null);
      assertThat(changes(harness)).isEmpty();
      arrives(harness, 5, 2, Phase.GOES_ON, "c");
      assertThat(changes(harness)).as("time does not go back").containsExactly("b -> c@10");
      arrives(harness, 30, 2, Phase.GOES_ON, "d");
      arrives(harness, 30, 2, Phase.GOES_ON, "c");
      assertThat(changes(harness)).as("equal results").isEmpty();
    }
  }

  @Test
  void aResultOfARowThatIsGoneDoesNotComeBack() {
    try (JoinHarness harness = result()) {
      // Inserted at f, moved to g, deleted there; f is slow.
      arrives(harness, 10, 1, Phase.ENDS, null);
      arrives(harness, 10, 2, Phase.BEGINS, "at g");
      arrives(harness, 20, 3, Phase.BEGINS, null);
      arrives(harness, 20, 3, Phase.ENDS, null);
      harness.commit();
      assertThat(changes(harness)).isEmpty();
      assertThat(harness.rows()).as("something older may come").isOne();
      arrives(harness, 10, 1, Phase.BEGINS, "at f");
      arrives(harness, 30, 1, Phase.GOES_ON, "at f, later");
      assertThat(changes(harness)).isEmpty();
      assertThat(harness.rows()).isOne();
      arrives(harness, 10, 2, Phase.ENDS, null);
      assertThat(changes(harness)).isEmpty();
      assertThat(harness.rows()).isZero();
    }
  }
}
