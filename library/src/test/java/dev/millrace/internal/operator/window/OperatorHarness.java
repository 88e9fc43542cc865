package dev.millrace.internal.operator.window;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.codec.key.KeyCodecs;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.Caution;
import dev.millrace.internal.operator.ClockOutcome;
import dev.millrace.internal.operator.Failures;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.InDoubtException;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.LateRecords;
import dev.millrace.internal.operator.NoFailures;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.OperatorRows;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.operator.RowsContext;
import dev.millrace.internal.operator.StepBounds;
import dev.millrace.internal.operator.table.TableOperators;
import dev.millrace.internal.operator.table.TableOperators.Sides;
import dev.millrace.internal.plan.StageAggregate;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.plan.StageWindowAggregate;
import dev.millrace.internal.plan.WindowRules;
import dev.millrace.internal.state.Overlay;
import dev.millrace.internal.state.OverlayLimits;
import dev.millrace.internal.state.TransactionRoom;
import dev.millrace.internal.state.store.Checkpoint;
import dev.millrace.internal.state.store.InMemoryStateStore;
import dev.millrace.internal.state.store.StateStore;
import dev.millrace.internal.table.Revision;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.table.Change;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.Late;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs one keyed operator over real rows, without a task around it: commits, restores from what was
 * committed, and aborts and replays, as it is told.
 */
final class OperatorHarness {

  /** What happens between two events. */
  enum Mode {
    /** One commit at the end of each {@link #commit()} asked for. */
    AS_TOLD,
    /** A commit after each event. */
    COMMIT_EACH,
    /** A commit after each event, and a new operator over what was committed. */
    RESTORE_EACH,
    /** Each event is processed, aborted, and processed again by a new operator. */
    ABORT_EACH
  }

  /** What came out of the operator. */
  record Emitted(Object value, long timeMs) {}

  private interface Event {
    void apply();
  }

