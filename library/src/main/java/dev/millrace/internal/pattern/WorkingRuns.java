package dev.millrace.internal.pattern;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The runs of a key that a step of the matcher is about: they are read as they are needed, changed
 * here, and written together when the step is known to succeed.
 *
 * <p>I1: a run is in the tree as long as something may come of it, it waits to be emitted, or
 * others have come of it. I2: an event is kept as long as it is the last one of a run.
 *
 * <p><b>Threads.</b> Confined to the task's worker; used for one step.
 */
final class WorkingRuns {

  private final Automaton automaton;
  private final MatchState state;
  private final RunHead head;

  /** The moment of this step among those at which matches become complete. */
  private final long moment;

  private final Map<RunId, WorkingRun> runs = new LinkedHashMap<>();
  private final Map<Long, TakenEvent<Object>> events = new HashMap<>();

  /** By how much the number of runs changes of which an event is the last one. */
  private final Map<Long, Integer> uses = new TreeMap<>();

  /** How many events are kept. */
  private int kept;

  /** Whether all runs were read that are live or wait. */
  private boolean areAllRead;

  private long nextEvent;
  private long nextRun;
  private long newest;

  /** Whether it matters to runs that were added what comes right after the event of this step. */
  private boolean matters;

  /** The event of this step, or null if time is what moves on. */
  private @Nullable Object value;

  private long timeMs;

  WorkingRuns(Automaton automaton, MatchState state, RunHead head) {
    this.automaton = automaton;
    this.state = state;
    this.head = head;
    this.kept = head.events();
    this.nextEvent = head.nextEvent();
    this.nextRun = head.nextRun();
    this.newest = head.newest();
    this.moment = nextRun++;
  }

  // ------------------------------------------------------------------ the event of the step

  /** Begins with an event. */
  void beginEvent(long atMs, Object event) {
    timeMs = atMs;
    value = event;
  }

  /** Ends with the event: it has a number if that matters to anything that is there. */
  void endEvent() {
    boolean isKept = uses.getOrDefault(nextEvent, 0) > 0;
    if (isKept || head.newest() != RunHead.NONE_NEW) {
      nextEvent++;
      newest = isKept && matters ? moment : RunHead.NONE_NEW;
    }
  }

  /** {@return the event of this step} */
  Object event() {
    Object present = value;
    if (present == null) {
      throw new IllegalStateException("Cannot give the event of a step: there is none");
    }
    return present;
  }

  /** {@return whether the event of this step comes right after the last one of a run} */
  boolean isNextOf(WorkingRun run) {
    return run.event + 1 == nextEvent;
  }

  /** {@return the moment of this step, after that of any step before} */
  long moment() {
    return moment;
  }

  // ------------------------------------------------------------------ reading

  /** {@return the number of the first place from which on no live runs were when the step began} */
  int livePlaces() {
    return head.live().size();
  }

  /** {@return whether there were live runs at a place when the step began} */
  boolean hadLiveAt(int place) {
    return place < livePlaces() && head.live().get(place) > 0;
  }

  /** {@return the live runs at a place; others may be among them} */
  List<WorkingRun> liveAt(int place) {
    return liveAt(place, 0);
  }

  /**
   * {@return the live runs at a place that the event before has made, if it matters to some what
   * comes right after it; others may be among them}
   */
  List<WorkingRun> newestAt(int place) {
    return head.newest() == RunHead.NONE_NEW ? List.of() : liveAt(place, head.newest());
  }

  private List<WorkingRun> liveAt(int place, long after) {
    List<WorkingRun> found = new ArrayList<>();
    for (Run run : state.live(place, after)) {
      found.add(working(run));
    }
    return found;
  }

  /** {@return a run; null if it is gone} */
  @Nullable WorkingRun find(RunId id) {
    WorkingRun known = runs.get(id);
    if (known != null) {
      return known;
    }
    Run run = state.run(id.place(), id.id());
    return run == null ? null : working(run);
  }

  private WorkingRun working(Run run) {
    RunId id = new RunId(run.place(), run.id());
    WorkingRun known = runs.get(id);
    if (known == null) {
      WorkingRun parent = null;
      if (run.parentPlace() != Run.NO_PARENT) {
        parent = find(new RunId(run.parentPlace(), run.parentId()));
        if (parent == null) {
          throw new IllegalStateException("Cannot go on with " + run + ": its parent is gone");
        }
      }
      known = new WorkingRun(run, parent);
      runs.put(id, known);
    }
    return known;
  }

