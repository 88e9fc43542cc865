package dev.millrace.internal.operator.join;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.ForeignKeyFunction;
import dev.millrace.function.JoinFunction;
import dev.millrace.internal.fold.Upserted;
import dev.millrace.internal.plan.ForeignKeyJoin;
import dev.millrace.internal.plan.ForeignKeyJoin.Answer;
import dev.millrace.internal.plan.ForeignKeyJoin.Phase;
import dev.millrace.internal.plan.ForeignKeyJoin.Subscribing;
import dev.millrace.internal.plan.ForeignKeyJoin.Subscription;
import dev.millrace.internal.plan.ForeignKeyJoin.VersionedResult;
import dev.millrace.internal.plan.JoinKind;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The steps of a join by a foreign key, and what they emit. */
final class ForeignKeySteps {

  private ForeignKeySteps() {}

  /** A left row is its foreign key and a number, such as {@code f1/3}; {@code -/3} has none. */
  private static final ForeignKeyFunction<String, String> FOREIGN_KEY =
      row -> {
        if (row.startsWith("?")) {
          throw new IllegalArgumentException("no foreign key in " + row);
        }
        String key = row.substring(0, row.indexOf('/'));
        return key.equals("-") ? null : key;
      };

  private static final JoinFunction<String, @Nullable String, String> PAIR =
      (left, right) -> {
        if (left.endsWith("!") || (right != null && right.endsWith("!"))) {
          throw new IllegalArgumentException("cannot join");
        }
        return left + "+" + right;
      };

  static JoinHarness left(JoinKind kind, ErrorPolicy policy) {
    ForeignKeyJoin.Left plan =
        new ForeignKeyJoin.Left(kind, FOREIGN_KEY, PAIR, String.class, String.class);
    return new JoinHarness(plan, context -> ForeignKeyLeft.of(plan, context), policy, null);
  }

  static JoinHarness right(JoinKind kind, ErrorPolicy policy) {
    ForeignKeyJoin.Right plan =
        new ForeignKeyJoin.Right(
            kind, PAIR, String.class, String.class, String.class, String.class);
    return new JoinHarness(plan, context -> ForeignKeyRight.of(plan, context), policy, null);
  }

  static JoinHarness result() {
    ForeignKeyJoin.Result plan = new ForeignKeyJoin.Result(String.class, String.class, 0, 0);
    return new JoinHarness(
        plan, context -> ForeignKeyResult.of(plan, context), ErrorPolicy.fail(), null);
  }

  static Upserted<String> row(@Nullable String row) {
    return new Upserted<>(row);
  }

  static List<Object> taken(List<Object> emitted) {
    List<Object> all = List.copyOf(emitted);
    emitted.clear();
    return all;
  }

  static List<Object> results(JoinHarness harness) {
    harness.times.clear();
    return taken(harness.objects);
  }

  static List<Object> directs(JoinHarness harness) {
    return taken(harness.sides);
  }

  static Subscribing goes(String to, long version, Phase phase, @Nullable String row) {
    return new Subscribing(to, new Subscription<>("k", version, phase, row));
  }

  static Answer answer(long version, Phase phase, @Nullable String result) {
    return new Answer("k", new VersionedResult<>(version, phase, result));
  }
}