  /** The job would have stopped. */
  static final class Stopped extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Stopped(Exception cause) {
      super(cause);
    }
  }

  /**
   * What the error policy dropped.
   *
   * @param value the record that was under way, or the result that a function failed on
   */
  record Dropped(Object value) {}

  /** What the operator has brought about: in the open transaction, or in all committed ones. */
  private static final class Outcome {
    final List<Emitted> results = new ArrayList<>();
    final List<Object> sides = new ArrayList<>();
    final List<Dropped> dropped = new ArrayList<>();
    long late;
    long partlyLate;
    long inGap;
    long unmatched;

    void add(Outcome other) {
      results.addAll(other.results);
      sides.addAll(other.sides);
      dropped.addAll(other.dropped);
      late += other.late;
      partlyLate += other.partlyLate;
      inGap += other.inGap;
      unmatched += other.unmatched;
    }
  }

  private final StageOperator.Keyed plan;
  private Function<OperatorContext, KeyedOperator> factory;
  private final Mode mode;
  private final StateStore store;
  private final KeyCodec<Object> keys;
  private final OperatorRows rows;
  private final Outcome committed = new Outcome();
  private Outcome pending = new Outcome();
  private final List<Event> amidFiring = new ArrayList<>();
  private final StepBounds bounds = new StepBounds();
  private int lastSideKind;

  private Overlay overlay;
  private KeyedOperator operator;
  private long committedWatermark = Long.MIN_VALUE;
  private long watermark = Long.MIN_VALUE;
  private long clock;
  private long txnSeq;
  private long rowsWritten;

  private ErrorPolicy errors = ErrorPolicy.fail();
  private final Caution caution = new Caution();
  private final List<Event> uncommitted = new ArrayList<>();
  private @Nullable Object underWay;
  private int repeated;

  /** How many more emissions a transaction takes. */
  private long roomPerTransaction = Long.MAX_VALUE;

  private long roomLeft = Long.MAX_VALUE;
  private final long cacheBytes;

  @SuppressWarnings("unchecked") // the tests' types are what they say
  OperatorHarness(
      StageOperator.Keyed plan,
      Function<OperatorContext, KeyedOperator> factory,
      Mode mode,
      StateStore store,
      int firstStoreId,
      long cacheBytes) {
    this.cacheBytes = cacheBytes;
    this.plan = plan;
    this.factory = factory;
    this.mode = mode;
    this.store = store;
    this.keys = (KeyCodec<Object>) KeyCodecs.forType(plan.keyType());
    this.rows = new OperatorRows(plan, keys, firstStoreId);
    this.overlay = new Overlay(store, OverlayLimits.writingThrough(1 << 20));
    this.operator = open();
  }

  /** {@return a window's operator over rows of its own; its keys are text} */
  static OperatorHarness ofWindows(
      Fold fold, WindowKind kind, WindowRules rules, Mode mode, long cacheBytes) {
    StageWindowAggregate plan =
        new StageWindowAggregate(
            fold, String.class, kind, TimeDomain.EVENT, rules, Optional.empty());
    return new OperatorHarness(
        plan,
        context -> WindowOperators.of(plan, context),
        mode,
        new InMemoryStateStore(),
        1,
        cacheBytes);
  }

  /** Lets a transaction take only so many results, so that firing has to be taken up again. */
  OperatorHarness withRoomFor(long results) {
    roomPerTransaction = results;
    roomLeft = results;
    return this;
  }

  /** Has the operator drop what fails, or try again. */
  OperatorHarness withErrors(ErrorPolicy policy) {
    errors = policy;
    reopen();
    return this;
  }

  /** Commits, and goes on with another version of a window's operator. */
  void changeTo(StageWindowAggregate version) {
    commitNow();
    factory = context -> WindowOperators.of(version, context);
    reopen();
    fire(); // As a task begins.
  }

  private KeyedOperator open() {
    rows.open(overlay);
    return factory.apply(new Context());
  }

  // ------------------------------------------------------------------ events

  void record(Object key, long timeMs, Object value) {
    record(key, timeMs, FrameFormat.RECORD, value);
  }

  /** A record of a kind, or a retraction. */
  void record(Object key, long timeMs, int kind, Object value) {
    long weight = (kind & FrameFormat.RETRACTION) != 0 ? -1 : 1;
    event(
        () -> {
          takeRecord(value, new Entry(encoded(key), timeMs, timeMs, value, weight, kind));
        });
  }

  /** A retraction of a record. */
  void retract(Object key, long timeMs, Object value) {
    record(key, timeMs, FrameFormat.RETRACTION, value);
  }

  private byte[] encoded(Object key) {
    ByteWriter out = new ByteWriter();
    keys.encode(key, out);
    return out.toByteArray();
  }

  /** A partial aggregate of records between two times. */
  void partial(Object key, long firstMs, long lastMs, Object accumulator, long weight) {
    partial(key, firstMs, lastMs, () -> accumulator, weight, accumulator);
  }

  /**
   * A partial aggregate that is decoded whenever its entry is processed.
   *
   * @param name what it is called if it is dropped
   */
  void partial(
      Object key, long firstMs, long lastMs, Supplier<Object> decoded, long weight, Object name) {
    event(
        () -> {
          takeRecord(
              name,
              new Entry(encoded(key), firstMs, lastMs, decoded.get(), weight, FrameFormat.PARTIAL));
        });
  }

  /**
   * A record that comes when the next firing that takes several transactions has filled the first
   * of them: one that an operator before this one emits at the commit.
   */
  void recordAmidFiring(Object key, long timeMs, Object value) {
    amidFiring.add(
        () ->
            takeRecord(
                value, new Entry(encoded(key), timeMs, timeMs, value, 1, FrameFormat.RECORD)));
  }

  private void takeRecord(Object name, KeyedRecord record) {
    bounds.begin();
    underWay = name;
    try {
      operator.onRecord(0, record);
    } finally {
      underWay = null;
    }
  }

  void watermark(long watermarkMs) {
    event(
        () -> {
          watermark = Math.max(watermark, watermarkMs);
          fire();
        });
  }

  private void fire() {
    while (!onTime()) {
      List.copyOf(amidFiring).forEach(Event::apply);
      amidFiring.clear();
      if (mode == Mode.ABORT_EACH) {
        // The transaction is full: what it holds is committed, and the replay begins behind it.
        commitNow();
        reopen();
      } else {
        commitNow();
        if (mode == Mode.RESTORE_EACH) {
          reopen();
        }
      }
    }
  }

  private boolean onTime() {
    bounds.begin();
    boolean complete = operator.onTime(TimeDomain.EVENT, watermark);
    bounds.end(complete);
    return complete;
  }

  void clock(long wallMs) {
    event(
        () -> {
          clock = wallMs;
          while (!onClock(wallMs)) {
            commitNow();
          }
        });
  }

  private boolean onClock(long wallMs) {
    bounds.begin();
    boolean complete = operator.onClock(wallMs) != ClockOutcome.MORE;
    bounds.end(complete);
    return complete;
  }

  private void event(Event event) {
    long watermarkBefore = watermark;
    long clockBefore = clock;
    uncommitted.add(event);
    try {
      event.apply();
    } catch (InDoubtException e) {
      repeated++;
      repeat();
    }
    switch (mode) {
      case AS_TOLD -> {}
      case COMMIT_EACH -> commitNow();
      case RESTORE_EACH -> {
        commitNow();
        reopen();
      }
      case ABORT_EACH -> {
        abort();
        watermark = Math.max(watermarkBefore, committedWatermark);
        clock = clockBefore;
        // A new task fires what its restored watermark makes due ahead of any record.
        fire();
        event.apply();
        commitNow();
      }
    }
  }

  /** Gives the transaction up and processes again what was in it. */
  void repeat() {
    List<Event> again = List.copyOf(uncommitted);
    abort();
    fire();
    uncommitted.addAll(again);
    again.forEach(Event::apply);
  }

  /** {@return how many transactions were repeated because nothing else undid a failed call} */
  int repeated() {
    return repeated;
  }

  void commit() {
    commitNow();
  }

  private void commitNow() {
    operator.beforeCommit();
    txnSeq++;
    overlay.forEachDirty((key, value, before) -> rowsWritten++);
    overlay.commit(new Checkpoint(1, 2, txnSeq, txnSeq, 0, 0));
    committed.add(pending);
    forget();
    caution.committed();
    committedWatermark = watermark;
    roomLeft = roomPerTransaction;
  }

  private boolean isRoomLeft() {
    bounds.askedForRoom();
    return roomLeft > 0;
  }

  private void abort() {
    forget();
    roomLeft = roomPerTransaction;
    reopen();
  }

  private void reopen() {
    overlay = new Overlay(store, OverlayLimits.writingThrough(1 << 20));
    watermark = committedWatermark;
    operator = open();
  }

  private void forget() {
    pending = new Outcome();
    uncommitted.clear();
    underWay = null;
  }

  // ------------------------------------------------------------------ what came of it

  List<Emitted> results() {
    return List.copyOf(committed.results);
  }

  /** {@return the table that a reader has who applies the changes, each of which has to fit} */
  Map<String, Object> replayed() {
    Map<String, Object> table = new TreeMap<>();
    for (Emitted emitted : committed.results) {
      Change<?, ?> change = (Change<?, ?>) emitted.value();
      String key = (String) change.key();
      if (change.kind().retracts()) {
        assertThat(table.remove(key)).isEqualTo(change.value());
      } else {
        assertThat(table.put(key, change.value())).isNull();
      }
    }
    return table;
  }

  List<Object> sides() {
    return List.copyOf(committed.sides);
  }

  /** {@return the kind of what went to a side output last} */
  int lastSideKind() {
    return lastSideKind;
  }

  /** {@return what the error policy dropped for good} */
  List<Dropped> dropped() {
    return List.copyOf(committed.dropped);
  }

  long late() {
    return committed.late;
  }

  long partlyLate() {
    return committed.partlyLate;
  }

  long inGap() {
    return committed.inGap;
  }

  /** {@return how many retractions there were of records that were not there} */
  long unmatched() {
    return committed.unmatched;
  }

  /** {@return an estimate of the memory of what the open transaction has changed} */
  long dirtyBytes() {
    return overlay.dirtyBytes();
  }

  /** {@return how many rows the transactions have written or deleted so far} */
  long rowsWritten() {
    return rowsWritten;
  }

  /** {@return how many rows are left in all stores} */
  int rowsLeft() {
    return rows.count();
  }

  private final class Context extends RowsContext {

    Context() {
      super(rows, keys);
    }

    @Override
    public Guard guard() {
      return new Guard("tested", errors, new Recorder());
    }

    @Override
    public Caution caution() {
      return caution;
    }

    @Override
    public Output next() {
      Output out =
          (value, timeMs, kind) -> {
            pending.results.add(new Emitted(value, timeMs));
            roomLeft--;
          };
      boolean upserts = plan instanceof StageAggregate aggregate && !aggregate.needsBefore();
      Output changes = TableOperators.changes(upserts ? Sides.AFTER : Sides.BOTH, out);
      return (value, timeMs, kind) ->
          (value instanceof Revision ? changes : out).emit(value, timeMs, kind);
    }

    @Override
    public Output side(String tag) {
      return (value, timeMs, kind) -> {
        pending.sides.add(value);
        lastSideKind = kind;
      };
    }

    @Override
    public LateRecords late() {
      return new LateRecords() {
        @Override
        public void count(Late.Reason reason, long records) {
          pending.late += records;
        }

        @Override
        public void countPartly(long records) {
          pending.partlyLate += records;
        }

        @Override
        public void countInGap(long records) {
          pending.inGap += records;
        }

        @Override
        public void countUnmatched(long retractions) {
          pending.unmatched += retractions;
        }
      };
    }

    @Override
    public long cacheBytes() {
      return cacheBytes;
    }

    @Override
    public long clockMs() {
      return clock;
    }

    @Override
    public TransactionRoom room() {
      return OperatorHarness.this::isRoomLeft;
    }

    @Override
    public long firedUpTo(TimeDomain domain) {
      return domain == TimeDomain.EVENT ? committedWatermark : Long.MIN_VALUE;
    }

    @Override
    public long inputTime(TimeDomain domain, int input) {
      return domain == TimeDomain.EVENT ? watermark : Long.MIN_VALUE;
    }
  }

  private record UnderWay(@Nullable Object name) implements Failures.Origin {}

  private final class Recorder extends NoFailures {

    @Override
    public Origin origin() {
      return new UnderWay(underWay);
    }

    @Override
    public void resume(Origin origin) {
      underWay = ((UnderWay) origin).name();
    }

    @Override
    public void atNoRecord() {
      underWay = null;
    }

    @Override
    public void giveUp(String name, ErrorPolicy policy, @Nullable Object value, Exception cause) {
      if (policy.action() == ErrorPolicy.Action.FAIL) {
        throw new Stopped(cause);
      }
      pending.dropped.add(new Dropped(value != null ? value : Objects.requireNonNull(underWay)));
    }
  }

  private record Entry(
      byte[] bytes, long firstTimeMs, long timeMs, Object value, long weight, int kind)
      implements KeyedRecord {

    @Override
    public int keyOffset() {
      return 0;
    }

    @Override
    public int keyLength() {
      return bytes.length;
    }

    @Override
    public int keyHash() {
      return Hashing.murmur2(bytes, 0, bytes.length);
    }

    /** {@return the length of a text; other values come from within the stage} */
    @Override
    public int valueLength() {
      return value instanceof String text ? text.length() : 0;
    }

    @Override
    public String toString() {
      return new String(bytes, StandardCharsets.UTF_8) + "@" + timeMs;
    }
  }
}
