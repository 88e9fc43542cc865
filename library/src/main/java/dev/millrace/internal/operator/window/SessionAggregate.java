package dev.millrace.internal.operator.window;

import dev.millrace.internal.operator.ClockOutcome;
import dev.millrace.internal.operator.Folding;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.LateOutput;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.RowPrefetch;
import dev.millrace.internal.plan.StageWindowAggregate;
import dev.millrace.internal.plan.WindowRules;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.TransactionRoom;
import dev.millrace.internal.timer.TimeIndex;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.util.Saturating;
import dev.millrace.internal.window.EmissionKind;
import dev.millrace.internal.window.SessionRow;
import dev.millrace.internal.window.SessionRow.Said;
import dev.millrace.internal.window.SessionRow.Session;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.GapFunction;
import dev.millrace.window.Late;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Sessions: windows of a key's own that grow with its records and merge when they touch.
 *
 * <p>All sessions of a key are one row. A key has one wake-up, at the earliest time at which one of
 * its sessions may have to close or to be dropped; if the session has grown meanwhile, the wake-up
 * is set again when it is due, so that a record never moves one.
 *
 * <p>A session closes when time is <em>past</em> its end: a record with just that time may still
 * arrive on time, and would join the session.
 *
 * <p>Whether a record is late is decided on the window it ends up in, after merging: an old record
 * may join a session that is still open.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class SessionAggregate implements KeyedOperator {

  /** A session and a short accumulator. */
  private static final int SESSION_BYTES = 80;

  /** The only part of the index: sessions are in one time domain. */
  private static final byte TIME = 0;

  private final TimeDomain domain;
  private final Folding folding;
  private final RowStore<Object> rows;
  private final TimeIndex<Object> wakeUps;
  private final Guard guard;
  private final WindowResults results;
  private final LateOutput late;
  private final TransactionRoom room;
  private final RowPrefetch prefetch;
  private final long gapMs;
  private final @Nullable GapFunction<Object> gap;
  private final WindowRules rules;
  private final boolean revises;
  private final boolean accumulatorsAreShort;

  /** Null if results are final: sessions go as they close. */
  private final @Nullable WindowExpiry expiry;

  private final UnaryOperator<Object> copying;
  private final BiFunction<Session<Object, Object>, Object, Object> copyingResults;

  /** Keys with sessions to emit with the next commit. */
  private final NavigableSet<byte[]> changed = new TreeSet<>(Arrays::compareUnsigned);

  /** Of keys with open sessions. */
  private final EarlyResults early;

  /**
   * The time up to which this operator has fired, or is firing: sessions that are not after it may
   * be closed already, or gone.
   */
  private long firesUpTo;

  @SuppressWarnings("unchecked") // the builder's types match what arrives
  SessionAggregate(StageWindowAggregate plan, WindowKind.Session spec, OperatorContext context) {
    this.domain = plan.domain();
    this.rows = context.rows("");
    this.guard = context.guard();
    this.results = new WindowResults(plan, context);
    this.late = new LateOutput(plan.rules().late(), context);
    this.room = context.room();
    RowStore<Object> timers = context.rows("timers");
    this.wakeUps = TimeIndex.of(timers, TIME, room);
    this.prefetch = new RowPrefetch(rows);
    this.gapMs = spec.gapMs();
    this.gap = (GapFunction<Object>) spec.gap().orElse(null);
    this.rules = plan.rules();
    this.early = new EarlyResults(rules.emission(), room);
    this.revises = rules.changes();
    this.copying = AccumulatorCopies.bySessions(plan.fold().accumulatorType(), context.copying(""));
    this.copyingResults =
        AccumulatorCopies.resultsBySessions(plan.fold().resultType(), context.copying(""));
    this.folding = Folding.of(plan.fold(), copying, context);
    this.accumulatorsAreShort = Types.isShort(plan.fold().accumulatorType());
    this.firesUpTo = context.firedUpTo(domain);
    // Sessions whose results are final, and go as they close, leave the same rows.
    this.expiry = revises ? new WindowExpiry(timers, true, rules.latenessMs(), 0, firesUpTo) : null;
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
    @Nullable Boolean done;
    folding.begin();
    try {
      done = add(row, record);
    } catch (Exception e) {
      done = folding.recover(guard, e, () -> add(row, record));
    }
    if (done != null && !done) {
      late.take(record, Late.Reason.BEHIND_WATERMARK);
    }
  }

  /** Adds a record to the session it belongs to; returns false if it is late. */
  private boolean add(Row<Object> row, KeyedRecord record) throws Exception {
    long start = record.firstTimeMs();
    long end = Saturating.add(record.timeMs(), gapOf(record));
    SessionRow<Object, Object> before = sessions(row);
    List<Session<Object, Object>> apart = new ArrayList<>();
    List<Session<Object, Object>> touching = new ArrayList<>();
    for (Session<Object, Object> session : before.sessions()) {
      boolean touches = session.startMs() <= end && start <= session.endMs();
      (touches ? touching : apart).add(session);
    }
    for (Session<Object, Object> session : touching) {
      start = Math.min(start, session.startMs());
      end = Math.max(end, session.endMs());
    }
    if (isExpired(end, firesUpTo)) {
      return false;
    }
    @Nullable Object accumulator = null;
    List<Said<Object>> said = new ArrayList<>();
    for (Session<Object, Object> session : touching) {
      accumulator =
          accumulator == null
              ? session.accumulator()
              : folding.merge(accumulator, session.accumulator());
      said.addAll(session.said());
    }
    accumulator = folding.fold(accumulator, record);
    boolean closed = isPast(end, firesUpTo);
    apart.add(new Session<>(start, end, accumulator, closed, List.copyOf(said)));
    apart.sort((a, b) -> Long.compare(a.startMs(), b.startMs()));
    byte[] key = row.key();
    store(row, key, apart, before.timerMs());
    if (touching.isEmpty() && apart.size() > 1) {
      row.grew(SESSION_BYTES + bytesOfFirst(record));
    } else {
      folding.noteGrowth(row, record, accumulator);
    }
    if (closed || rules.emission() instanceof EmissionKind.OnUpdate) {
      changed.add(key);
    } else if (early.areWanted()) {
      early.note(key);
    }
    return true;
  }

  private int bytesOfFirst(KeyedRecord record) {
    return accumulatorsAreShort ? 0 : Folding.bytesOfObject(record.valueLength());
  }

  private long gapOf(KeyedRecord record) throws Exception {
    if (gap == null) {
      return gapMs;
    }
    Duration own = gap.gap(record.value());
    if (own.toMillis() < 1) {
      throw new IllegalArgumentException(
          "the gap of a session must be at least 1 ms (" + own + ")");
    }
    return own.toMillis();
  }

  @SuppressWarnings("unchecked") // this operator has put it there
  private static SessionRow<Object, Object> sessions(Row<Object> row) {
    SessionRow<Object, Object> value = (SessionRow<Object, Object>) row.value();
    return value == null ? new SessionRow<>(List.of(), Long.MAX_VALUE) : value;
  }

  /** Writes the row, and moves the key's wake-up if it is due earlier. */
  private void store(
      Row<Object> row, byte[] key, List<Session<Object, Object>> sessions, long timerBefore) {
    long needed = Long.MAX_VALUE;
    for (Session<Object, Object> session : sessions) {
      needed =
          Math.min(
              needed,
              Saturating.add(
                  session.closed()
                      ? Saturating.add(session.endMs(), rules.latenessMs())
                      : session.endMs(),
                  1));
    }
    if (sessions.isEmpty()) {
      if (timerBefore != Long.MAX_VALUE) {
        wakeUps.remove(timerBefore, key);
      }
      row.delete();
      return;
    }
    long timer = timerBefore;
    if (timer == Long.MAX_VALUE || needed < timer) {
      if (timer != Long.MAX_VALUE) {
        wakeUps.remove(timer, key);
      }
      timer = needed;
      wakeUps.put(timer, key, true);
    }
    row.set(new SessionRow<>(List.copyOf(sessions), timer));
  }

  private static boolean isPast(long endMs, long watermarkMs) {
    return endMs < watermarkMs || watermarkMs == Long.MAX_VALUE;
  }

  private boolean isExpired(long endMs, long watermarkMs) {
    return expiry == null ? endMs <= watermarkMs : expiry.isExpired(endMs, watermarkMs);
  }

  // ------------------------------------------------------------------ time

  @Override
  public boolean onTime(TimeDomain moved, long watermarkMs) {
    if (moved != domain || watermarkMs < firesUpTo) {
      return true;
    }
    firesUpTo = watermarkMs;
    if (expiry != null) {
      expiry.settle(watermarkMs);
    }
    return wakeUps.fire(watermarkMs, due -> wake(due.key(), watermarkMs));
  }

  private void wake(byte[] key, long watermarkMs) {
    Row<Object> row = rows.row(key);
    List<Session<Object, Object>> kept = new ArrayList<>();
    for (Session<Object, Object> session : sessions(row).sessions()) {
      Session<Object, Object> now = session;
      if (isPast(session.endMs(), watermarkMs)) {
        now = revises ? say(key, session, watermarkMs) : emit(key, session);
      }
      if (now != null && !isPast(Saturating.add(now.endMs(), rules.latenessMs()), watermarkMs)) {
        kept.add(now);
      }
    }
    store(row, key, kept, Long.MAX_VALUE);
  }

  private @Nullable Session<Object, Object> emit(byte[] key, Session<Object, Object> session) {
    results.emit(
        results.key(key, 0, key.length), session.startMs(), session.endMs(), session.accumulator());
    return null;
  }

  // ------------------------------------------------------------------ revisions

  private Session<Object, Object> say(
      byte[] keyBytes, Session<Object, Object> session, long watermarkMs) {
    Object key = results.key(keyBytes, 0, keyBytes.length);
    @Nullable Object after =
        results.finish(
            key, session.startMs(), session.endMs(), copying.apply(session.accumulator()));
    @Nullable Said<Object> before = null;
    for (Said<Object> said : session.said()) {
      if (said.startMs() == session.startMs() && said.endMs() == session.endMs()) {
        before = said;
      } else {
        results.retract(key, said.startMs(), said.endMs(), said.value(), session.endMs() - 1);
      }
    }
    @Nullable Said<Object> now = before;
    if (after != null) {
      Object kept = copyingResults.apply(session, after); // Later steps may change `after`.
      now = new Said<>(session.startMs(), session.endMs(), kept);
      Object known = before == null ? null : before.value();
      results.revise(key, session.startMs(), session.endMs(), known, after);
    }
    return new Session<>(
        session.startMs(),
        session.endMs(),
        session.accumulator(),
        isPast(session.endMs(), watermarkMs),
        now == null ? List.of() : List.of(now));
  }

  private void sayAll(byte[] key) {
    Row<Object> row = rows.row(key);
    SessionRow<Object, Object> before = sessions(row);
    if (!before.sessions().isEmpty()) {
      row.set(
          new SessionRow<>(
              before.sessions().stream().map(session -> sayIfNew(key, session)).toList(),
              before.timerMs()));
    }
  }

  private Session<Object, Object> sayIfNew(byte[] key, Session<Object, Object> session) {
    boolean silent =
        !isPast(session.endMs(), firesUpTo) && rules.emission() instanceof EmissionKind.OnClose;
    return silent ? session : say(key, session, firesUpTo);
  }

  @Override
  public boolean holdsResults() {
    return !changed.isEmpty();
  }

  @Override
  public void beforeCommit() {
    changed.forEach(this::sayAll);
    changed.clear();
  }

  @Override
  public boolean looksAtClock() {
    return early.areWanted();
  }

  @Override
  public ClockOutcome onClock(long wallMs) {
    return early.onClock(wallMs, this::noteEverything, this::sayAll);
  }

  private void noteEverything() {
    try (RowScan<Object> scan = rows.scan(new byte[0], null)) {
      while (scan.next()) {
        early.note(scan.row().key());
      }
    }
  }
}
