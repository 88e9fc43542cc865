package dev.millrace.internal.pattern;

import dev.millrace.internal.pattern.MatchResults.Reason;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One step of the matcher: the transitions of a key's runs by an event, or by a moment. First it is
 * found out, with all conditions asked, then it is written.
 *
 * <p>The rules M1 to M11 are in {@link Matcher}. The runs are in {@link WorkingRuns}, what is found
 * is in {@link StepResults}, and {@link StepLimits} bounds how much of that a key may have.
 *
 * <p><b>Threads.</b> Confined to the task's worker; used once.
 */
final class MatchStep {

  private static final Comparator<WorkingRun> BY_ID = Comparator.comparingLong(run -> run.id);

  private final Automaton automaton;
  private final Answers answers;
  private final WorkingRuns runs;
  private final StepResults found;
  private final StepLimits limits;

  /** What the event has made of runs; kept only if some may be the same. */
  private final List<WorkingRun> grown = new ArrayList<>();

  MatchStep(
      Automaton automaton,
      Answers answers,
      KeyLimit mostRuns,
      KeyLimit mostEvents,
      MatchState state,
      RunHead head) {
    this.automaton = automaton;
    this.answers = answers;
    this.runs = new WorkingRuns(automaton, state, head);
    this.found = new StepResults(automaton, runs);
    this.limits = new StepLimits(mostRuns, mostEvents, runs, found);
  }

  /** Writes what the step has changed, then passes on what it has found. */
  void apply(MatchResults results) {
    found.read();
    runs.write();
    found.passOn(results);
  }

  // ------------------------------------------------------------------ an event

  /** Takes the event that is asked about. */
  void take(long timeMs) throws Exception {
    runs.beginEvent(timeMs, answers.event());
    List<WorkingRun> concerned = new ArrayList<>();
    for (int i = 0; i < runs.livePlaces(); i++) {
      if (runs.hadLiveAt(i)) {
        for (WorkingRun run : mayConcern(i)) {
          if (run.open != 0) {
            concerned.add(run);
          }
        }
      }
    }
    if (concerned.size() > 1) {
      concerned.sort(BY_ID);
    }
    List<Path> complete = new ArrayList<>();
    for (WorkingRun run : concerned) {
      Place place = automaton.places().get(run.place);
      run.open = follow(run, place.edges(), run.open, complete);
    }
    // M7
    follow(null, automaton.starts(), (1L << automaton.starts().size()) - 1, complete);
    markMatched(grown, grown);
    found.emit(complete);
    limits.checkRuns();
    found.settle();
    runs.releaseDone();
    limits.checkEvents();
    runs.endEvent();
  }

  /** The runs at a place that the event may concern; they need not be open. */
  private List<WorkingRun> mayConcern(int index) throws Exception {
    Place place = automaton.places().get(index);
    if (answers.mayConcern(place)) {
      return runs.liveAt(index);
    }
    return place.dependsOnNext() ? runs.newestAt(index) : List.of();
  }

  /**
   * Follows the open edges of a run with the event.
   *
   * @param run the run; null for the beginning of a match
   * @return the edges that are open after it
   */
  private long follow(@Nullable WorkingRun run, List<Edge> edges, long open, List<Path> complete)
      throws Exception {
    Path soFar = run == null ? answers.noPath() : runs.path(run);
    boolean isNext = run == null || runs.isNextOf(run);
    long left = open;
    long taking = 0;
    for (int i = 0; i < edges.size(); i++) {
      long bit = 1L << i;
      if ((open & bit) == 0) {
        continue;
      }
      Edge edge = edges.get(i);
      if (isHit(edge, isNext, soFar)) {
        left &= ~bit; // M1
        continue;
      }
      if (edge.isEnd()) {
        continue;
      }
      Place target = automaton.places().get(edge.target());
      boolean ends = target.until().isPresent() && answers.ask(target.until().get(), soFar);
      if (!ends && answers.ask(target.test(), soFar)) {
        taking |= bit; // M3
      }
      if (edge.contiguity() == Contiguity.STRICT // M2
          || (edge.contiguity() == Contiguity.RELAXED && (taking & bit) != 0) // M6
          || (edge.repeats() && ends)) { // M4
        left &= ~bit;
      }
    }
    long taken = 0;
    for (int i = 0; i < edges.size(); i++) {
      long bit = 1L << i;
      if ((edges.get(i).unless() & taking) != 0) {
        left &= ~bit; // M5
      } else {
        taken |= taking & bit;
      }
    }
    if (taken != 0) {
      grow(run, edges, taken, soFar, complete);
    }
    return left;
  }

