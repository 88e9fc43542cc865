package dev.millrace.internal.operator.join;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.ForeignKeyFunction;
import dev.millrace.function.JoinFunction;
import dev.millrace.internal.fold.Upserted;
import dev.millrace.internal.operator.ClockOutcome;
import dev.millrace.internal.operator.join.ForeignKeyCases.Case;
import dev.millrace.internal.operator.join.ForeignKeyCases.Step;
import dev.millrace.internal.plan.ForeignKeyJoin;
import dev.millrace.internal.plan.ForeignKeyJoin.Answer;
import dev.millrace.internal.plan.ForeignKeyJoin.Subscribing;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.table.Revision;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every case of {@link ForeignKeyCases} on the three steps of the join, however they run. */
final class ForeignKeyCasesTest {

  @TempDir Path directory;

  /** What happens around each record of each of the three tasks. */
  private enum Mode {
    A_COMMIT_AFTER_EACH_STEP,
    A_COMMIT_AFTER_EACH_RECORD,
    THE_DIRECT_WAY_IS_SLOW,
    AN_ABORT_OF_EACH,
    ROOM_FOR_ONE_ROW_PER_COMMIT,
    A_RESTART_AFTER_EACH
  }

  @TestFactory
  Stream<DynamicTest> changesAreThoseOfTheTable() {
    return CaseTests.each(
        ForeignKeyCases.ALL,
        ForeignKeyCases.KINDS,
        (each, kind) -> {
          for (Mode mode : Mode.values()) {
            check(each, kind, mode, null);
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> changesAreThoseOfTheTableOnDisk() {
    return CaseTests.eachOnDisk(
        ForeignKeyCases.ALL,
        directory,
        (each, place) -> check(each, JoinKind.LEFT, Mode.A_COMMIT_AFTER_EACH_RECORD, place));
  }

  private static void check(Case each, JoinKind kind, Mode mode, @Nullable Path place) {
    try (Chain chain = new Chain(kind, mode, place)) {
      each.steps().forEach(chain::take);
      assertThat(chain.changes).as("%s", mode).isEqualTo(each.expected(kind));
      assertThat(chain.letters).as("letters, %s", mode).isEqualTo(each.letters(kind));
      assertThat(chain.left.rows("")).as("rows that are left, %s", mode).isEqualTo(each.lefts());
    }
  }

  /** The three steps, each of one task. */
  private static final class Chain implements AutoCloseable {
    private final Mode mode;
    private final JoinHarness left;
    private final JoinHarness right;
    private final JoinHarness result;
    final List<String> changes = new ArrayList<>();
    final List<String> letters = new ArrayList<>();

    Chain(JoinKind kind, Mode mode, @Nullable Path place) {
      this.mode = mode;
      FailingPairs pairs = new FailingPairs("-");
      JoinFunction<String, @Nullable String, String> function =
          (row, other) -> pairs.joined("", ForeignKeyCases.withoutKey(row), other);
      ErrorPolicy policy = ErrorPolicy.deadLetter().retries(1, Duration.ZERO);
      ForeignKeyFunction<String, String> foreignKey = row -> ForeignKeyCases.foreignKey("", row);
      ForeignKeyJoin.Left ofLeft =
          new ForeignKeyJoin.Left(kind, foreignKey, function, String.class, String.class);
      ForeignKeyJoin.Right ofRight =
          new ForeignKeyJoin.Right(
              kind, function, String.class, String.class, String.class, String.class);
      ForeignKeyJoin.Result ofResult = new ForeignKeyJoin.Result(String.class, String.class, 0, 0);
      left =
          new JoinHarness(
              ofLeft, context -> ForeignKeyLeft.of(ofLeft, context), policy, at(place, "left"));
      right =
          new JoinHarness(
              ofRight, context -> ForeignKeyRight.of(ofRight, context), policy, at(place, "right"));
      result =
          new JoinHarness(
              ofResult,
              context -> ForeignKeyResult.of(ofResult, context),
              policy,
              at(place, "result"));
    }

    private static @Nullable Path at(@Nullable Path place, String name) {
      return place == null ? null : place.resolve(name);
    }

    void take(Step step) {
      Upserted<String> row = new Upserted<>(step.deletes() ? null : step.row());
      List<Sent> answers = new ArrayList<>();
      if (step.isLeft()) {
        record(left, 0, new Sent(step.key(), step.timeMs(), row));
        List<Sent> subscriptions = sent(left);
        List<Object> direct = List.copyOf(left.sides);
        left.sides.clear();
        for (Object each : direct) {
          answers.add(new Sent("", step.timeMs(), each));
        }
        for (Sent each : subscriptions) {
          Subscribing going = (Subscribing) each.value();
          Sent arriving =
              new Sent(going.foreignKey().toString(), each.timeMs(), going.subscription());
          record(right, ForeignKeyJoin.Right.ROWS + 1, arriving);
          // In front of what came the direct way, which is slow then.
          answers.addAll(mode == Mode.THE_DIRECT_WAY_IS_SLOW ? 0 : answers.size(), sent(right));
        }
      } else {
        record(right, ForeignKeyJoin.Right.ROWS, new Sent(step.key(), step.timeMs(), row));
        answers.addAll(sent(right));
      }
      for (Sent each : answers) {
        Answer answer = (Answer) each.value();
        record(result, 0, new Sent(answer.key().toString(), each.timeMs(), answer.result()));
        if (mode != Mode.A_COMMIT_AFTER_EACH_STEP) {
          commitResult();
        }
      }
      commitResult();
      assertThat(right.rows(ForeignKeyJoin.Right.PENDING)).isZero();
    }

    /** Has a task take a record, and all that follows from it. */
    private void record(JoinHarness task, int input, Sent sent) {
      if (mode == Mode.AN_ABORT_OF_EACH) {
        task.record(input, sent.key(), sent.timeMs(), sent.value());
        forget(task);
        task.abort();
      }
      boolean roomForOne = mode == Mode.ROOM_FOR_ONE_ROW_PER_COMMIT && task == right;
      if (roomForOne) {
        task.room.addAll(List.of(true, false));
      }
      task.record(input, sent.key(), sent.timeMs(), sent.value());
      if (task == result) {
        return;
      }
      boolean more = roomForOne;
      task.commit();
      while (more) {
        task.abort();
        task.room.clear();
        task.room.addAll(List.of(true, false));
        more = task.clock(0) == ClockOutcome.MORE;
        task.commit();
      }
      task.room.clear();
      letters(task);
      if (mode == Mode.A_RESTART_AFTER_EACH) {
        task.abort();
      }
    }

    private static void forget(JoinHarness task) {
      task.objects.clear();
      task.times.clear();
      task.results.clear();
      task.sides.clear();
      task.letters.clear();
    }

    private void letters(JoinHarness task) {
      for (Object letter : task.letters) {
        letters.add(
            letter instanceof PairLetter pair
                ? pairText(String.valueOf(pair.left()), pair.right())
                : task == left && letter.toString().startsWith("!")
                    ? letter.toString()
                    : pairText(letter.toString(), null));
      }
      task.letters.clear();
    }

    private static String pairText(String row, @Nullable Object other) {
      return new FailingPairs("-").text(Arrays.asList(ForeignKeyCases.withoutKey(row), other));
    }

    private static List<Sent> sent(JoinHarness task) {
      List<Sent> sent = new ArrayList<>();
      for (int i = 0; i < task.objects.size(); i++) {
        sent.add(new Sent("", task.times.get(i), task.objects.get(i)));
      }
      task.objects.clear();
      task.times.clear();
      task.results.clear();
      return sent;
    }

    private void commitResult() {
      result.commit();
      for (Sent each : sent(result)) {
        Revision revision = (Revision) each.value();
        changes.add(
            revision.key()
                + ": "
                + (revision.before() == null ? "." : revision.before())
                + " -> "
                + (revision.after() == null ? "." : revision.after())
                + "@"
                + each.timeMs());
      }
      if (mode == Mode.A_RESTART_AFTER_EACH) {
        result.abort();
      }
    }

    @Override
    public void close() {
      left.close();
      right.close();
      result.close();
    }
  }

  /** What one task sends to another. */
  private record Sent(String key, long timeMs, Object value) {}
}
