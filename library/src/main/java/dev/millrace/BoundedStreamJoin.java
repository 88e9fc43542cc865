package dev.millrace;

import dev.millrace.function.JoinFunction;
import dev.millrace.internal.plan.JoinBounds;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.plan.KeyedOperation;
import dev.millrace.internal.plan.Operation;
import dev.millrace.internal.plan.PlanBuilder;
import dev.millrace.internal.util.Arguments;
import dev.millrace.output.OutputTag;
import dev.millrace.window.Late;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A join of two streams by key and within bounds of time, whose kind is still to be named.
 *
 * <p><b>Contract.</b> A record meets those of the other side that have arrived before it, in the
 * order of their times and, where these are equal, of their arrival; the function makes a result of
 * each pair at once; in sessions, of each left record with each right one when the session is
 * final. Equal records stay distinct: n records on the left and m on the right make n times m
 * pairs, each once. A record that has met none when no match can come any more is emitted by itself
 * then, once, if the kind keeps its side; no match of it ever follows.
 *
 * <pre>{@code
 * DataStream<Paid> paid =
 *     orders.join(payments)
 *         .on(Order::id, Payment::orderId)
 *         .within(Duration.ZERO, Duration.ofHours(1))
 *         .left((order, payment) -> new Paid(order, Optional.ofNullable(payment)));
 * }</pre>
 *
 * <p><b>Time.</b> Event time: all sources of both streams need watermarks. Within an interval a
 * pair has the later of its two times, and a record without a match its own; after a join that
 * keeps a side, watermarks are held back by as long as its records may wait. Within windows results
 * have the last time of their window. A record that comes when some that it would have met may be
 * gone is late: it is counted, and written to the {@linkplain #lateTo late output} if there is one;
 * so is one whose time is too far in the future to be believed.
 *
 * <p><b>State.</b> One row for each record, until the watermark is past the last time at which it
 * can be met; in windows that overlap, one for each window.
 *
 * <p><b>Errors.</b> If the function fails on a pair, the error policy of the join is about that
 * pair alone: it is skipped, or becomes a dead letter with both records. The records count as
 * matched all the same, so that neither is emitted as a record without a match.
 *
 * <p><b>Threads.</b> Confined to the thread that builds the job; immutable: {@code lateTo} returns
 * another one.
 *
 * @param <L> the values of the left stream
 * @param <R> the values of the right stream
 */
public final class BoundedStreamJoin<L, R> {

  private final PlanBuilder plan;
  private final int left;
  private final int right;
  private final JoinBounds bounds;
  private final Optional<OutputTag<?>> lateLeft;
  private final Optional<OutputTag<?>> lateRight;

  BoundedStreamJoin(PlanBuilder plan, int left, int right, JoinBounds bounds) {
    this(plan, left, right, bounds, Optional.empty(), Optional.empty());
  }

  private BoundedStreamJoin(
      PlanBuilder plan,
      int left,
      int right,
      JoinBounds bounds,
      Optional<OutputTag<?>> lateLeft,
      Optional<OutputTag<?>> lateRight) {
    this.plan = plan;
    this.left = left;
    this.right = right;
    this.bounds = bounds;
    this.lateLeft = lateLeft;
    this.lateRight = lateRight;
  }

  /**
   * {@return the same join, with late records written to side outputs of its results}
   *
   * @param lateLeft for those of the left stream, made by {@link Late#tag}
   * @param lateRight for those of the right stream; it may be the same one
   */
  public BoundedStreamJoin<L, R> lateTo(OutputTag<Late<L>> lateLeft, OutputTag<Late<R>> lateRight) {
    SideOutputsOf.checkLate(lateLeft, lateRight);
    return new BoundedStreamJoin<>(
        plan, left, right, bounds, Optional.of(lateLeft), Optional.of(lateRight));
  }

  /** {@return the results of all pairs} */
  public <T> DataStream<T> inner(JoinFunction<? super L, ? super R, ? extends T> function) {
    return joined(JoinKind.INNER, inferred(function), function);
  }

  /** {@return the results of all pairs, of a type stated because the lambda does not show it} */
  public <T> DataStream<T> inner(
      Class<T> type, JoinFunction<? super L, ? super R, ? extends T> function) {
    return joined(JoinKind.INNER, FunctionTypes.statedOfPairs(type), function);
  }

  /**
   * {@return the results of all pairs, and of left values without a match: the function gets null
   * for the right then}
   */
  public <T> DataStream<T> left(
      JoinFunction<? super L, ? super @Nullable R, ? extends T> function) {
    return joined(JoinKind.LEFT, inferred(function), function);
  }

  /** {@return the same, of a type stated because the lambda does not show it} */
  public <T> DataStream<T> left(
      Class<T> type, JoinFunction<? super L, ? super @Nullable R, ? extends T> function) {
    return joined(JoinKind.LEFT, FunctionTypes.statedOfPairs(type), function);
  }

  /**
   * {@return the results of all pairs, and of right values without a match: the function gets null
   * for the left then}
   */
  public <T> DataStream<T> right(
      JoinFunction<? super @Nullable L, ? super R, ? extends T> function) {
    return joined(JoinKind.RIGHT, inferred(function), function);
  }

  /** {@return the same, of a type stated because the lambda does not show it} */
  public <T> DataStream<T> right(
      Class<T> type, JoinFunction<? super @Nullable L, ? super R, ? extends T> function) {
    return joined(JoinKind.RIGHT, FunctionTypes.statedOfPairs(type), function);
  }

  /**
   * {@return the results of all pairs, and of values of either side without a match: the function
   * gets null for the other then}
   */
  public <T> DataStream<T> outer(
      JoinFunction<? super @Nullable L, ? super @Nullable R, ? extends T> function) {
    return joined(JoinKind.OUTER, inferred(function), function);
  }

  /** {@return the same, of a type stated because the lambda does not show it} */
  public <T> DataStream<T> outer(
      Class<T> type, JoinFunction<? super @Nullable L, ? super @Nullable R, ? extends T> function) {
    return joined(JoinKind.OUTER, FunctionTypes.statedOfPairs(type), function);
  }

  private Optional<Type> inferred(JoinFunction<?, ?, ?> function) {
    return FunctionTypes.ofPairs(function, NodeTypes.of(plan, left), NodeTypes.of(plan, right));
  }

  private <T> DataStream<T> joined(
      JoinKind kind, Optional<Type> type, JoinFunction<?, ?, ?> function) {
    Operation join =
        new KeyedOperation.StreamJoin(
            kind,
            bounds,
            Arguments.given("Cannot join", "function", function),
            NodeTypes.of(plan, left),
            NodeTypes.of(plan, right),
            lateLeft,
            lateRight);
    return new DataStream<>(plan, plan.add(join, List.of(left, right), type));
  }
}
