package dev.millrace.internal.pattern;

import dev.millrace.internal.pattern.MatchResults.Reason;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The limits of a step of the matcher, which act where a key would have too many runs, or keep too
 * many events.
 *
 * <p>A step that adds none is never refused, so that a limit may be lowered.
 *
 * <p><b>Threads.</b> Confined to the task's worker; used for one step.
 */
final class StepLimits {

  private final KeyLimit mostRuns;
  private final KeyLimit mostEvents;
  private final WorkingRuns runs;
  private final StepResults found;

  StepLimits(KeyLimit mostRuns, KeyLimit mostEvents, WorkingRuns runs, StepResults found) {
    this.mostRuns = mostRuns;
    this.mostEvents = mostEvents;
    this.runs = runs;
    this.found = found;
  }

  /** Checks how many runs there are. */
  void checkRuns() {
    int live = runs.live();
    if (live <= mostRuns.most() || live <= runs.liveBefore()) {
      return;
    }
    if (mostRuns.overflow() == KeyLimit.Overflow.FAIL) {
      throw new KeyLimit.ExceededException(
          "Cannot keep a partial match: its key would have more than it may have ("
              + live
              + " of "
              + mostRuns.most()
              + "). Bound the pattern by within(...) or until(...), drop the oldest, or allow more"
              + " by maxRuns(...)");
    }
    int left = live;
    for (List<WorkingRun> oldest : byStart()) {
      if (left <= mostRuns.afterDropping()) {
        return;
      }
      left -= oldest.size();
      drop(oldest, Reason.TOO_MANY_RUNS);
    }
  }

  /** Checks how many events are kept. */
  void checkEvents() {
    int kept = runs.events();
    if (kept <= mostEvents.most() || kept <= runs.eventsBefore()) {
      return;
    }
    if (mostEvents.overflow() == KeyLimit.Overflow.FAIL) {
      throw mostEvents.exceededBy(kept);
    }
    dropUntil(mostEvents.afterDropping());
  }

  /** Drops the runs that have started first, until no more than so many events are kept. */
  void dropUntil(int events) {
    if (!found.settles()) {
      // What has waited since the pattern skipped others does so no longer, and holds events.
      found.settle();
      runs.releaseDone();
    }
    for (List<WorkingRun> oldest : byStart()) {
      if (runs.events() <= events) {
        return;
      }
      drop(oldest, Reason.TOO_MANY_EVENTS);
      if (found.settles()) {
        found.settle();
        runs.releaseDone();
      } else {
        oldest.forEach(runs::releaseIfDone);
      }
    }
  }

  private Collection<List<WorkingRun>> byStart() {
    runs.readAll();
    Map<Long, List<WorkingRun>> byStart = new TreeMap<>();
    for (WorkingRun run : runs.all()) {
      if (run.isLive()) {
        byStart.computeIfAbsent(run.start, start -> new ArrayList<>()).add(run);
      }
    }
    return byStart.values();
  }

  private void drop(List<WorkingRun> oldest, Reason reason) {
    for (WorkingRun run : oldest) {
      if (!run.isLive()) {
        continue; // A match that was emitted meanwhile has skipped it.
      }
      run.open = 0;
      if (run.completed == 0) {
        found.addPartial(runs.path(run), reason);
      }
    }
  }
}