  /** Reads all runs that are live or wait. */
  void readAll() {
    if (areAllRead) {
      return; // Nothing is written before the end of the step.
    }
    areAllRead = true;
    for (int i = 0; i < automaton.places().size(); i++) {
      Place place = automaton.places().get(i);
      boolean mayWait =
          head.waiting() > 0 && (place.accepts() || place.edges().stream().anyMatch(Edge::isEnd));
      if (mayWait) {
        state.runs(i).forEach(this::working);
      } else if (hadLiveAt(i)) {
        state.live(i, 0).forEach(this::working);
      }
    }
  }

  /** {@return the runs that were read or added so far} */
  Collection<WorkingRun> all() {
    return runs.values();
  }

  // ------------------------------------------------------------------ counting

  /** {@return how many runs were live when the step began} */
  int liveBefore() {
    int live = 0;
    for (int at : head.live()) {
      live += at;
    }
    return live;
  }

  /** {@return how many runs are live} */
  int live() {
    int live = liveBefore();
    for (WorkingRun run : runs.values()) {
      live += (run.isLive() ? 1 : 0) - (run.wasLive() ? 1 : 0);
    }
    return live;
  }

  /** {@return how many matches wait to be emitted} */
  int waiting() {
    int waiting = head.waiting();
    for (WorkingRun run : runs.values()) {
      waiting += (run.waits() ? 1 : 0) - (run.waited() ? 1 : 0);
    }
    return waiting;
  }

  /**
   * {@return the start of the match that has started first of those that wait; {@link
   * RunHead#NO_START} if none does, or if it is a new one and other runs have to be read to know
   * which it waits for}
   */
  long firstWaiting() {
    if (areAllRead) {
      return runs.values().stream()
          .filter(WorkingRun::waits)
          .mapToLong(run -> run.start)
          .min()
          .orElse(RunHead.NO_START);
    }
    long first = head.firstWaiting();
    for (WorkingRun run : runs.values()) {
      if (run.waits() && run.start < first) {
        return RunHead.NO_START;
      }
    }
    return first;
  }

  /** {@return how many live runs have started earlier than the first match that waits} */
  int earlier(long firstWaiting) {
    int earlier = areAllRead ? 0 : head.earlier();
    for (WorkingRun run : runs.values()) {
      if (run.start < firstWaiting) {
        earlier += (run.isLive() ? 1 : 0) - (run.wasLive() && !areAllRead ? 1 : 0);
      }
    }
    return earlier;
  }

  /** {@return how many events were kept when the step began} */
  int eventsBefore() {
    return head.events();
  }

  /** {@return how many events are kept} */
  int events() {
    return kept;
  }

  private boolean isOfThisStep(long number) {
    return value != null && number == head.nextEvent();
  }

  private boolean hasRuns() {
    return live() > 0 || waiting() > 0;
  }

  // ------------------------------------------------------------------ the tree

  /** {@return a run that has taken the event of this step; it is not in the tree so far} */
  WorkingRun branch(@Nullable WorkingRun run, int place) {
    return new WorkingRun(place, nextRun++, run, nextEvent, timeMs);
  }

  /** Adds a branch to the tree. */
  void add(WorkingRun branch) {
    runs.put(new RunId(branch.place, branch.id), branch);
    use(branch.event, 1);
    matters |= automaton.places().get(branch.place).dependsOnNext();
    if (branch.parent != null) {
      branch.parent.children++;
    }
  }

  /** Removes the runs of which nothing can come. */
  void releaseDone() {
    runs.values().forEach(this::releaseIfDone);
  }

  /** Removes a run of which nothing can come, and those before it that were there for it alone. */
  void releaseIfDone(WorkingRun leaf) {
    WorkingRun run = leaf;
    while (run != null && !run.isGone && run.open == 0 && run.completed <= 0 && run.children == 0) {
      run.isGone = true;
      use(run.event, -1);
      run = run.parent;
      if (run != null) {
        run.children--;
      }
    }
  }

  private void use(long number, int change) {
    int known = isOfThisStep(number) ? 0 : event(number).runs();
    int after = uses.merge(number, change, Integer::sum);
    kept += (known + after > 0 ? 1 : 0) - (known + after - change > 0 ? 1 : 0);
  }

