package dev.millrace.internal.operator.pattern;

import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.CallResults;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.MatchCounts;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.pattern.MatchAccess;
import dev.millrace.internal.pattern.MatchResults;
import dev.millrace.internal.pattern.Path;
import dev.millrace.internal.plan.PatternMatch;
import dev.millrace.pattern.FlatSelectFunction;
import dev.millrace.pattern.Match;
import dev.millrace.pattern.Unfinished;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * The results of the matcher: those of one step are held back until it is over, then the program's
 * function is called on each match, and the error policy is about that match alone.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class MatchCalls implements MatchResults {

  private record Partial(Path path, Reason reason) {}

  private final Supplier<Object> key;
  private final FlatSelectFunction<Object, Object> function;
  private final Guard guard;
  private final MatchCounts counts;
  private final Output next;
  private final Output unfinished;
  private final CallResults results =
      new CallResults("a pattern", "the function of the pattern emitted null");
  private final List<Path> matches = new ArrayList<>();
  private final List<Partial> partials = new ArrayList<>();

  /**
   * Creates the results of an operator.
   *
   * @param key gives the key of the step
   */
  @SuppressWarnings("unchecked") // the builder's types match what arrives
  MatchCalls(PatternMatch match, OperatorContext context, Supplier<Object> key) {
    this.key = key;
    this.function = (FlatSelectFunction<Object, Object>) match.function();
    this.guard = context.guard();
    this.counts = context.matches();
    this.next = context.next();
    this.unfinished =
        match.rules().unfinished().map(tag -> context.side(tag.name())).orElse(Output.NONE);
  }

  /** Drops what an attempt has found that failed. */
  void clear() {
    matches.clear();
    partials.clear();
  }

  @Override
  public void match(Path path) {
    matches.add(path);
  }

  @Override
  public void partial(Path path, Reason reason) {
    partials.add(new Partial(path, reason));
  }

  /**
   * Emits what a step has found.
   *
   * @param nowMs the time of the step, in the time that the pattern goes by
   * @param resultMs the event time of the results
   */
  void emit(long nowMs, long resultMs) {
    if (!matches.isEmpty()) {
      counts.countMatches(matches.size());
    }
    for (int i = 0; i < matches.size(); i++) {
      call(view(matches.get(i)));
      results.passOn(next, resultMs, FrameFormat.RECORD);
      results.clear();
    }
    for (int i = 0; i < partials.size(); i++) {
      Partial partial = partials.get(i);
      count(partial.reason());
      if (unfinished == Output.NONE) {
        continue;
      }
      Match<Object> view = view(partial.path());
      unfinished.emit(
          new Unfinished<>(
              view.byStage(), view.start(), Instant.ofEpochMilli(nowMs), of(partial.reason())),
          resultMs,
          FrameFormat.RECORD);
    }
    clear();
  }

  private void count(Reason reason) {
    switch (reason) {
      case TIMED_OUT -> counts.countTimedOut();
      case TOO_MANY_RUNS -> counts.countDropped();
      case TOO_MANY_EVENTS -> counts.countDroppedForRecords();
    }
  }

  private static Unfinished.Reason of(Reason reason) {
    return reason == Reason.TIMED_OUT ? Unfinished.Reason.TIMED_OUT : Unfinished.Reason.DROPPED;
  }

  @SuppressWarnings("unchecked") // the only views there are
  private static Match<Object> view(Path path) {
    return (Match<Object>) MatchAccess.match(path);
  }

  private void call(Match<Object> match) {
    try {
      attempt(match);
    } catch (Exception e) {
      Boolean done =
          guard.recoverResult(
              () -> new MatchLetter(key.get(), match.byStage()), e, () -> attempt(match));
      if (done == null) {
        results.clear();
      }
    } finally {
      results.end();
    }
  }

  private Boolean attempt(Match<Object> match) throws Exception {
    results.begin();
    function.select(match, results);
    return true;
  }
}
