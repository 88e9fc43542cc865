package dev.millrace.internal.operator.join;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.operator.TaskHarness;
import dev.millrace.internal.plan.KeyedOperation;
import dev.millrace.internal.plan.LookupOperator;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.plan.StageStreamJoin;
import dev.millrace.window.Late;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Runs a join as a task does, and fails if a result would be late for the next operator. */
final class JoinHarness extends TaskHarness {

  private final StageOperator.Keyed plan;
  private final Function<OperatorContext, KeyedOperator> operators;

  final List<Object> objects = new ArrayList<>();
  final List<Long> times = new ArrayList<>();

  /** What came out at side outputs that are not for late records. */
  final List<Object> sides = new ArrayList<>();

  /** Whether others may have the operator's records. */
  boolean sharesRecords;

  /** Creates a harness; in memory if there is no directory, which the task outlives. */
  JoinHarness(KeyedOperation.StreamJoin join, ErrorPolicy policy, @Nullable Path directory) {
    this(new StageStreamJoin(join, String.class), policy, directory);
  }

  private JoinHarness(StageStreamJoin plan, ErrorPolicy policy, @Nullable Path directory) {
    this(plan, context -> StreamJoinOperator.of(plan, context), policy, directory);
  }

  /** Creates a harness of any operator. */
  JoinHarness(
      StageOperator.Keyed plan,
      Function<OperatorContext, KeyedOperator> operators,
      ErrorPolicy policy,
      @Nullable Path directory) {
    super(plan, policy, directory);
    this.plan = plan;
    this.operators = operators;
    begin();
  }

  @Override
  protected KeyedOperator open() {
    return operators.apply(new JoinContext());
  }

  /** {@return how many rows there are in all stores, but for the number of the next record} */
  int rows() {
    return suffixes().stream()
        .filter(suffix -> !suffix.equals(StageStreamJoin.ARRIVALS))
        .mapToInt(this::rows)
        .sum();
  }

  private final class JoinContext extends Context {

    @Override
    public boolean sharesRecords() {
      return sharesRecords;
    }

    @Override
    public Output next() {
      return (value, timeMs, kind) -> {
        if (kind == FrameFormat.TOO_FAR_AHEAD && plan instanceof LookupOperator.AsOfNow) {
          results.add(value + "@" + timeMs + "!");
          objects.add(value);
          return;
        }
        if (kind != FrameFormat.RECORD) {
          throw new AssertionError("kind " + kind);
        }
        if (!(plan instanceof LookupOperator.AsOfNow)
            && firedTo() != Long.MIN_VALUE
            && timeMs < firedTo() - plan.holdsBackMs()) {
          throw new AssertionError(
              value + "@" + timeMs + " is late: " + firedTo() + " - " + plan.holdsBackMs());
        }
        results.add(value + "@" + timeMs);
        objects.add(value);
        times.add(timeMs);
      };
    }

    @Override
    public Output side(String tag) {
      return (value, timeMs, kind) -> {
        if (value instanceof Late<?> record) {
          late.add(tag + " " + record.value() + "@" + timeMs + " " + record.reason());
        } else {
          sides.add(value);
        }
      };
    }
  }
}
