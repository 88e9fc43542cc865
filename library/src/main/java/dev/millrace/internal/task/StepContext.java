package dev.millrace.internal.task;

import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.operator.Caution;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.LateRecords;
import dev.millrace.internal.operator.MatchCounts;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.operator.RowCheck;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.plan.Step;
import dev.millrace.internal.plan.StoreSpec;
import dev.millrace.internal.plan.Target;
import dev.millrace.internal.progress.LevelTimes;
import dev.millrace.internal.progress.TaskProgress;
import dev.millrace.internal.restore.TaskRows;
import dev.millrace.internal.stage.Counter;
import dev.millrace.internal.stage.Measure;
import dev.millrace.internal.stage.RecordLimit;
import dev.millrace.internal.stage.StageMetrics;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.StoredValueFormat;
import dev.millrace.internal.state.TransactionRoom;
import dev.millrace.internal.time.Watermarks;
import dev.millrace.internal.type.Types;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.Late;
import java.lang.reflect.Type;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/**
 * The context of a keyed operator in its task.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class StepContext implements OperatorContext {

  /** What a time takes in a row at most. */
  private static final int LONGEST_TIME_BYTES = 10;

  private final StepSite site;
  private final TaskChain.Parts parts;
  private final Step step;
  private final StageOperator.Keyed operator;
  private final BooleanSupplier takesMore;

  private final int level;
  private final long delayMs;

  /**
   * The topics that each of the operator's inputs comes from, by their number in the stage; none
   * for one that comes from within it.
   */
  private final int[][] topics;

  /**
   * Creates the context of one step in one task.
   *
   * @param level how many keyed operators come before it in the task
   * @param delayMs by how much what they emit can be older than their time
   * @param takesMore whether what follows can take more results
   */
  StepContext(
      StepSite site,
      StageOperator.Keyed operator,
      int level,
      long delayMs,
      BooleanSupplier takesMore) {
    this.site = site;
    this.parts = site.parts();
    this.step = site.step();
    this.operator = operator;
    this.level = level;
    this.delayMs = delayMs;
    this.takesMore = takesMore;
    StagePlan stage = parts.setup().stage();
    this.topics = new int[operator.inputs()][];
    for (int input = 0; input < topics.length; input++) {
      topics[input] = stage.inputsBefore(new Target.ToStep(stage.steps().indexOf(step), input));
    }
  }

  @Override
  public RowStore<Object> rows(String suffix) {
    TaskRows state = parts.state();
    if (state == null) {
      throw new IllegalStateException("Step " + step.name() + " needs state");
    }
    return state.rows(storeName(suffix));
  }

  @Override
  public KeyCodec<Object> keys() {
    StageSetup.Store store =
        parts.setup().stores().get(storeName(operator.stores().get(0).suffix()));
    if (store == null) {
      throw new IllegalStateException("Step " + step.name() + " has no codecs");
    }
    return store.keys();
  }

  private String storeName(String suffix) {
    return operator.stores().stream()
        .filter(store -> store.suffix().equals(suffix))
        .map(step::storeName)
        .findFirst()
        .orElseThrow(
            () -> new IllegalStateException("Step " + step.name() + " has no store " + suffix));
  }

  @Override
  public Guard guard() {
    return site.guard();
  }

  @Override
  public Caution caution() {
    return parts.cautions().of(step.name());
  }

  @Override
  public Output next() {
    return site.next();
  }

  @Override
  public Output side(String tag) {
    return site.side(tag);
  }

  @Override
  public LateRecords late() {
    StageMetrics metrics = parts.metrics();
    Counter late = metrics.counter(Measure.LATE_RECORDS);
    Counter tooFarAhead = metrics.counter(Measure.LATE_TOO_FAR_AHEAD);
    Counter partlyLate = metrics.counter(Measure.PARTLY_LATE_RECORDS);
    Counter inGap = metrics.counter(Measure.GAP_RECORDS);
    Counter unmatched = metrics.counter(Measure.UNMATCHED_RETRACTIONS);
    return new LateRecords() {
      @Override
      public void count(Late.Reason reason, long records) {
        late.add(Math.max(1, records));
        if (reason == Late.Reason.TOO_FAR_AHEAD) {
          tooFarAhead.add(Math.max(1, records));
        }
      }

      @Override
      public void countPartly(long records) {
        partlyLate.add(Math.max(1, records));
      }

      @Override
      public void countInGap(long records) {
        inGap.add(Math.max(1, records));
      }

      @Override
      public void countUnmatched(long retractions) {
        unmatched.add(retractions);
      }
    };
  }

  @Override
  public MatchCounts matches() {
    StageMetrics metrics = parts.metrics();
    Counter found = metrics.counter(Measure.MATCHES);
    Counter timedOut = metrics.counter(Measure.TIMED_OUT_MATCHES);
    Counter dropped = metrics.counter(Measure.DROPPED_MATCHES);
    Counter droppedForRecords = metrics.counter(Measure.DROPPED_MATCHES_FOR_RECORDS);
    Counter droppedRecords = metrics.counter(Measure.DROPPED_PATTERN_RECORDS);
    return new MatchCounts() {
      @Override
      public void countMatches(int matches) {
        found.add(matches);
      }

      @Override
      public void countTimedOut() {
        timedOut.add(1);
      }

      @Override
      public void countDropped() {
        dropped.add(1);
      }

      @Override
      public void countDroppedForRecords() {
        droppedForRecords.add(1);
      }

      @Override
      public void countDroppedRecord() {
        droppedRecords.add(1);
      }
    };
  }

  @Override
  public UnaryOperator<Object> copying(String suffix) {
    StageSetup.Store store = parts.setup().stores().get(storeName(suffix));
    Type type =
        operator.stores().stream()
            .filter(each -> each.suffix().equals(suffix))
            .map(StoreSpec::valueType)
            .findFirst()
            .orElseThrow();
    // The copy of what has a serde shows, besides, whether it can be written, while its record is
    // there for the error policy.
    if (store == null || (Types.isImmutable(type) && !store.values().usesSerdes())) {
      return UnaryOperator.identity();
    }
    StoredValueFormat<Object> format = store.format();
    return value -> format.fromBytes(format.toBytes(value));
  }

  @Override
  public RowCheck checking(String suffix) {
    StageSetup.Store store = parts.setup().stores().get(storeName(suffix));
    if (store == null) {
      return RowCheck.NONE;
    }
    StoredValueFormat<Object> format = store.format();
    int most = parts.records().maxBytes();
    return (row, value) -> {
      long bytes = (long) row.fullKey().length + LONGEST_TIME_BYTES + format.toBytes(value).length;
      if (bytes > most) {
        throw new IllegalArgumentException(
            "the row is too large for a record of the changelog ("
                + RecordLimit.excess(bytes, most)
                + ")");
      }
    };
  }

  @Override
  public long cacheBytes() {
    return parts.cacheBytes();
  }

  /** Frames take up half of a record at most, and channels some of the rest. */
  @Override
  public int largestKeyBytes() {
    return parts.records().maxBytes() / 4;
  }

  @Override
  public long clockMs() {
    return parts.clock().wallMs();
  }

  @Override
  public TransactionRoom room() {
    // Results that wait for calls are held in memory: firing has to wait for them as well.
    return parts.room().into(takesMore);
  }

  @Override
  public boolean sharesRecords() {
    return level > 0;
  }

  @Override
  public long firedUpTo(TimeDomain domain) {
    return domain == TimeDomain.EVENT ? ownTime() : parts.progress().processingTime();
  }

  /** The event time of the operator. */
  private long ownTime() {
    TaskProgress progress = parts.progress();
    return LevelTimes.delayed(progress.levels().of(level, progress.eventTime()), delayMs);
  }

  @Override
  public long inputTime(TimeDomain domain, int input) {
    if (topics[input].length == 0) {
      return firedUpTo(domain);
    }
    long earliest = Watermarks.END_OF_TIME;
    for (int topic : topics[input]) {
      earliest = Math.min(earliest, parts.progress().time(domain, topic));
    }
    return earliest;
  }

  @Override
  public long toldUpTo() {
    return LevelTimes.delayed(parts.progress().outputEventTime(), delayMs);
  }
}
