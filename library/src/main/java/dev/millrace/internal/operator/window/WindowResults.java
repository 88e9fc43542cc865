package dev.millrace.internal.operator.window;

import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.fold.FoldFunction;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.operator.StatelessOperators;
import dev.millrace.internal.plan.StageWindowAggregate;
import dev.millrace.internal.table.Revision;
import dev.millrace.window.Window;
import dev.millrace.window.WindowFunction;
import dev.millrace.window.WindowResult;
import dev.millrace.window.Windowed;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The results that windows emit, made from accumulators. A result's event time is the last
 * millisecond of its window, unless that may be long past.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class WindowResults {

  private final FoldFunction fold;
  private final Guard guard;
  private final KeyCodec<Object> keys;
  private final Output next;

  /** The window of the last result: one firing has many. */
  private Window window = Window.ofEpochMillis(0, 0);

  private long windowStartMs;
  private long windowEndMs;

  WindowResults(StageWindowAggregate plan, OperatorContext context) {
    this.fold = plan.fold().function();
    this.guard = context.guard();
    this.keys = context.keys();
    this.next =
        plan.function().map(function -> applying(function, context)).orElseGet(context::next);
  }

  @SuppressWarnings("unchecked") // the builder's types match what arrives
  private static Output applying(WindowFunction<?, ?, ?> function, OperatorContext context) {
    WindowFunction<Object, Object, Object> typed =
        (WindowFunction<Object, Object, Object>) function;
    return StatelessOperators.map(
        (WindowResult<Object, Object> result) ->
            typed.apply(result.key(), result.window(), result.value()),
        context.guard(),
        context.next());
  }

  /** {@return the key in a stretch of bytes} */
  Object key(byte[] bytes, int offset, int length) {
    return keys.decode(bytes, offset, length);
  }

  /**
   * {@return the result of a window, or null if it cannot be made and was dropped}
   *
   * @param accumulator what {@link Merging} has put together; a function may get it several times
   */
  @Nullable Object finish(Object key, long startMs, long endMs, Object accumulator) {
    if (accumulator instanceof Merging.Failed failed) {
      guard.giveUp(unfinished(key, startMs, endMs, null), failed.cause());
      return null;
    }
    try {
      return finish(accumulator);
    } catch (Exception e) {
      return guard.recover(
          unfinished(key, startMs, endMs, accumulator), e, () -> finish(accumulator));
    }
  }

  private Object finish(Object accumulator) throws Exception {
    return Objects.requireNonNull(fold.finish(accumulator), "the result of an aggregate is null");
  }

  private static UnfinishedWindow unfinished(
      Object key, long startMs, long endMs, @Nullable Object accumulator) {
    return new UnfinishedWindow(key, Window.ofEpochMillis(startMs, endMs), accumulator);
  }

  /** Emits a final result, unless it cannot be made. */
  void emit(Object key, long startMs, long endMs, Object accumulator) {
    emit(key, startMs, endMs, endMs - 1, accumulator);
  }

  /** As above, with another event time than that of the window. */
  void emit(Object key, long startMs, long endMs, long timeMs, Object accumulator) {
    Object result = finish(key, startMs, endMs, accumulator);
    if (result != null) {
      next.emit(
          new WindowResult<>(key, window(startMs, endMs), result), timeMs, FrameFormat.RECORD);
    }
  }

  /** Emits the new version of a result that may be revised; equal results are not emitted again. */
  void revise(Object key, long startMs, long endMs, @Nullable Object before, Object after) {
    if (after.equals(before)) {
      return;
    }
    Windowed<Object> row = new Windowed<>(key, window(startMs, endMs));
    next.emit(new Revision(row, before, after), endMs - 1, FrameFormat.RECORD);
  }

  /**
   * Retracts a result whose window has become part of another.
   *
   * @param timeMs the event time of the other window's result: downstream may be past that of the
   *     old window
   */
  void retract(Object key, long startMs, long endMs, Object before, long timeMs) {
    Windowed<Object> row = new Windowed<>(key, window(startMs, endMs));
    next.emit(new Revision(row, before, null), timeMs, FrameFormat.RECORD);
  }

  private Window window(long startMs, long endMs) {
    if (startMs != windowStartMs || endMs != windowEndMs) {
      window = Window.ofEpochMillis(startMs, endMs);
      windowStartMs = startMs;
      windowEndMs = endMs;
    }
    return window;
  }
}