  private boolean isHit(Edge edge, boolean isNext, Path soFar) throws Exception {
    for (Element.Not not : edge.nots()) {
      if ((isNext || !not.onlyNext()) && answers.ask(not.test(), soFar)) {
        return true;
      }
    }
    return false;
  }

  /** Adds the runs that the event makes of one. */
  private void grow(
      @Nullable WorkingRun run, List<Edge> edges, long taken, Path soFar, List<Path> complete) {
    List<Integer> reached = new ArrayList<>();
    for (int i = 0; i < edges.size(); i++) {
      int target = edges.get(i).target();
      if ((taken & (1L << i)) == 0 || reached.contains(target)) {
        continue;
      }
      reached.add(target);
      Place place = automaton.places().get(target);
      WorkingRun child = runs.branch(run, target);
      child.open = place.allEdges();
      if (place.accepts()) { // M8
        if (automaton.skip().skips()) {
          child.completed = runs.moment();
        } else {
          child.completed = Run.EMITTED;
          complete.add(runs.extended(soFar, place));
        }
      }
      if (child.open != 0 || child.completed > 0) {
        runs.add(child);
      }
      if (automaton.isAmbiguous()) {
        grown.add(child);
      }
    }
  }

  /** M11: what is a match in one way is no partial match in another. */
  private void markMatched(Collection<WorkingRun> matched, Collection<WorkingRun> others) {
    for (WorkingRun match : matched) {
      if (match.completed != 0) {
        for (WorkingRun other : others) {
          if (other.completed == 0 && isSame(match, other)) {
            other.completed = Run.EMITTED;
          }
        }
      }
    }
  }

  private boolean isSame(WorkingRun one, WorkingRun other) {
    return one.event == other.event
        && one.start == other.start
        && runs.path(one).isSame(runs.path(other));
  }

  // ------------------------------------------------------------------ time

  /** Closes what is due, of the runs that are still there. */
  void expire(long nowMs, List<RunId> due) {
    List<Path> complete = new ArrayList<>();
    List<WorkingRun> matched = new ArrayList<>();
    List<WorkingRun> timedOut = new ArrayList<>();
    for (RunId id : due) {
      WorkingRun run = runs.find(id);
      if (run == null || run.open == 0) {
        continue;
      }
      if (close(run, nowMs)) {
        matched.add(run);
        if (automaton.skip().skips()) {
          run.completed = runs.moment();
        } else {
          complete.add(runs.path(run));
          run.completed = Run.EMITTED;
        }
      } else if (run.open == 0 && run.completed == 0) {
        timedOut.add(run);
      }
    }
    if (automaton.isAmbiguous()) {
      settleSame(matched, timedOut);
    }
    found.emit(complete);
    for (WorkingRun run : timedOut) {
      found.addPartial(runs.path(run), Reason.TIMED_OUT);
    }
    found.settle();
    runs.releaseDone();
  }

  /** M11: what has timed out in one way may be open in another, or a match. */
  private void settleSame(List<WorkingRun> matched, List<WorkingRun> timedOut) {
    if (automaton.hasGaps()) { // Else the others are due at the same time.
      runs.readAll();
    }
    markMatched(matched, runs.all());
    timedOut.removeIf(
        run ->
            run.completed != 0
                || runs.all().stream().anyMatch(other -> other.isLive() && isSame(other, run)));
  }

  /** M8, M9: closes edges; returns whether the run is a match by that. */
  private boolean close(WorkingRun run, long nowMs) {
    List<Edge> edges = automaton.places().get(run.place).edges();
    boolean matched = false;
    for (int i = 0; i < edges.size(); i++) {
      long bit = 1L << i;
      if ((run.open & bit) != 0 && nowMs >= runs.dueMs(run, edges.get(i))) {
        run.open &= ~bit;
        matched |= edges.get(i).isEnd();
      }
    }
    return matched;
  }

  // ------------------------------------------------------------------ the end, and too many

  /** Closes everything. */
  void end() {
    runs.readAll();
    for (WorkingRun run : runs.all()) {
      run.open = 0;
    }
    found.settle();
    runs.releaseDone();
  }

  /** Drops the runs that have started first, until no more than so many events are kept. */
  void dropUntil(int events) {
    limits.dropUntil(events);
  }
}
