package dev.millrace;

import dev.millrace.internal.plan.CoGroup;
import dev.millrace.internal.plan.PlanBuilder;
import dev.millrace.internal.util.Arguments;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.output.OutputTag;
import dev.millrace.window.CoGroupFunction;
import dev.millrace.window.Late;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Optional;

/**
 * Two streams whose records of a key and window are to be seen together by a function.
 *
 * <p><b>Contract.</b> When a window is final, the function gets all left and all right records that
 * a key has in it, once; it is not called for a key that has none. Each side is in the order of
 * event times and, where these are equal, of arrival, so that records of one partition keep their
 * order.
 *
 * <pre>{@code
 * DataStream<Delivery> deliveries =
 *     orders.keyBy(Order::id)
 *         .coGroup(parcels.keyBy(Parcel::orderId))
 *         .within(Windows.tumbling(Duration.ofDays(1)))
 *         .apply(Delivery.class, (order, day, placed, sent, out) -> ...);
 * }</pre>
 *
 * <p><b>Time.</b> Event time: all sources of both streams need watermarks. A window is final when
 * the watermark of both sides is at its end, that of a session when it is past it; results have the
 * last time of the window. A record that comes when all its windows have fired is late: it is
 * counted, and written to the {@linkplain #lateTo late output} if there is one; so is one whose
 * time is too far in the future to be believed.
 *
 * <p><b>State.</b> One row for each record, even where windows overlap, until the last of its
 * windows has fired. The function reads them from there, so that a group may be larger than memory;
 * its results are made in one transaction, and are in memory until it returns.
 *
 * <p><b>Errors.</b> If the function fails, the error policy is about the group: if it is dropped,
 * none of its results is emitted; dead letters have its records, as many in each as fit.
 *
 * <p><b>Threads.</b> Confined to the thread that builds the job; immutable: {@code lateTo} returns
 * another one.
 *
 * @param <K> the keys
 * @param <L> the values of the left stream
 * @param <R> the values of the right stream
 */
public final class WindowedCoGroup<K, L, R> {

  private final PlanBuilder plan;
  private final int left;
  private final int right;
  private final WindowKind window;
  private final Optional<OutputTag<?>> lateLeft;
  private final Optional<OutputTag<?>> lateRight;

  WindowedCoGroup(PlanBuilder plan, int left, int right, WindowKind window) {
    this(plan, left, right, window, Optional.empty(), Optional.empty());
  }

  private WindowedCoGroup(
      PlanBuilder plan,
      int left,
      int right,
      WindowKind window,
      Optional<OutputTag<?>> lateLeft,
      Optional<OutputTag<?>> lateRight) {
    this.plan = plan;
    this.left = left;
    this.right = right;
    this.window = window;
    this.lateLeft = lateLeft;
    this.lateRight = lateRight;
  }

  /**
   * {@return the same co-group, with late records written to side outputs of its results}
   *
   * @param lateLeft for those of the left stream, made by {@link Late#tag}
   * @param lateRight for those of the right stream; it may be the same one
   */
  public WindowedCoGroup<K, L, R> lateTo(
      OutputTag<Late<L>> lateLeft, OutputTag<Late<R>> lateRight) {
    SideOutputsOf.checkLate(lateLeft, lateRight);
    return new WindowedCoGroup<>(
        plan, left, right, window, Optional.of(lateLeft), Optional.of(lateRight));
  }

  /**
   * {@return the stream of all results of the function; state their type with {@link
   * DataStream#returns} where a lambda does not show it}
   */
  public <T> DataStream<T> apply(CoGroupFunction<? super K, ? super L, ? super R, T> function) {
    Type key = NodeTypes.keyOf(plan, left);
    return applied(
        FunctionTypes.ofGroups(function, key, NodeTypes.of(plan, left), NodeTypes.of(plan, right)),
        function);
  }

  /** {@return the stream of all results of the function, of a type stated} */
  public <T> DataStream<T> apply(
      Class<T> type, CoGroupFunction<? super K, ? super L, ? super R, T> function) {
    Arguments.given("Cannot co-group", "type", type);
    Arguments.given("Cannot co-group", "function", function);
    return applied(Optional.of(type), function);
  }

  private <T> DataStream<T> applied(Optional<Type> type, CoGroupFunction<?, ?, ?, ?> function) {
    CoGroup group =
        new CoGroup(
            window,
            function,
            NodeTypes.of(plan, left),
            NodeTypes.of(plan, right),
            lateLeft,
            lateRight);
    return new DataStream<>(plan, plan.add(group, List.of(left, right), type));
  }
}
