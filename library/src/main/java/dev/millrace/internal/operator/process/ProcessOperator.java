package dev.millrace.internal.operator.process;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.handle.Declarations;
import dev.millrace.internal.handle.ExpiryIndex;
import dev.millrace.internal.handle.KeyScope;
import dev.millrace.internal.operator.ClockOutcome;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.LateRecords;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.operator.RowPrefetch;
import dev.millrace.internal.operator.SideBuffer;
import dev.millrace.internal.plan.FromInput;
import dev.millrace.internal.plan.SortedInput;
import dev.millrace.internal.plan.StageKeyedProcess;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.timer.DueRows;
import dev.millrace.internal.util.Hashing;
import dev.millrace.output.OutputTag;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.Late;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The calls of a user's function for each record and each timer.
 *
 * <p>If its input is sorted, records wait in rows until the watermark has passed them, and are
 * released in the order of their times, with the timers in between.
 *
 * <p>A call is an attempt: until it returns, its results are held back and its changes of state are
 * noted. If it throws, both are undone before the error policy is applied.
 *
 * <p>Timers fire before expired state is deleted, so that a timer sees the state as it was at the
 * timer's time.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class ProcessOperator implements KeyedOperator {

  /** A timer in a dead letter. */
  record TimerLetter(Object key, TimeDomain domain, Instant time) {}

  /** A record that had waited for the watermark, in a dead letter. */
  record RecordLetter(Object key, Instant time, Object value) {}

  /** A call of the user's function. */
  private interface Call {
    void run() throws Exception;
  }

  private final KeyedProcessFunction<Object, Object, Object> function;
  private final Declarations declarations;
  private final KeyCodec<Object> keys;
  private final OperatorContext context;
  private final Guard guard;
  private final Output next;
  private final KeyScope scope = new KeyScope();
  private final TimerRows eventTimers;
  private final TimerRows clockTimers;
  private final ExpiryIndex expiries;
  private final CallContext call;
  private final SideBuffer sides;
  private final List<Object> results = new ArrayList<>();
  private final RowPrefetch prefetch;
  private final boolean readsByKey;
  private final boolean hasSeveralInputs;

  /** Records that wait until they are sorted; null if the function gets them as they arrive. */
  private final @Nullable WaitingRows waiting;

  /** Makes what the function gets of a record that had waited. */
  private final UnaryOperator<Object> handedOut;

  private final Output late;
  private final LateRecords lateRecords;

  private long clockMs = Long.MIN_VALUE;
  private long watermarkMs;
  private long firedUpTo;

  /** {@return the operator of one task, with a function of its own} */
  public static ProcessOperator of(StageKeyedProcess plan, OperatorContext context) {
    return new ProcessOperator(plan, context);
  }

  @SuppressWarnings("unchecked") // the builder's types match what arrives
  private ProcessOperator(StageKeyedProcess plan, OperatorContext context) {
    this.function = (KeyedProcessFunction<Object, Object, Object>) plan.functions().get();
    this.declarations = Declarations.of(function);
    this.context = context;
    this.keys = context.keys();
    this.guard = context.guard();
    this.next = context.next();
    this.watermarkMs = context.firedUpTo(TimeDomain.EVENT);
    this.firedUpTo = context.toldUpTo();
    RowStore<Object> timers = context.rows(StageKeyedProcess.TIMERS);
    this.eventTimers = new TimerRows(timers, scope, context.room(), TimeDomain.EVENT);
    this.clockTimers = new TimerRows(timers, scope, context.room(), TimeDomain.PROCESSING);
    this.expiries =
        new ExpiryIndex(
            context.rows(StageKeyedProcess.EXPIRIES), scope, context.room(), plan.hasWatermarks());
    declarations.bind(
        new Declarations.Stores() {
          @Override
          public RowStore<Object> rows(String suffix) {
            return context.rows(suffix);
          }

          @Override
          public UnaryOperator<Object> copying(String suffix) {
            return context.copying(suffix);
          }
        },
        scope,
        expiries,
        plan.hasWatermarks() ? TimeDomain.EVENT : TimeDomain.PROCESSING);
    Map<OutputTag<?>, Output> outputs = new HashMap<>();
    plan.tags().forEach(tag -> outputs.put(tag, context.side(tag.name())));
    this.sides = new SideBuffer(outputs);
    this.call =
        new CallContext(function, eventTimers, clockTimers, results, sides, plan.hasWatermarks());
    RowStore<Object> rowsByKey = declarations.rowsByKey();
    this.waiting = plan.sorted().isPresent() ? new WaitingRows(context) : null;
    // Its bytes are gone when it fails; so what the function does to the object must not be in the
    // dead letter, nor in what the next attempt gets.
    boolean isNeededAfterFailure =
        guard.policy().retries() > 0 || guard.policy().action() == ErrorPolicy.Action.DEAD_LETTER;
    this.handedOut =
        waiting != null && isNeededAfterFailure
            ? context.copying(StageKeyedProcess.INPUT)
            : UnaryOperator.identity();
    this.hasSeveralInputs = plan.inputs() > 1;
    this.readsByKey = rowsByKey != null && waiting == null;
    this.lateRecords = context.late();
    this.late =
        plan.sorted()
            .flatMap(SortedInput::late)
            .map(tag -> context.side(tag.name()))
            .orElse(Output.NONE);
    this.prefetch = new RowPrefetch(rowsByKey != null ? rowsByKey : timers);
  }

  @Override
  public RowPrefetch prefetch(int input) {
    return prefetch;
  }

  @Override
  public void want(int input, KeyedRecord record) {
    if (readsByKey) {
      prefetch.want(record);
    }
  }

  @Override
  public void onRecord(int input, KeyedRecord record) {
    if (waiting != null) {
      await(waiting, record);
      return;
    }
    Object value = record.value();
    long timeMs = record.timeMs();
    long nowMs = clock();
    scope.enter(
        record.bytes(), record.keyOffset(), record.keyLength(), record.keyHash(), timeMs, nowMs);
    call.begin(
        keys.decode(record.bytes(), record.keyOffset(), record.keyLength()),
        timeMs,
        watermarkMs,
        nowMs,
        TimeDomain.EVENT);
    Call first = () -> function.onRecord(of(input, value), call);
    Call again =
        guard.policy().retries() == 0
            ? first
            : () -> function.onRecord(of(input, record.valueAnew()), call);
    attempt(null, timeMs, record.kind(), first, again);
  }

  private Object of(int input, Object value) {
    return hasSeveralInputs ? new FromInput(input, value) : value;
  }

  private void await(WaitingRows rows, KeyedRecord record) {
    if (record.isTooFarAhead()) {
      late(record, Late.Reason.TOO_FAR_AHEAD);
    } else if (record.timeMs() < watermarkMs) {
      late(record, Late.Reason.BEHIND_WATERMARK);
    } else {
      rows.add(record);
    }
  }

  private void late(KeyedRecord record, Late.Reason reason) {
    lateRecords.count(reason, record.weight());
    if (late != Output.NONE) {
      Instant time = Instant.ofEpochMilli(record.timeMs());
      late.emit(new Late<>(record.value(), time, reason), record.timeMs(), record.kind());
    }
  }

  /** Processes a waiting record whose turn has come. */
  private void onSorted(long timeMs, byte[] row, int keyAt, Object value) {
    int length = row.length - keyAt;
    Object key = keys.decode(row, keyAt, length);
    long nowMs = clock();
    scope.enter(row, keyAt, length, Hashing.murmur2(row, keyAt, length), timeMs, nowMs);
    call.begin(key, timeMs, timeMs, nowMs, TimeDomain.EVENT);
    attempt(
        new RecordLetter(key, Instant.ofEpochMilli(timeMs), value),
        timeMs,
        FrameFormat.RECORD,
        () -> function.onRecord(handedOut.apply(value), call));
  }

  /** Fires timers, before the records of the same time: those have not all arrived by then. */
  private boolean fireTimers(long upToMs) {
    return fire(eventTimers, TimeDomain.EVENT, upToMs);
  }

  private boolean fire(TimerRows timers, TimeDomain domain, long upToMs) {
    return timers.fire(upToMs, due -> onTimer(domain, due));
  }

  @Override
  public void beforeCommit() {
    if (waiting != null) {
      waiting.beforeCommit();
    }
  }

  @Override
  public boolean onTime(TimeDomain domain, long watermark) {
    if (domain != TimeDomain.EVENT || watermark < firedUpTo) {
      return true;
    }
    watermarkMs = watermark;
    // This is done even if time stands still: a timer may be set for a time that has passed.
    boolean complete =
        (waiting == null || waiting.release(watermark, this::fireTimers, this::onSorted))
            && fireTimers(watermark)
            && (watermark == Long.MAX_VALUE // the end of the input does not expire state
                || expiries.expire(domain, watermark, declarations));
    if (complete) {
      firedUpTo = watermark;
    }
    return complete;
  }

  @Override
  public boolean looksAtClock() {
    return true;
  }

  @Override
  public ClockOutcome onClock(long wallMs) {
    clockMs = Math.max(clockMs, wallMs);
    long nowMs = clockMs;
    if (!clockTimers.isDue(nowMs) && !expiries.isDue(TimeDomain.PROCESSING, nowMs)) {
      return ClockOutcome.NOTHING;
    }
    boolean complete =
        fire(clockTimers, TimeDomain.PROCESSING, nowMs)
            && expiries.expire(TimeDomain.PROCESSING, nowMs, declarations);
    return complete ? ClockOutcome.DONE : ClockOutcome.MORE;
  }

  private long clock() {
    clockMs = Math.max(clockMs, context.clockMs());
    return clockMs;
  }

  private void onTimer(TimeDomain domain, DueRows<Object> due) {
    long timeMs = due.timeMs();
    byte[] row = due.bytes();
    int keyAt = due.keyOffset();
    // Neither before the first watermark nor after the end of the input.
    boolean eventTimeKnown = firedUpTo != Long.MIN_VALUE && firedUpTo != Long.MAX_VALUE;
    boolean byClock = domain == TimeDomain.PROCESSING;
    long eventMs = byClock && eventTimeKnown ? firedUpTo : timeMs;
    long aliveMs = byClock && !eventTimeKnown ? KeyScope.UNKNOWN : eventMs;
    int length = due.keyLength();
    Object key = keys.decode(row, keyAt, length);
    long nowMs = clock();
    scope.enter(row, keyAt, length, Hashing.murmur2(row, keyAt, length), aliveMs, nowMs);
    boolean isSorted = waiting != null && domain == TimeDomain.EVENT;
    call.begin(key, eventMs, isSorted ? eventMs : watermarkMs, nowMs, domain);
    Instant time = Instant.ofEpochMilli(timeMs);
    // Results of a timer that was set too late must not be older than what was sent downstream.
    attempt(
        new TimerLetter(key, domain, time),
        eventTimeKnown ? Math.max(eventMs, firedUpTo) : eventMs,
        FrameFormat.RECORD,
        () -> function.onTimer(time, call));
  }

  /**
   * Calls the function until it succeeds or its input is dropped; only success has effects.
   *
   * @param resultTimeMs the time of what the function emits
   * @param resultKind its kind
   */
  private void attempt(@Nullable Object letter, long resultTimeMs, int resultKind, Call user) {
    attempt(letter, resultTimeMs, resultKind, user, user);
  }

  /**
   * As above.
   *
   * @param again the call for a further attempt, which gets nothing that this one has changed
   */
  private void attempt(
      @Nullable Object letter, long resultTimeMs, int resultKind, Call user, Call again) {
    @Nullable Boolean done = true;
    try {
      tryOnce(user);
    } catch (Exception e) {
      done =
          guard.recover(
              letter,
              e,
              () -> {
                tryOnce(again);
                return true;
              });
    }
    scope.leave();
    call.end();
    sides.end();
    if (done != null) {
      for (int i = 0; i < results.size(); i++) {
        next.emit(results.get(i), resultTimeMs, resultKind);
      }
      sides.passOn(resultTimeMs, resultKind);
    }
    results.clear();
    sides.clear();
  }

  private void tryOnce(Call user) throws Exception {
    sides.begin();
    try {
      user.run();
    } catch (Exception e) {
      scope.undo();
      results.clear();
      throw e;
    }
  }
}
