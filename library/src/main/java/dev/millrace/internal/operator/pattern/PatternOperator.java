package dev.millrace.internal.operator.pattern;

import dev.millrace.internal.operator.ClockOutcome;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.LateOutput;
import dev.millrace.internal.operator.MatchCounts;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.RowPrefetch;
import dev.millrace.internal.pattern.Automaton;
import dev.millrace.internal.pattern.KeyLimit;
import dev.millrace.internal.pattern.Matcher;
import dev.millrace.internal.pattern.RunId;
import dev.millrace.internal.plan.MatchRules;
import dev.millrace.internal.plan.StagePatternMatch;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.timer.DueRows;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.Late;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The search for a pattern among the records of each key.
 *
 * <p>In event time records wait until the watermark has passed them, and come in the order of their
 * times; what is due at a time comes before the records of that time. In processing time a record
 * comes at once, with the time of the worker's clock, but never at or past what is due and has not
 * been fired.
 *
 * <p>The matcher asks all conditions before it writes: where one fails there is nothing to undo.
 * The program's function is called when the step is written.
 *
 * <p>I1: at each commit, no event and no partial match with a time up to which everything has fired
 * is there. I2: there is an entry in the index for each run that is due at some time; runs in the
 * row of a key that are due at the same time share it.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class PatternOperator implements KeyedOperator {

  private static final byte[] NO_KEY = {};

  private final OperatorContext context;
  private final Guard guard;
  private final Matcher matcher;
  private final KeyRows rows;
  private final MatchCalls calls;
  private final RowPrefetch prefetch;
  private final LateOutput late;
  private final MatchCounts counts;
  private final boolean waits;
  private final boolean skips;

  /** Records that wait for the watermark; null in processing time. */
  private final @Nullable WaitingEvents waiting;

  /** How many of them there are; null if nobody limits them. */
  private final @Nullable HeldRecords held;

  private long clockMs = Long.MIN_VALUE;
  private long watermarkMs;
  private long firedUpTo;

  /** The runs of one key that are due at one time. */
  private final List<RunId> due = new ArrayList<>();

  /** The latest time of what was processed, as far as this instance knows. */
  private long latestMs = Long.MIN_VALUE;

  /** {@return the operator of one task} */
  public static PatternOperator of(StagePatternMatch plan, OperatorContext context) {
    return of(plan, context, KeyRows.Bounds.DEFAULT);
  }

  /** {@return an operator with other bounds to what is done at once} */
  static PatternOperator of(
      StagePatternMatch plan, OperatorContext context, KeyRows.Bounds bounds) {
    return new PatternOperator(plan, context, bounds);
  }

  private PatternOperator(StagePatternMatch plan, OperatorContext context, KeyRows.Bounds bounds) {
    this.context = context;
    this.guard = context.guard();
    MatchRules rules = plan.match().rules();
    KeyLimit mostHeld = rules.buffer().orElse(KeyLimit.NONE);
    // In event time they are limited as they arrive, those that wait included.
    this.held = plan.countsWaiting() ? new HeldRecords(context, mostHeld) : null;
    this.matcher =
        new Matcher(
            Automaton.of(plan.match().pattern()),
            rules.limit(),
            held == null ? mostHeld : KeyLimit.NONE);
    this.rows = new KeyRows(plan, context, bounds);
    this.calls = new MatchCalls(plan.match(), context, rows::key);
    this.prefetch = new RowPrefetch(held == null ? this.rows.heads() : held.rows());
    this.late = new LateOutput(rules.late(), context);
    this.counts = context.matches();
    this.skips = plan.match().pattern().skip().skips();
    this.waits = plan.domain() == TimeDomain.EVENT;
    this.waiting = waits ? new WaitingEvents(plan, context) : null;
    this.watermarkMs = context.firedUpTo(TimeDomain.EVENT);
    this.firedUpTo = context.toldUpTo();
  }

  @Override
  public RowPrefetch prefetch(int input) {
    return prefetch;
  }

  /** A record that waits does so for a short time only, mostly: until the end of its frames. */
  @Override
  public void want(int input, KeyedRecord record) {
    if (held != null || !rows.isAbsent(record.keyHash())) {
      prefetch.want(record);
    }
  }

  // ------------------------------------------------------------------ records

  @Override
  public void onRecord(int input, KeyedRecord record) {
    if (waiting != null) {
      await(waiting, record);
      return;
    }
    long nowMs = Math.min(clock(), Math.max(rows.due().earliestMs(), Long.MIN_VALUE + 1) - 1);
    // What cannot be written must not be found out in the middle of writing.
    Object value = kept(record.value());
    if (value == null) {
      return;
    }
    rows.move(record.bytes(), record.keyOffset(), record.keyLength(), record.keyHash());
    take(nowMs, value);
    calls.emit(nowMs, record.timeMs());
  }

  private void await(WaitingEvents events, KeyedRecord record) {
    if (record.isTooFarAhead()) {
      late.take(record, Late.Reason.TOO_FAR_AHEAD);
    } else if (record.timeMs() < watermarkMs) {
      late.take(record, Late.Reason.BEHIND_WATERMARK);
    } else {
      Object kept = kept(record.value());
      if (kept != null && (held == null || mayHold(held, record))) {
        events.add(record, kept);
        if (held != null) {
          held.add(record, 1);
          dropOldest(held, events, record);
        }
      }
    }
  }

  /** Whether a key may hold a record; if not, it was dropped: other attempts would be as vain. */
  private boolean mayHold(HeldRecords records, KeyedRecord record) {
    rows.move(record.bytes(), record.keyOffset(), record.keyLength(), record.keyHash());
    KeyLimit limit = records.limit();
    if (limit.overflow() == KeyLimit.Overflow.FAIL) {
      int number = records.waiting(record) + rows.events() + 1;
      if (number > limit.most()) {
        guard.giveUp(limit.exceededBy(number));
        return false;
      }
    }
    return true;
  }

  /** Drops what is too much. Events in partial matches are older than those that wait. */
  private void dropOldest(HeldRecords records, WaitingEvents events, KeyedRecord record) {
    int waitingNow = records.waiting(record);
    if (waitingNow + rows.events() <= records.limit().most()) {
      return;
    }
    int left = records.limit().afterDropping();
    if (rows.events() > 0) {
      long firedMs = Math.max(firedUpTo, latestMs);
      long nowMs = firedMs == Long.MIN_VALUE ? record.timeMs() : firedMs;
      calls.clear();
      matcher.onTooManyEvents(rows, Math.max(0, left - waitingNow), calls);
      calls.emit(nowMs, nowMs);
    }
    if (waitingNow > left) {
      events.dropEarliest(
          record,
          waitingNow - left,
          (timeMs, value) -> {
            counts.countDroppedRecord();
            late.drop(value, timeMs, Late.Reason.TOO_MANY);
          });
      records.add(record, left - waitingNow);
    }
  }

  /** Returns the record as a row may keep it, or null if it cannot be written and was dropped. */
  private @Nullable Object kept(Object value) {
    try {
      return rows.kept(value);
    } catch (Exception e) {
      return guard.recover(null, e, () -> rows.kept(value));
    }
  }

  /** Processes a record whose turn has come. */
  private void onSorted(long timeMs, byte[] bytes, int keyOffset, int keyLength, Object value) {
    latestMs = Math.max(latestMs, timeMs);
    if (held != null) {
      held.release(bytes, keyOffset, keyLength);
    }
    rows.move(bytes, keyOffset, keyLength);
    take(timeMs, value);
    calls.emit(timeMs, timeMs);
  }

  /** Takes an event of the present key, or drops it as the error policy has it. */
  private void take(long timeMs, Object value) {
    try {
      attempt(timeMs, value);
    } catch (KeyLimit.ExceededException e) {
      calls.clear();
      if (waits) {
        guard.giveUp(letter(timeMs, value), e);
      } else {
        guard.giveUp(e);
      }
    } catch (Exception e) {
      Object letter = waits ? letter(timeMs, value) : null;
      Boolean done = guard.recover(letter, e, () -> attempt(timeMs, value));
      if (done == null) {
        calls.clear();
      }
    }
  }

  /** What the policy gets of a record that has waited; else it knows of the one that has come. */
  private EventLetter letter(long timeMs, Object value) {
    return new EventLetter(rows.key(), Instant.ofEpochMilli(timeMs), value);
  }

  private Boolean attempt(long timeMs, Object value) throws Exception {
    calls.clear();
    matcher.onEvent(rows, timeMs, value, calls);
    return true;
  }

  // ------------------------------------------------------------------ time

  @Override
  public boolean onTime(TimeDomain domain, long watermark) {
    if (domain != TimeDomain.EVENT || watermark < firedUpTo) {
      return true;
    }
    watermarkMs = watermark;
    // This is done even if time stands still: a firing that filled its transaction is resumed.
    boolean complete =
        waiting == null
            || (fireAndRelease(waiting, watermark) && (watermark != Long.MAX_VALUE || end()));
    if (complete) {
      firedUpTo = watermark;
    }
    return complete;
  }

  private boolean fireAndRelease(WaitingEvents events, long watermark) {
    try (DueRuns due = new DueRuns(rows.due(), watermark, this::fireTogether)) {
      return events.release(watermark, due, this::onSorted) && due.reach(watermark);
    }
  }

  /**
   * Emits the matches that wait for others, which cannot come any more. Without a skip strategy
   * none waits, unless the job had one before.
   */
  private boolean end() {
    long endMs = Math.max(latestMs, firedUpTo);
    try (RowScan<Object> scan = rows.heads().scan(NO_KEY, null)) {
      while (scan.next()) {
        if (!skips && !KeyRows.haveWaiting(scan.row())) {
          continue;
        }
        if (!context.room().isLeft()) {
          return false;
        }
        byte[] bytes = scan.row().key();
        rows.move(bytes, 0, bytes.length);
        calls.clear();
        matcher.onEnd(rows, calls);
        calls.emit(endMs, endMs);
      }
    }
    return true;
  }

  @Override
  public boolean looksAtClock() {
    return !waits;
  }

  @Override
  public ClockOutcome onClock(long wallMs) {
    clockMs = Math.max(clockMs, wallMs);
    if (waits || !rows.due().isDue(clockMs)) {
      return ClockOutcome.NOTHING;
    }
    try (DueRuns due = new DueRuns(rows.due(), clockMs, this::fireTogether)) {
      return due.reach(clockMs) ? ClockOutcome.DONE : ClockOutcome.MORE;
    }
  }

  private long clock() {
    clockMs = Math.max(clockMs, context.clockMs());
    return clockMs;
  }

  /** Fires all that is due of a key at one time: matches that come together are in an order. */
  private void fireTogether(DueRows<Object> first) {
    long dueMs = first.timeMs();
    due.clear();
    rows.moveToDue(first, due);
    latestMs = Math.max(latestMs, dueMs);
    calls.clear();
    matcher.onTime(rows, dueMs, due, calls);
    calls.emit(dueMs, resultMs(dueMs));
  }

  /**
   * Results must not be older than what was sent downstream: by the clock they have the time of
   * that, and in event time a pattern that was given less time finds some that are overdue.
   */
  private long resultMs(long dueMs) {
    boolean known = firedUpTo != Long.MIN_VALUE && firedUpTo != Long.MAX_VALUE;
    return !known ? dueMs : waits ? Math.max(dueMs, firedUpTo) : firedUpTo;
  }

  @Override
  public void beforeCommit() {
    if (waiting != null) {
      waiting.beforeCommit();
    }
    rows.beforeCommit();
  }
}
