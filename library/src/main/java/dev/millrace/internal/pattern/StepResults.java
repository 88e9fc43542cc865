package dev.millrace.internal.pattern;

import dev.millrace.internal.pattern.MatchResults.Reason;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;

/**
 * The results of a step of the matcher, in their order: matches that are emitted at once, or by
 * their start under a skip strategy (M8, M10, M11), and partial matches that are over.
 *
 * <p><b>Threads.</b> Confined to the task's worker; used for one step.
 */
final class StepResults {

  private record Partial(Path path, Reason reason) {}

  private final Automaton automaton;
  private final WorkingRuns runs;
  private final List<Path> matches = new ArrayList<>();
  private final List<Partial> partials = new ArrayList<>();

  StepResults(Automaton automaton, WorkingRuns runs) {
    this.automaton = automaton;
    this.runs = runs;
  }

  /** Emits matches that became complete together and need not wait. */
  void emit(List<Path> complete) {
    if (complete.size() > 1) {
      complete.sort(
          Comparator.<Path>comparingLong(path -> path.taken().get(0).event())
              .thenComparing(Path::compare));
    }
    for (int i = 0; i < complete.size(); i++) {
      if (i == 0 || !isRepeated(complete.get(i - 1), complete.get(i))) {
        matches.add(complete.get(i));
      }
    }
  }

  /** M11 */
  private boolean isRepeated(Path before, Path path) {
    return automaton.isAmbiguous() && before.isSame(path);
  }

  /** Reports a partial match that is over. */
  void addPartial(Path path, Reason reason) {
    if (!automaton.isAmbiguous()
        || partials.stream().noneMatch(other -> other.path().isSame(path))) {
      partials.add(new Partial(path, reason));
    }
  }

  // ------------------------------------------------------------------ skipping (M10)

  /** {@return whether matches may wait for others} */
  boolean settles() {
    return automaton.skip().skips();
  }

  /**
   * Emits the matches that need wait no longer, and closes what they skip. Without a skip strategy
   * none waits, but for those that did so when the job had one.
   */
  void settle() {
    if (runs.waiting() == 0 || (settles() && !mayEmit())) {
      return;
    }
    runs.readAll();
    List<WorkingRun> byStart =
        sorted(run -> run.isLive() || run.waits(), Comparator.comparingLong(run -> run.start));
    List<WorkingRun> waiting = sorted(WorkingRun::waits, this::compareWaiting);
    int live = 0;
    int gone = 0;
    for (int i = 0; i < waiting.size(); i++) {
      WorkingRun match = waiting.get(i);
      if (!match.waits()) {
        continue;
      }
      while (live < byStart.size() && !byStart.get(live).isLive()) {
        live++;
      }
      if (settles() && live < byStart.size() && byStart.get(live).start < match.start) {
        return;
      }
      Path path = runs.path(match);
      matches.add(path);
      match.completed = Run.EMITTED;
      if (automaton.isAmbiguous()) {
        emitSame(path, match.start, waiting.subList(i + 1, waiting.size()));
      }
      long end = skipsBefore(path);
      for (; gone < byStart.size() && byStart.get(gone).start < end; gone++) {
        WorkingRun run = byStart.get(gone);
        run.open = 0;
        run.completed = Math.min(run.completed, 0);
      }
    }
  }

  private List<WorkingRun> sorted(Predicate<WorkingRun> which, Comparator<WorkingRun> order) {
    List<WorkingRun> sorted = new ArrayList<>();
    for (WorkingRun run : runs.all()) {
      if (which.test(run)) {
        sorted.add(run);
      }
    }
    sorted.sort(order);
    return sorted;
  }

  /** M11: what waits besides with the same path has been emitted with it. */
  private void emitSame(Path path, long start, List<WorkingRun> after) {
    for (WorkingRun run : after) {
      if (run.start != start) {
        return;
      }
      if (run.waits() && runs.path(run).isSame(path)) {
        run.completed = Run.EMITTED;
      }
    }
  }

  /**
   * Whether a match may wait no longer. All go on waiting for as long as the first of them does,
   * and how many runs that waits for is known: so others need not be read before there are none.
   */
  private boolean mayEmit() {
    long first = runs.firstWaiting();
    return first == RunHead.NO_START || runs.earlier(first) == 0;
  }

  private int compareWaiting(WorkingRun one, WorkingRun other) {
    int byStart = Long.compare(one.start, other.start);
    if (byStart != 0) {
      return byStart;
    }
    int byMoment = Long.compare(one.completed, other.completed);
    return byMoment != 0 ? byMoment : Path.compare(runs.path(one), runs.path(other));
  }

  /**
   * The event before which all those have started that a match skips. When it is emitted there are
   * none any more that have started before it, live or waiting.
   */
  private long skipsBefore(Path match) {
    List<Path.Taken> taken = match.taken();
    return switch (automaton.skip().kind()) {
      case NO_SKIP -> 0;
      case TO_NEXT -> taken.get(0).event() + 1;
      case PAST_LAST -> taken.get(taken.size() - 1).event() + 1;
      case TO_FIRST -> ofStage(taken).get(0).event();
      case TO_LAST -> ofStage(taken).get(ofStage(taken).size() - 1).event();
    };
  }

  private List<Path.Taken> ofStage(List<Path.Taken> taken) {
    int stage = automaton.stages().indexOf(automaton.skip().stage());
    return taken.stream().filter(each -> each.stage() == stage).toList();
  }

  // ------------------------------------------------------------------ the end of the step

  /** Reads the events of all that was found, as long as they are there. */
  void read() {
    matches.forEach(Path::taken);
    partials.forEach(partial -> partial.path().taken());
  }

  /** Passes on what was found. */
  void passOn(MatchResults results) {
    matches.forEach(results::match);
    for (Partial partial : partials) {
      results.partial(partial.path(), partial.reason());
    }
  }
}
