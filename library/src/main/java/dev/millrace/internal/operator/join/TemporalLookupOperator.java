package dev.millrace.internal.operator.join;

import dev.millrace.function.JoinFunction;
import dev.millrace.function.UpsertFunction;
import dev.millrace.internal.fold.Upserted;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.Arrivals;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.LateOutput;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.operator.RowPrefetch;
import dev.millrace.internal.plan.JoinFirst;
import dev.millrace.internal.plan.LookupOperator;
import dev.millrace.internal.plan.TableLookup;
import dev.millrace.internal.plan.VersionsHead;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.TransactionRoom;
import dev.millrace.internal.timer.DueRows;
import dev.millrace.internal.timer.TimeIndex;
import dev.millrace.internal.type.Types;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.Late;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The join of a stream with a table as of event time: a record waits until the watermark has passed
 * its time, since the row may still change at or before it, and then finds the newest version that
 * is not after it.
 *
 * <p>What waits is in a {@link Buffer}, what the table was is in {@link Versions}. Each key has one
 * head, and one entry in the time index for when the first of all that can go.
 *
 * <p>Of versions that are not after the watermark only the newest is kept: who asks for an older
 * one is late. A deletion is a version as well, until the watermark has passed it.
 *
 * <p>I1: the head of a key has the times of its first record and of its first two versions, and
 * there is none if there is nothing. I2: the index has an entry for each head that has something
 * that can go, at its {@link VersionsHead#dueMs}. Both hold at each commit, even in the middle of a
 * firing. I3: no record waits that is older than the time up to which this operator has fired, or
 * firing is under way.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class TemporalLookupOperator implements KeyedOperator {

  private final JoinFunction<Object, @Nullable Object, Object> function;
  private final UpsertFunction<Object, Object> rowOf;
  private final boolean keepsUnmatched;
  private final Buffer waiting;
  private final Versions versions;
  private final UnaryOperator<Object> kept;
  private final JoinPlace place = JoinPlace.ofKeys();
  private final RowStore<Object> heads;
  private final TimeIndex<Object> expiries;
  private final Arrivals arrivals;
  private final RowPrefetch prefetch;
  private final TransactionRoom room;
  private final Guard guard;
  private final Output next;
  private final LateOutput lateRecords;
  private final LateOutput lateRows;

  /**
   * The time up to which this operator has fired, or is firing: what is older is late for all keys,
   * since a key that has fired has lost the versions that it would have found.
   */
  private long firesUpTo;

  /** {@return the operator of one task} */
  public static TemporalLookupOperator of(
      LookupOperator.AsOfEventTime plan, OperatorContext context) {
    return new TemporalLookupOperator(plan.lookup(), context);
  }

  @SuppressWarnings("unchecked") // the builder's types match what arrives
  private TemporalLookupOperator(TableLookup.AsOfEventTime lookup, OperatorContext context) {
    this.function = (JoinFunction<Object, @Nullable Object, Object>) lookup.function();
    this.rowOf = (UpsertFunction<Object, Object>) lookup.rowOf();
    this.keepsUnmatched = lookup.kind().keepsLeft();
    this.waiting =
        new Buffer(
            context.rows(LookupOperator.AsOfEventTime.STREAM),
            Reach.interval(0, 0),
            true,
            !Types.isImmutable(lookup.streamType()),
            context.copying(LookupOperator.AsOfEventTime.STREAM));
    this.versions =
        new Versions(
            context.rows(LookupOperator.AsOfEventTime.VERSIONS),
            !Types.isImmutable(lookup.rowType()));
    // The copy shows, besides, whether a row can be written, while its record is there.
    this.kept = context.copying(LookupOperator.AsOfEventTime.VERSIONS);
    this.heads = context.rows(LookupOperator.AsOfEventTime.HEADS);
    this.room = context.room();
    this.expiries = TimeIndex.of(context.rows(LookupOperator.AsOfEventTime.EXPIRIES), room);
    this.arrivals = new Arrivals(context.rows(LookupOperator.AsOfEventTime.ARRIVALS));
    this.prefetch = new RowPrefetch(heads);
    this.guard = context.guard();
    this.next = context.next();
    this.lateRecords = new LateOutput(lookup.late(), context);
    this.lateRows = new LateOutput(Optional.empty(), context);
    this.firesUpTo = context.firedUpTo(TimeDomain.EVENT);
  }

  @Override
  public RowPrefetch prefetch(int input) {
    return prefetch;
  }

  @Override
  public void want(int input, KeyedRecord record) {
    prefetch.want(record);
  }

  // ------------------------------------------------------------------ records

  @Override
  public void onRecord(int input, KeyedRecord record) {
    place.move(record);
    if (input == TableLookup.TABLE) {
      onChange(record); // Also one that is far ahead: a row may be known long before it is valid.
    } else if (record.isTooFarAhead()) {
      lateRecords.take(record, Late.Reason.TOO_FAR_AHEAD);
    } else if (record.timeMs() < firesUpTo) {
      lateRecords.take(record, Late.Reason.BEHIND_WATERMARK);
    } else {
      await(record);
    }
  }

  private void await(KeyedRecord record) {
    Object own = waiting.kept(record.value(), guard);
    if (own == null) {
      return;
    }
    long timeMs = Math.min(record.timeMs(), Reach.LAST_MS);
    long arrival = arrivals.take();
    waiting.add(place, timeMs, arrival, own, false);
    Row<Object> row = headRow();
    VersionsHead before = head(row);
    change(row, before, before.withRecord(timeMs, arrival));
  }

  /**
   * A change that is late was missed by records that are through. It is what later ones find,
   * unless a version after it has come to be that.
   */
  private void onChange(KeyedRecord record) {
    long timeMs = Math.min(record.timeMs(), Reach.LAST_MS);
    Row<Object> row = headRow();
    VersionsHead before = head(row);
    boolean isLate = timeMs < firesUpTo;
    if (isLate && before.oldestMs() < firesUpTo && timeMs < before.oldestMs()) {
      lateRows.take(record, Late.Reason.BEHIND_WATERMARK);
      return;
    }
    Upserted<?> version = version(record);
    boolean isGone = version.row() == null;
    if (isLate) {
      lateRows.notePartly(record);
    }
    versions.put(place, timeMs, version);
    change(row, before, before.withVersion(timeMs, isGone));
  }

  /**
   * {@return what the row is from now on: deleted as well if the record is dropped, since a row
   * that it should have replaced would be worse than none}
   */
  private Upserted<?> version(KeyedRecord record) {
    Object value = record.value();
    Upserted<?> version;
    try {
      version = versionOf(value);
    } catch (Exception e) {
      version = guard.recover(value, e, () -> versionOf(record.valueAnew()));
    }
    return version == null ? new Upserted<>(null) : version;
  }

  private Upserted<?> versionOf(Object value) throws Exception {
    return (Upserted<?>) kept.apply(new Upserted<>(rowOf.apply(value)));
  }

  private Row<Object> headRow() {
    return heads.row(place.bytes(), place.offset(), place.length(), place.hash());
  }

  private static VersionsHead head(Row<Object> row) {
    Object head = row.value();
    return head == null ? VersionsHead.NONE : (VersionsHead) head;
  }

  private void change(Row<Object> row, VersionsHead before, VersionsHead now) {
    if (now.equals(before)) {
      return;
    }
    if (now.dueMs() != before.dueMs()) {
      if (before.dueMs() != VersionsHead.NEVER) {
        expiries.remove(before.dueMs(), place.copy());
      }
      expireAt(now.dueMs());
    }
    row.set(now);
  }

  private void expireAt(long dueMs) {
    if (dueMs != VersionsHead.NEVER) {
      expiries.putNew(dueMs, place.bytes(), place.offset(), place.length(), true);
    }
  }

  // ------------------------------------------------------------------ time

  @Override
  public boolean onTime(TimeDomain domain, long watermarkMs) {
    if (domain != TimeDomain.EVENT || watermarkMs < firesUpTo) {
      return true;
    }
    firesUpTo = watermarkMs;
    // This is done even if time stands still: a firing that filled its transaction is resumed, and
    // what a late change has replaced goes.
    return expiries.fireBefore(watermarkMs, this::release);
  }

  /** Joins what is due at a key; if the transaction is full, its entry is due again. */
  private void release(DueRows<Object> due) {
    place.move(due.bytes(), due.keyOffset(), due.keyLength());
    long upToMs = due.upToMs();
    Row<Object> row = headRow();
    VersionsHead head = head(row);
    VersionsHead now;
    try (Versions.Walk walk = versions.walk(place, head.oldestMs())) {
      JoinFirst first =
          waiting.expire(
              place, head.stream(), upToMs, room, (timeMs, value) -> join(value, timeMs, walk));
      if (first.timeMs() > upToMs) {
        walk.passTo(upToMs, room);
      }
      now = walk.head(first);
    }
    if (now.equals(VersionsHead.NONE)) {
      row.delete();
    } else {
      row.set(now);
      expireAt(now.dueMs());
    }
  }

  private void join(Object value, long timeMs, Versions.Walk walk) {
    Object first = walk.at(timeMs);
    if (first == null && !keepsUnmatched) {
      return;
    }
    Object result;
    try {
      result = joined(waiting.handedOut(value), first);
    } catch (Exception e) {
      result =
          guard.recover(
              waiting.handedOut(value), e, () -> joined(waiting.handedOut(value), walk.at(timeMs)));
    }
    if (result != null) {
      next.emit(result, timeMs, FrameFormat.RECORD);
    }
  }

  @SuppressWarnings("NullAway") // functions of left joins get null where there is no row
  private Object joined(Object value, @Nullable Object row) throws Exception {
    Object result = function.join(value, row);
    if (result == null) {
      throw new NullPointerException("the function of the join returned null");
    }
    return result;
  }

  @Override
  public void beforeCommit() {
    arrivals.beforeCommit();
  }
}
