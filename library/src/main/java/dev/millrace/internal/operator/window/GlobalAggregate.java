package dev.millrace.internal.operator.window;

import dev.millrace.internal.operator.ClockOutcome;
import dev.millrace.internal.operator.Failures;
import dev.millrace.internal.operator.Folding;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.LateOutput;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.RowPrefetch;
import dev.millrace.internal.plan.StageWindowAggregate;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.timer.DueRows;
import dev.millrace.internal.timer.OrderedTime;
import dev.millrace.internal.timer.TimeIndex;
import dev.millrace.internal.util.Saturating;
import dev.millrace.internal.window.PaneRow;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.Late;
import dev.millrace.window.Pane;
import dev.millrace.window.Trigger;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One window over all time, cut into panes by a trigger: one row per key with the pane's aggregate
 * and the facts that the trigger may use.
 *
 * <p>No record is too late for this window; one too far ahead of the clock is put out nevertheless,
 * since panes have the times of their records. A pane's window runs from the first to the last of
 * these. Where a deadline completes it, they may be long past: so that its result is late for
 * nobody, it has the watermark that was sent downstream last, if that is later.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class GlobalAggregate implements KeyedOperator {

  private final Folding folding;
  private final Trigger<Object> trigger;
  private final RowStore<Object> rows;
  private final TimeIndex<Object> eventTimers;
  private final TimeIndex<Object> clockTimers;
  private final Guard guard;
  private final WindowResults results;
  private final LateOutput late;
  private final RowPrefetch prefetch;
  private long clockMs = Long.MIN_VALUE;

  /** The time up to which this operator has fired, so that downstream may have got it. */
  private long firedUpTo;

  @SuppressWarnings("unchecked") // the builder's types match what arrives
  GlobalAggregate(StageWindowAggregate plan, WindowKind.Global spec, OperatorContext context) {
    this.folding =
        Folding.of(
            plan.fold(),
            AccumulatorCopies.byPanes(plan.fold().accumulatorType(), context.copying("")),
            context);
    this.trigger = (Trigger<Object>) spec.trigger();
    this.rows = context.rows("");
    RowStore<Object> timers = context.rows("timers");
    this.eventTimers = TimeIndex.of(timers, OrderedTime.code(TimeDomain.EVENT), context.room());
    this.clockTimers =
        TimeIndex.of(timers, OrderedTime.code(TimeDomain.PROCESSING), context.room());
    this.guard = context.guard();
    this.results = new WindowResults(plan, context);
    this.late = new LateOutput(plan.rules().late(), context);
    this.prefetch = new RowPrefetch(rows);
    this.clockMs = context.clockMs();
    this.firedUpTo = context.toldUpTo();
  }

  @Override
  public RowPrefetch prefetch(int input) {
    return prefetch;
  }

  @Override
  public void want(int input, KeyedRecord record) {
    prefetch.want(record);
  }

  @Override
  public void onRecord(int input, KeyedRecord record) {
    if (record.isTooFarAhead()) {
      late.take(record, Late.Reason.TOO_FAR_AHEAD);
      return;
    }
    Row<Object> row =
        rows.row(record.bytes(), record.keyOffset(), record.keyLength(), record.keyHash());
    @Nullable PaneRow<Object> pane;
    folding.begin();
    try {
      pane = add(row, record);
    } catch (Exception e) {
      pane = folding.recover(guard, e, () -> add(row, record));
    }
    if (pane != null) {
      Failures failures = guard.failures();
      Failures.Origin last = failures.origin();
      failures.atNoRecord();
      fire(row.key(), pane, pane.lastMs());
      failures.resume(last);
    }
  }

  /** Adds a record to the key's pane; returns the pane if that makes it complete. */
  private @Nullable PaneRow<Object> add(Row<Object> row, KeyedRecord record) throws Exception {
    @Nullable PaneRow<Object> before = pane(row);
    long timeMs = record.timeMs();
    PaneRow<Object> after =
        before == null
            ? new PaneRow<>(
                folding.fold(null, record),
                1,
                timeMs,
                timeMs,
                clockMs,
                Long.MAX_VALUE,
                Long.MAX_VALUE)
            : new PaneRow<>(
                folding.fold(before.accumulator(), record),
                before.count() + 1,
                Math.min(before.firstMs(), timeMs),
                Math.max(before.lastMs(), timeMs),
                before.openedMs(),
                before.eventTimerMs(),
                before.clockTimerMs());
    Pane seen = seen(after);
    if (trigger.completes(record.value(), seen)) {
      forgetTimers(row.key(), after);
      row.delete();
      return after;
    }
    row.set(withTimers(row.key(), after, seen));
    folding.noteGrowth(row, record, after.accumulator());
    return null;
  }

  private PaneRow<Object> withTimers(byte[] key, PaneRow<Object> pane, Pane seen) {
    long eventTimer = ms(trigger.eventTimeDeadline(seen));
    long clockTimer = ms(trigger.clockDeadline(seen));
    move(eventTimers, key, pane.eventTimerMs(), eventTimer);
    move(clockTimers, key, pane.clockTimerMs(), clockTimer);
    return new PaneRow<>(
        pane.accumulator(),
        pane.count(),
        pane.firstMs(),
        pane.lastMs(),
        pane.openedMs(),
        eventTimer,
        clockTimer);
  }

  private static void move(TimeIndex<Object> timers, byte[] key, long before, long after) {
    if (before != after) {
      if (before != Long.MAX_VALUE) {
        timers.remove(before, key);
      }
      if (after != Long.MAX_VALUE) {
        timers.put(after, key, true);
      }
    }
  }

  private void forgetTimers(byte[] key, PaneRow<Object> pane) {
    move(eventTimers, key, pane.eventTimerMs(), Long.MAX_VALUE);
    move(clockTimers, key, pane.clockTimerMs(), Long.MAX_VALUE);
  }

  private static long ms(Optional<Instant> deadline) {
    try {
      return deadline.map(Instant::toEpochMilli).orElse(Long.MAX_VALUE);
    } catch (ArithmeticException e) {
      return Long.MAX_VALUE;
    }
  }

  private static Pane seen(PaneRow<Object> pane) {
    return new Pane(
        pane.count(),
        Instant.ofEpochMilli(pane.firstMs()),
        Instant.ofEpochMilli(pane.lastMs()),
        Instant.ofEpochMilli(pane.openedMs()));
  }

  @SuppressWarnings("unchecked") // this operator has put it there
  private static @Nullable PaneRow<Object> pane(Row<Object> row) {
    return (PaneRow<Object>) row.value();
  }

  private void fire(byte[] key, PaneRow<Object> pane, long timeMs) {
    results.emit(
        results.key(key, 0, key.length),
        pane.firstMs(),
        Saturating.add(pane.lastMs(), 1),
        timeMs,
        pane.accumulator());
  }

  private void wake(DueRows<Object> due) {
    byte[] key = due.key();
    Row<Object> row = rows.row(key);
    PaneRow<Object> pane = pane(row);
    if (pane != null) {
      forgetTimers(key, pane);
      row.delete();
      fire(
          key,
          pane,
          firedUpTo == Long.MAX_VALUE ? pane.lastMs() : Math.max(pane.lastMs(), firedUpTo));
    }
  }

  @Override
  public boolean onTime(TimeDomain moved, long watermarkMs) {
    if (moved != TimeDomain.EVENT) {
      return true;
    }
    if (!eventTimers.fire(watermarkMs, this::wake)) {
      return false;
    }
    firedUpTo = Math.max(firedUpTo, watermarkMs);
    return true;
  }

  @Override
  public boolean looksAtClock() {
    return true;
  }

  @Override
  public ClockOutcome onClock(long wallMs) {
    clockMs = Math.max(clockMs, wallMs);
    if (!clockTimers.isDue(clockMs)) {
      return ClockOutcome.NOTHING;
    }
    return clockTimers.fire(clockMs, this::wake) ? ClockOutcome.DONE : ClockOutcome.MORE;
  }
}
