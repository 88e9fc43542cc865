package dev.millrace.internal.task;

import dev.millrace.connector.CircuitBreaker;
import dev.millrace.internal.commit.Sender;
import dev.millrace.internal.failure.Cautions;
import dev.millrace.internal.failure.ResultFailures;
import dev.millrace.internal.failure.TaskFailures;
import dev.millrace.internal.frame.CommitFrame;
import dev.millrace.internal.frame.PreparedOutput;
import dev.millrace.internal.input.InputHead;
import dev.millrace.internal.operator.Circuit;
import dev.millrace.internal.operator.ClockOutcome;
import dev.millrace.internal.operator.Failures;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.operator.SinkOutput;
import dev.millrace.internal.operator.async.AsyncMap;
import dev.millrace.internal.operator.async.Wakeup;
import dev.millrace.internal.plan.ShuffleEdge;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.plan.Step;
import dev.millrace.internal.plan.StepOrder;
import dev.millrace.internal.plan.Target;
import dev.millrace.internal.progress.LevelTimes;
import dev.millrace.internal.progress.TaskProgress;
import dev.millrace.internal.restore.TaskRows;
import dev.millrace.internal.shuffle.ShuffleOutput;
import dev.millrace.internal.shuffle.ShuffleWriter;
import dev.millrace.internal.stage.Counter;
import dev.millrace.internal.stage.RecordLimit;
import dev.millrace.internal.stage.StageMetrics;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.time.Watermarks;
import dev.millrace.internal.util.Clock;
import dev.millrace.time.TimeDomain;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * A task's operators, instantiated from the stage's steps and joined by direct calls.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class TaskChain {

  private final List<InputHead> heads = new ArrayList<>();
  private final List<KeyedOperator> keyed = new ArrayList<>();

  /** Those of them that look at the clock. */
  private final List<KeyedOperator> clocked = new ArrayList<>();

  private final List<SinkOutput> sinks = new ArrayList<>();
  private final List<AsyncMap> asyncs = new ArrayList<>();
  private final List<KafkaOutput> topics = new ArrayList<>();
  private final StepSite.Roles roles = new StepSite.Roles(asyncs::add, sinks::add, topics::add);

  private final Parts parts;
  private final @Nullable Output[] outputs;
  private final @Nullable KeyedOperator[] operators;
  private final @Nullable StepContext[] contexts;
  private final @Nullable ResultFailures[] resultFailures;
  private final StepOrder order;

  /** The steps that get results of others, and not only what arrives at the task. */
  private final boolean[] follow;

  /** The steps of the keyed operators, and by how much each of these has to be held back. */
  private final List<Integer> keyedSteps = new ArrayList<>();

  private long[] delaysMs = {};

  /** The first of the keyed operators of each level, and their number. */
  private final int[] levelBegins;

  /**
   * The parts that a chain is made from.
   *
   * @param setup the stage
   * @param partition the task
   * @param state the task's rows; null for a stage without
   * @param lastFrame the frame of the last commit, if there was one
   * @param progress the task's times
   * @param failures what becomes of failed records
   * @param shuffles the worker's shuffle writers
   * @param sender the worker's sender
   * @param metrics the worker's counters
   * @param clock the clock
   * @param room whether the transaction has room
   * @param records the limit on the size of records
   * @param cacheBytes memory of an operator for what it could read from its rows
   * @param circuits the worker's circuits, for sinks with a breaker
   * @param cautions the worker's cautions, for aggregates
   * @param wakeup wakes the worker when calls have been answered
   */
  record Parts(
      StageSetup setup,
      int partition,
      @Nullable TaskRows state,
      @Nullable CommitFrame lastFrame,
      TaskProgress progress,
      TaskFailures failures,
      List<ShuffleWriter> shuffles,
      Sender sender,
      StageMetrics metrics,
      Clock clock,
      FiringRoom room,
      RecordLimit records,
      long cacheBytes,
      BiFunction<String, CircuitBreaker, Circuit> circuits,
      Cautions cautions,
      Wakeup wakeup) {}

  TaskChain(Parts parts) {
    this.parts = parts;
    List<Step> steps = parts.setup().stage().steps();
    this.outputs = new Output[steps.size()];
    this.operators = new KeyedOperator[steps.size()];
    this.contexts = new StepContext[steps.size()];
    this.resultFailures = new ResultFailures[steps.size()];
    this.order = StepOrder.of(steps);
    this.follow = following(steps);
    this.levelBegins = new int[order.levels() + 1];
    try {
      // Targets come before the steps that feed them.
      for (int i = 0; i < steps.size(); i++) {
        instantiate(i, steps.get(i));
      }
      parts.setup().stage().inputs().forEach(input -> heads.add(head(input.heads())));
      addFollowers();
    } catch (RuntimeException | Error e) {
      abandon(Fate.ABORTED);
      throw e;
    }
  }

  private static boolean[] following(List<Step> steps) {
    boolean[] follow = new boolean[steps.size()];
    for (Step step : steps) {
      step.forEachTarget(
          target -> {
            if (target instanceof Target.ToStep to) {
              follow[to.index()] = true;
            }
          });
    }
    return follow;
  }

  /** Orders the operators so that each comes after those whose results it gets. */
  private void addFollowers() {
    for (int i = operators.length - 1; i >= 0; i--) {
      KeyedOperator operator = operators[i];
      if (operator != null && !keyedSteps.contains(i)) {
        keyedSteps.add(i);
      }
    }
    keyedSteps.sort(Comparator.comparingInt(order::level)); // which keeps the order in a level
    keyedSteps.forEach(step -> keyed.add(Objects.requireNonNull(operators[step])));
    keyed.stream().filter(KeyedOperator::looksAtClock).forEach(clocked::add);
    delaysMs = keyedSteps.stream().mapToLong(order::delayMs).toArray();
    for (int level = 0; level < levelBegins.length; level++) {
      int number = level;
      levelBegins[level] =
          (int) keyedSteps.stream().filter(step -> order.level(step) < number).count();
    }
  }

  private InputHead head(List<Target> targets) {
    List<InputHead.Reader> readers = new ArrayList<>();
    List<Output> others = new ArrayList<>();
    for (Target target : targets) {
      KeyedOperator operator =
          target instanceof Target.ToStep step ? operators[step.index()] : null;
      if (operator == null) {
        others.add(output(target));
        continue;
      }
      Target.ToStep to = (Target.ToStep) target;
      readers.add(new InputHead.Reader(operator, to.input()));
      if (!keyedSteps.contains(to.index())) {
        keyedSteps.add(to.index());
      }
    }
    return new InputHead(readers, Output.of(others));
  }

  private void instantiate(int index, Step step) {
    // What an operator has made, and perhaps changed since, is not in the bytes of a record.
    Guard.Anew anew = follow[index] ? Guard.Anew.NEVER : parts.failures()::anew;
    Guard guard = new Guard(step.name(), step.errors(), failures(index), anew);
    StepSite site =
        new StepSite(
            parts,
            step,
            guard,
            output(index, step.targets()),
            targets -> output(index, targets),
            roles);
    if (step.operator() instanceof StageOperator.Keyed keyed) {
      StepContext context =
          new StepContext(site, keyed, order.level(index), order.delayMs(index), this::takesMore);
      contexts[index] = context;
      operators[index] = OperatorCatalog.keyed(keyed, context);
    } else {
      outputs[index] = OperatorCatalog.other(step.operator(), site);
    }
  }

  /** {@return the failures of a step: of results, if it follows a keyed operator by their key} */
  private Failures failures(int index) {
    boolean isLocal =
        parts.setup().stage().localKeys().stream()
            .anyMatch(target -> target.step().index() == index);
    if (!isLocal) {
      return parts.failures();
    }
    ResultFailures ofResults = new ResultFailures(parts.failures());
    resultFailures[index] = ofResults;
    return ofResults;
  }

  /** {@return the output of a step to some of its targets, which counts what passes} */
  private Output output(int from, List<Target> targets) {
    if (targets.isEmpty()) {
      return Output.NONE;
    }
    Counter passed = parts.metrics().flows().ofStep(from, targets);
    if (targets.size() == 1 && targets.get(0) instanceof Target.ToShuffle shuffle) {
      return output(shuffle, passed); // Which counts by itself: most records go this way.
    }
    List<Output> each = new ArrayList<>();
    targets.forEach(target -> each.add(output(target)));
    return new CountedOutput(passed, Output.of(each));
  }

  private Output output(Target.ToShuffle shuffle, Counter passed) {
    ShuffleWriter writer = parts.shuffles().get(shuffle.index());
    ShuffleEdge edge = writer.output().edge();
    Guard keyGuard = new Guard("key of " + edge.to(), edge.errors(), parts.failures());
    Guard guard =
        edge.combiner()
            .map(plan -> new Guard(plan.step(), plan.errors(), parts.failures()))
            .orElseGet(() -> new Guard("shuffle to " + edge.to(), edge.errors(), parts.failures()));
    Clock clock = parts.clock();
    TaskProgress progress = parts.progress();
    return ShuffleOutput.of(writer, keyGuard, guard, () -> progress.stamp(clock.wallMs()), passed);
  }

  private Output output(Target target) {
    if (target instanceof Target.ToShuffle shuffle) {
      return output(shuffle, new Counter()); // What it takes is counted with the other targets.
    }
    if (target instanceof Target.ToKeyedStep keyed) {
      return output(keyed);
    }
    Output output = outputs[((Target.ToStep) target).index()];
    if (output == null) {
      throw new IllegalStateException("A keyed operator cannot follow " + target + " directly");
    }
    return output;
  }

  private Output output(Target.ToKeyedStep target) {
    int index = target.step().index();
    return new KeyedStepOutput(
        Objects.requireNonNull(operators[index]),
        target.step().input(),
        target.key(),
        Objects.requireNonNull(contexts[index]).keys(),
        new Guard(
            "key of " + parts.setup().stage().steps().get(index).name(),
            target.errors(),
            parts.failures()),
        failuresOfResults(index));
  }

  /**
   * What comes from a source has bytes of its own, and the failures of the task have its record.
   */
  private ResultFailures failuresOfResults(int index) {
    ResultFailures ofResults = resultFailures[index];
    return ofResults == null ? new ResultFailures(parts.failures()) : ofResults;
  }

  /** {@return the operators that read an input} */
  InputHead head(int input) {
    return heads.get(input);
  }

  /** {@return whether there are keyed operators} */
  boolean isKeyed() {
    return !keyed.isEmpty();
  }

  /** Fires what is due; returns false if there is more to fire after the next commit. */
  boolean fire(long eventTime, long processingTime) {
    parts.failures().atNoRecord();
    LevelTimes levels = parts.progress().levels();
    // The last ones first: they must have fired before they get records of this transaction.
    for (int level = levels.count() - 1; level >= 0; level--) {
      long upTo = levels.of(level, eventTime);
      if (!fire(level, upTo, level == 0 ? processingTime : Watermarks.UNKNOWN)) {
        return false;
      }
      levels.fired(level, upTo);
    }
    return true;
  }

  private boolean fire(int level, long eventTime, long processingTime) {
    boolean complete = true;
    for (int i = levelBegins[level]; i < levelBegins[level + 1]; i++) {
      KeyedOperator operator = keyed.get(i);
      long delayMs = delaysMs[i];
      long time = delayMs == 0 ? eventTime : LevelTimes.delayed(eventTime, delayMs);
      complete &= operator.onTime(TimeDomain.EVENT, time);
      complete &= operator.onTime(TimeDomain.PROCESSING, processingTime);
    }
    return complete;
  }

  /**
   * {@return whether something may become due by the worker's clock alone: a timer, a result that
   * is emitted once in a while, a file that is to be closed}
   */
  boolean looksAtClock() {
    return !clocked.isEmpty() || !sinks.isEmpty();
  }

  /** Passes the clock's reading to the operators that look at it. */
  ClockOutcome onClock(long wallMs) {
    ClockOutcome outcome = ClockOutcome.NOTHING;
    for (KeyedOperator operator : clocked) {
      parts.failures().atNoRecord();
      ClockOutcome one = operator.onClock(wallMs);
      outcome = one.compareTo(outcome) > 0 ? one : outcome;
    }
    return outcome;
  }

  /** {@return whether a further record could be processed at once, without being queued} */
  boolean takesMore() {
    for (AsyncMap calls : asyncs) {
      if (!calls.takesMore()) {
        return false;
      }
    }
    return true;
  }

  /** {@return whether calls are under way whose results have not been passed on} */
  boolean hasOpenCalls() {
    for (AsyncMap calls : asyncs) {
      if (calls.isUnderWay()) {
        return true;
      }
    }
    return false;
  }

  /** Emits the results of calls that were answered, and begins further calls. */
  void pump() {
    if (asyncs.isEmpty()) {
      return;
    }
    // Targets come first in the list, so it is walked from its end: a result must not wait a turn
    // for the next step.
    for (int i = asyncs.size() - 1; i >= 0; i--) {
      asyncs.get(i).pump();
    }
    parts.failures().atNoRecord();
  }

  /** {@return how long until a call times out or is to be repeated} */
  long nanosUntilCallDue(long nowNanos) {
    long soonest = Long.MAX_VALUE;
    for (AsyncMap calls : asyncs) {
      soonest = Math.min(soonest, calls.nanosUntilDue(nowNanos));
    }
    return soonest;
  }

  /** Emits what was held back until the commit. */
  void beforeCommit() {
    parts.failures().atNoRecord();
    keyed.forEach(KeyedOperator::beforeCommit);
  }

  /** {@return the sinks' state for the commit frame, their output being durable} */
  List<PreparedOutput> prepare() {
    return sinks.stream().map(sink -> new PreparedOutput(sink.name(), sink.prepare())).toList();
  }

  /**
   * {@return whether there is anything to show besides what was sent: results that are held back,
   * what sinks have, calls that were made}
   */
  boolean hasResults() {
    for (KeyedOperator operator : keyed) {
      if (operator.holdsResults()) {
        return true;
      }
    }
    for (SinkOutput sink : sinks) {
      if (sink.hasOutput()) {
        return true;
      }
    }
    for (AsyncMap calls : asyncs) {
      if (calls.hasCalled()) {
        return true;
      }
    }
    return false;
  }

  /** Notes that the transaction committed. */
  void committed() {
    sinks.forEach(SinkOutput::commit);
    asyncs.forEach(AsyncMap::committed);
  }

  /** Notes that the input has ended. */
  void endOfInput() {
    sinks.forEach(SinkOutput::endOfInput);
  }

  /** {@return whether a sink wants a commit although nothing new was written} */
  boolean wantsCommit(long clockMs) {
    for (SinkOutput sink : sinks) {
      if (sink.wantsCommit(clockMs)) {
        return true;
      }
    }
    return false;
  }

  /** Abandons calls and sinks. */
  void abandon(Fate fate) {
    asyncs.forEach(AsyncMap::abandon);
    sinks.forEach(fate == Fate.ABORTED ? SinkOutput::abandon : SinkOutput::leave);
    topics.forEach(KafkaOutput::close);
  }
}
