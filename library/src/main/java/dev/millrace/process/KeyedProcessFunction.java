package dev.millrace.process;

import dev.millrace.internal.handle.Declarations;
import dev.millrace.output.OutputTag;
import dev.millrace.state.KeyedState;
import dev.millrace.time.TimeDomain;
import java.time.Instant;

/**
 * A function over the records of each key, with state and timers.
 *
 * <pre>{@code
 * final class SpendingAlerts extends KeyedProcessFunction<String, Transfer, Alert> {
 *   private final ValueState<Long> spent =
 *       state.value("spent", Long.class).expireAfter(Duration.ofDays(1));
 *
 *   @Override
 *   public void onRecord(Transfer transfer, Context context) {
 *     long sum = spent.valueOr(0L) + transfer.amount();
 *     spent.set(sum);
 *     if (sum > 10_000) {
 *       context.emit(new Alert(context.key(), sum));
 *     }
 *   }
 * }
 *
 * transfers.keyBy(Transfer::account).process(SpendingAlerts::new)
 * }</pre>
 *
 * <p><b>Contract.</b> Each task has an instance of its own; its fields may only hold what can be
 * lost at any time; everything else belongs in state. A call that fails leaves no trace: what it
 * changed in state and timers is undone and what it emitted is dropped, before the error policy
 * decides about the record.
 *
 * <p><b>Guarantee.</b> State, timers and output belong to one transaction: each record counts once
 * in all of them.
 *
 * <p><b>Threads.</b> Confined to the task's worker: the calls of a key, and of all keys of a task,
 * come one after the other.
 *
 * @param <K> the keys
 * @param <T> the records
 * @param <R> the results
 */
public abstract class KeyedProcessFunction<K, T, R> {

  static {
    Declarations.grant(function -> ((KeyedProcessFunction<?, ?, ?>) function).declarations);
  }

  private final Declarations declarations = new Declarations();

  /** The access to state: fields of the function declare what they keep per key. */
  protected final KeyedState state = declarations;

  /** Creates a function. */
  protected KeyedProcessFunction() {}

  /** Takes a record. */
  public abstract void onRecord(T record, Context context) throws Exception;

  /**
   * Called when a timer has fired, which removes it.
   *
   * @param time what the timer was set for
   */
  public void onTimer(Instant time, Context context) throws Exception {}

  /**
   * The record or timer that the function is called for, and the outputs for its results; of use
   * during the call only.
   *
   * <p><b>Threads.</b> Confined to the task's worker.
   */
  public abstract class Context {

    /** Creates a context. */
    protected Context() {}

    /** {@return the key} */
    public abstract K key();

    /**
     * {@return the event time of the record; in {@code onTimer} that of an event-time timer, else
     * the watermark (the timer's time if there is none)}
     *
     * <p>Results carry this time, or the last watermark if that is later and a timer emits them.
     */
    public abstract Instant eventTime();

    /** {@return the input's watermark; {@link Instant#MIN} as long as it is not known} */
    public abstract Instant watermark();

    /** {@return the worker's clock, which does not go back} */
    public abstract Instant processingTime();

    /** {@return the time that the fired timer went by; EVENT for records} */
    public abstract TimeDomain domain();

    /** {@return the key's timers} */
    public abstract Timers timers();

    /**
     * Emits a result. It is passed on when the call has succeeded, in its state at that time.
     *
     * @param result not null
     */
    public abstract void emit(R result);

    /**
     * Writes to a side output.
     *
     * @throws IllegalArgumentException if {@code process} was not given this tag
     */
    public abstract <S> void emit(OutputTag<S> tag, S value);
  }
}