  // ------------------------------------------------------------------ paths

  /** {@return the path that a run has taken} */
  Path path(WorkingRun run) {
    return new Path(automaton.stages(), () -> taken(run));
  }

  /** {@return a path that has taken the event of this step as well} */
  Path extended(Path soFar, Place place) {
    List<Path.Taken> all = new ArrayList<>(soFar.taken());
    all.add(new Path.Taken(place.stage(), nextEvent, timeMs, event()));
    List<Path.Taken> taken = List.copyOf(all);
    return new Path(automaton.stages(), () -> taken);
  }

  private List<Path.Taken> taken(WorkingRun leaf) {
    List<Path.Taken> taken = new ArrayList<>();
    for (WorkingRun run = leaf; run != null; run = run.parent) {
      Object of = run.before == null ? event() : event(run.event).value();
      int stage = automaton.places().get(run.place).stage();
      taken.add(0, new Path.Taken(stage, run.event, run.lastMs, of));
    }
    return List.copyOf(taken);
  }

  private TakenEvent<Object> event(long number) {
    return events.computeIfAbsent(number, state::event);
  }

  // ------------------------------------------------------------------ time (M9)

  /** {@return when an edge closes for a run, or {@link Edge#ALWAYS}} */
  long dueMs(WorkingRun run, Edge edge) {
    return Math.min(plus(run.startMs, automaton.withinMs()), plus(run.lastMs, edge.gapMs()));
  }

  private static long plus(long time, long durationMs) {
    long sum = time + durationMs;
    return durationMs == Edge.ALWAYS || sum < time ? Edge.ALWAYS : sum;
  }

  private long dueMs(WorkingRun run) {
    List<Edge> edges = automaton.places().get(run.place).edges();
    long due = Edge.ALWAYS;
    for (int i = 0; i < edges.size(); i++) {
      if ((run.open & (1L << i)) != 0) {
        due = Math.min(due, dueMs(run, edges.get(i)));
      }
    }
    return due;
  }

  // ------------------------------------------------------------------ writing

  /** Writes what has changed. */
  void write() {
    boolean changed = nextEvent != head.nextEvent();
    for (WorkingRun run : runs.values()) {
      changed |= write(run);
    }
    uses.forEach(this::writeEvent);
    if (changed) {
      state.head(hasRuns() ? newHead() : null);
    }
  }

  private boolean write(WorkingRun run) {
    Run before = run.before;
    if (run.isGone) {
      if (before != null) {
        state.remove(before);
      }
      return before != null;
    }
    WorkingRun parent = run.parent;
    Run after =
        new Run(
            run.place,
            run.id,
            parent == null ? Run.NO_PARENT : parent.place,
            parent == null ? 0 : parent.id,
            run.event,
            run.start,
            run.startMs,
            run.lastMs,
            run.open,
            run.completed,
            run.children,
            dueMs(run));
    if (before == null) {
      state.add(after);
    } else if (!after.equals(before)) {
      state.replace(before, after);
    } else {
      return false;
    }
    return true;
  }

  private void writeEvent(long number, int change) {
    if (change == 0) {
      return;
    }
    if (isOfThisStep(number)) {
      state.addEvent(number, new TakenEvent<>(change, timeMs, event()));
      return;
    }
    TakenEvent<Object> event = event(number);
    int runsLeft = event.runs() + change;
    if (runsLeft == 0) {
      state.removeEvent(number);
    } else {
      state.replaceEvent(number, new TakenEvent<>(runsLeft, event.timeMs(), event.value()));
    }
  }

  private RunHead newHead() {
    List<Integer> live = new ArrayList<>(head.live());
    for (WorkingRun run : runs.values()) {
      int change = (run.isLive() ? 1 : 0) - (run.wasLive() ? 1 : 0);
      if (change != 0) {
        while (live.size() <= run.place) {
          live.add(0);
        }
        live.set(run.place, live.get(run.place) + change);
      }
    }
    while (!live.isEmpty() && live.get(live.size() - 1) == 0) {
      live.remove(live.size() - 1);
    }
    long first = firstWaiting();
    return new RunHead(
        nextEvent, nextRun, newest, waiting(), kept, first, earlier(first), List.copyOf(live));
  }
}
