package dev.millrace.internal.pattern;

import dev.millrace.internal.pattern.MatchResults.Reason;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One step of the matcher: what an event, or a moment, makes of the runs of a key. First it is
 * found out, with all conditions asked, then it is written.
 *
 * <p>The rules M1 to M11 are in {@link Matcher}.
 *
 * <p><b>Threads.</b> Confined to the task's worker; used once.
 */
final class MatchStep {

  /** A run as this step has changed it. */
  private static final class Working {
    final @Nullable Run before;
    final int place;
    final long id;
    final @Nullable Working parent;
    final long event;
    final long start;
    final long startMs;
    final long lastMs;
    long open;
    long completed;
    int children;
    boolean isGone;

    Working(Run run, @Nullable Working parent) {
      this.before = run;
      this.place = run.place();
      this.id = run.id();
      this.parent = parent;
      this.event = run.event();
      this.start = run.start();
      this.startMs = run.startMs();
      this.lastMs = run.lastMs();
      this.open = run.open();
      this.completed = run.completed();
      this.children = run.children();
    }

    Working(int place, long id, @Nullable Working parent, long event, long timeMs) {
      this.before = null;
      this.place = place;
      this.id = id;
      this.parent = parent;
      this.event = event;
      this.start = parent == null ? event : parent.start;
      this.startMs = parent == null ? timeMs : parent.startMs;
      this.lastMs = timeMs;
    }

    boolean isLive() {
      return !isGone && open != 0;
    }

    boolean waits() {
      return !isGone && completed > 0;
    }

    boolean wasLive() {
      return before != null && before.open() != 0;
    }

    boolean waited() {
      return before != null && before.completed() > 0;
    }
  }

  private record Partial(Path path, Reason reason) {}

  private final Automaton automaton;
  private final RunLimit limit;
  private final MatchState state;
  private final RunHead head;

  /** The moment of this step among those at which matches become complete. */
  private final long moment;

  private final Map<RunId, Working> runs = new LinkedHashMap<>();
  private final IdentityHashMap<EventTest, Boolean> asked = new IdentityHashMap<>();
  private final Map<Long, TakenEvent<Object>> events = new HashMap<>();

  /** By how much the number of runs changes of which an event is the last one. */
  private final Map<Long, Integer> uses = new TreeMap<>();

  private final List<Path> matches = new ArrayList<>();
  private final List<Partial> partials = new ArrayList<>();

  private long nextEvent;
  private long nextRun;

  /** The event of this step, or null if time is what moves on. */
  private @Nullable Object value;

  private long timeMs;

  MatchStep(Automaton automaton, RunLimit limit, MatchState state) {
    this.automaton = automaton;
    this.limit = limit;
    this.state = state;
    RunHead known = state.head();
    this.head = known == null ? RunHead.NONE : known;
    this.nextEvent = head.nextEvent();
    this.nextRun = head.nextRun();
    this.moment = nextRun++;
  }

  // ------------------------------------------------------------------ an event

  void take(long atMs, Object event) throws Exception {
    timeMs = atMs;
    value = event;
    List<Working> concerned = new ArrayList<>();
    for (int place = 0; place < head.live().size(); place++) {
      if (head.live().get(place) > 0 && mayConcern(automaton.places().get(place))) {
        for (Working run : at(place)) {
          if (run.open != 0) {
            concerned.add(run);
          }
        }
      }
    }
    concerned.sort(Comparator.comparingLong(run -> run.id));
    List<Path> complete = new ArrayList<>();
    for (Working run : concerned) {
      Place place = automaton.places().get(run.place);
      run.open = follow(run, place.edges(), run.open, complete);
    }
    // M7
    follow(null, automaton.starts(), (1L << automaton.starts().size()) - 1, complete);
    emit(complete);
    checkLimit();
    settle();
    runs.values().forEach(this::releaseIfDone);
    boolean isKept = uses.getOrDefault(nextEvent, 0) > 0;
    if (isKept || (automaton.countsEvents() && hasRuns())) {
      nextEvent++;
    }
  }

  /** Whether an event can change anything for runs at a place, as far as that is one answer. */
  private boolean mayConcern(Place place) throws Exception {
    if (place.dependsOnNext()) {
      return true;
    }
    for (Edge edge : place.edges()) {
      for (Element.Not not : edge.nots()) {
        if (mayHold(not.test())) {
          return true;
        }
      }
      if (!edge.isEnd()) {
        Place target = automaton.places().get(edge.target());
        if (mayHold(target.test())
            || (edge.repeats() && target.until().isPresent() && mayHold(target.until().get()))) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean mayHold(EventTest test) throws Exception {
    return test.readsMatch() || ask(test, noPath());
  }

  /**
   * Follows the open edges of a run with the event.
   *
   * @param run the run; null for the beginning of a match
   * @return the edges that are open after it
   */
  private long follow(@Nullable Working run, List<Edge> edges, long open, List<Path> complete)
      throws Exception {
    Path soFar = run == null ? noPath() : path(run);
    boolean isNext = run == null || run.event + 1 == nextEvent;
    long left = open;
    long taking = 0;
    for (int i = 0; i < edges.size(); i++) {
      long bit = 1L << i;
      if ((open & bit) == 0) {
        continue;
      }
      Edge edge = edges.get(i);
      if (isHit(edge, isNext, soFar) || (edge.contiguity() == Contiguity.STRICT && !isNext)) {
        left &= ~bit; // M1, M2
        continue;
      }
      if (edge.isEnd()) {
        continue;
      }
      Place target = automaton.places().get(edge.target());
      boolean ends = target.until().isPresent() && ask(target.until().get(), soFar);
      if (!ends && ask(target.test(), soFar)) {
        taking |= bit; // M3
      }
      if (edge.contiguity() == Contiguity.STRICT
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
    grow(run, edges, taken, soFar, complete);
    return left;
  }

  private boolean isHit(Edge edge, boolean isNext, Path soFar) throws Exception {
    for (Element.Not not : edge.nots()) {
      if ((isNext || !not.onlyNext()) && ask(not.test(), soFar)) {
        return true;
      }
    }
    return false;
  }

  private boolean ask(EventTest test, Path soFar) throws Exception {
    Object event = present();
    if (test.readsMatch()) {
      return test.holds(event, soFar);
    }
    Boolean known = asked.get(test);
    if (known == null) {
      known = test.holds(event, soFar);
      asked.put(test, known);
    }
    return known;
  }

  private Object present() {
    Object present = value;
    if (present == null) {
      throw new IllegalStateException("Cannot ask a condition: there is no event");
    }
    return present;
  }

  /** Adds the runs that the event makes of one. */
  private void grow(
      @Nullable Working run, List<Edge> edges, long taken, Path soFar, List<Path> complete) {
    List<Integer> reached = new ArrayList<>();
    for (int i = 0; i < edges.size(); i++) {
      int target = edges.get(i).target();
      if ((taken & (1L << i)) == 0 || reached.contains(target)) {
        continue;
      }
      reached.add(target);
      Place place = automaton.places().get(target);
      Working child = new Working(target, nextRun++, run, nextEvent, timeMs);
      child.open = place.allEdges();
      if (place.accepts()) { // M8
        if (automaton.skip().skips()) {
          child.completed = moment;
        } else {
          child.completed = Run.EMITTED;
          complete.add(extended(soFar, place));
        }
      }
      if (child.open != 0 || child.completed > 0) {
        runs.put(new RunId(target, child.id), child);
        uses.merge(nextEvent, 1, Integer::sum);
        if (run != null) {
          run.children++;
        }
      }
    }
  }

  private Path extended(Path soFar, Place place) {
    List<Path.Taken> all = new ArrayList<>(soFar.taken());
    all.add(new Path.Taken(place.stage(), nextEvent, timeMs, present()));
    List<Path.Taken> taken = List.copyOf(all);
    return new Path(automaton.stages(), () -> taken);
  }

  /** Emits matches that became complete together and need not wait. */
  private void emit(List<Path> complete) {
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

  // ------------------------------------------------------------------ time

  void expire(long nowMs, List<RunId> due) {
    timeMs = nowMs;
    List<Path> complete = new ArrayList<>();
    List<Path> timedOut = new ArrayList<>();
    for (RunId id : due) {
      Working run = find(id.place(), id.id());
      if (run == null || run.open == 0) {
        continue;
      }
      boolean matched = close(run, nowMs);
      if (matched && automaton.skip().skips()) {
        run.completed = moment;
      } else if (matched) {
        complete.add(path(run));
        run.completed = Run.EMITTED;
      } else if (run.open == 0 && run.completed == 0) {
        timedOut.add(path(run));
      }
    }
    emit(complete);
    for (Path path : timedOut) {
      addPartial(path, Reason.TIMED_OUT);
    }
    settle();
    runs.values().forEach(this::releaseIfDone);
  }

  /** M8, M9: closes edges; returns whether the run is a match by that. */
  private boolean close(Working run, long nowMs) {
    List<Edge> edges = automaton.places().get(run.place).edges();
    boolean matched = false;
    for (int i = 0; i < edges.size(); i++) {
      long bit = 1L << i;
      if ((run.open & bit) != 0 && nowMs >= dueMs(run, edges.get(i))) {
        run.open &= ~bit;
        matched |= edges.get(i).isEnd();
      }
    }
    return matched;
  }

  private long dueMs(Working run, Edge edge) {
    return Math.min(plus(run.startMs, automaton.withinMs()), plus(run.lastMs, edge.gapMs()));
  }

  private static long plus(long time, long durationMs) {
    long sum = time + durationMs;
    return durationMs == Edge.ALWAYS || sum < time ? Edge.ALWAYS : sum;
  }

  private long dueMs(Working run) {
    List<Edge> edges = automaton.places().get(run.place).edges();
    long due = Edge.ALWAYS;
    for (int i = 0; i < edges.size(); i++) {
      if ((run.open & (1L << i)) != 0) {
        due = Math.min(due, dueMs(run, edges.get(i)));
      }
    }
    return due;
  }

  private void addPartial(Path path, Reason reason) {
    if (!automaton.isAmbiguous()
        || partials.stream().noneMatch(other -> other.path().isSame(path))) {
      partials.add(new Partial(path, reason));
    }
  }

  // ------------------------------------------------------------------ the end, and limits

  void end() {
    readAll();
    for (Working run : runs.values()) {
      run.open = 0;
    }
    settle();
    runs.values().forEach(this::releaseIfDone);
  }

  private void checkLimit() {
    int live = liveRuns();
    if (live <= limit.most() || live <= liveBefore()) {
      return;
    }
    if (limit.overflow() == RunLimit.Overflow.FAIL) {
      throw new IllegalStateException(
          "Cannot keep a partial match: its key would have more than it may have ("
              + live
              + " of "
              + limit.most()
              + "). Bound the pattern by within(...) or until(...), drop the oldest, or allow more"
              + " by maxRuns(...)");
    }
    readAll();
    Map<Long, List<Working>> byStart = new TreeMap<>();
    for (Working run : runs.values()) {
      if (run.isLive()) {
        byStart.computeIfAbsent(run.start, start -> new ArrayList<>()).add(run);
      }
    }
    int left = live;
    for (List<Working> oldest : byStart.values()) {
      if (left <= limit.afterDropping()) {
        return;
      }
      for (Working run : oldest) {
        run.open = 0;
        if (run.completed == 0) {
          addPartial(path(run), Reason.DROPPED);
        }
      }
      left -= oldest.size();
    }
  }

  private int liveBefore() {
    return head.live().stream().mapToInt(Integer::intValue).sum();
  }

  private int liveRuns() {
    int live = liveBefore();
    for (Working run : runs.values()) {
      live += (run.isLive() ? 1 : 0) - (run.wasLive() ? 1 : 0);
    }
    return live;
  }

  // ------------------------------------------------------------------ skipping (M10)

  private void settle() {
    if (!automaton.skip().skips() || waiting() == 0) {
      return;
    }
    readAll();
    while (true) {
      Optional<Working> first =
          runs.values().stream().filter(Working::waits).min(this::compareWaiting);
      if (first.isEmpty()) {
        return;
      }
      Working match = first.get();
      if (runs.values().stream().anyMatch(run -> run.isLive() && run.start < match.start)) {
        return;
      }
      Path path = path(match);
      matches.add(path);
      match.completed = Run.EMITTED;
      if (automaton.isAmbiguous()) {
        for (Working run : runs.values()) {
          if (run.waits() && run.start == match.start && path(run).isSame(path)) {
            run.completed = Run.EMITTED;
          }
        }
      }
      Predicate<Working> goes = skippedBy(path);
      for (Working run : runs.values()) {
        if (goes.test(run)) {
          run.open = 0;
          run.completed = Math.min(run.completed, 0);
        }
      }
    }
  }

  private int compareWaiting(Working one, Working other) {
    int byStart = Long.compare(one.start, other.start);
    if (byStart != 0) {
      return byStart;
    }
    int byMoment = Long.compare(one.completed, other.completed);
    return byMoment != 0 ? byMoment : Path.compare(path(one), path(other));
  }

  private Predicate<Working> skippedBy(Path match) {
    List<Path.Taken> taken = match.taken();
    long start = taken.get(0).event();
    return switch (automaton.skip().kind()) {
      case NO_SKIP -> run -> false;
      case TO_NEXT -> run -> run.start == start;
      case PAST_LAST -> run -> run.start <= taken.get(taken.size() - 1).event();
      case TO_FIRST -> startsBefore(ofStage(taken).get(0));
      case TO_LAST -> startsBefore(ofStage(taken).get(ofStage(taken).size() - 1));
    };
  }

  private static Predicate<Working> startsBefore(Path.Taken event) {
    return run -> run.start < event.event();
  }

  private List<Path.Taken> ofStage(List<Path.Taken> taken) {
    int stage = automaton.stages().indexOf(automaton.skip().stage());
    return taken.stream().filter(each -> each.stage() == stage).toList();
  }

  private int waiting() {
    int waiting = head.waiting();
    for (Working run : runs.values()) {
      waiting += (run.waits() ? 1 : 0) - (run.waited() ? 1 : 0);
    }
    return waiting;
  }

  // ------------------------------------------------------------------ runs

  /** Reads all runs that are live or wait. */
  private void readAll() {
    for (int i = 0; i < automaton.places().size(); i++) {
      boolean live = i < head.live().size() && head.live().get(i) > 0;
      Place place = automaton.places().get(i);
      boolean mayWait =
          head.waiting() > 0 && (place.accepts() || place.edges().stream().anyMatch(Edge::isEnd));
      if (live || mayWait) {
        at(i);
      }
    }
  }

  private List<Working> at(int place) {
    List<Working> found = new ArrayList<>();
    for (Run run : state.runs(place)) {
      found.add(working(run));
    }
    return found;
  }

  private @Nullable Working find(int place, long id) {
    Working known = runs.get(new RunId(place, id));
    if (known != null) {
      return known;
    }
    Run run = state.run(place, id);
    return run == null ? null : working(run);
  }

  private Working working(Run run) {
    RunId id = new RunId(run.place(), run.id());
    Working known = runs.get(id);
    if (known == null) {
      Working parent = null;
      if (run.parentPlace() != Run.NO_PARENT) {
        parent = find(run.parentPlace(), run.parentId());
        if (parent == null) {
          throw new IllegalStateException("Cannot go on with " + run + ": its parent is gone");
        }
      }
      known = new Working(run, parent);
      runs.put(id, known);
    }
    return known;
  }

  private Path noPath() {
    return new Path(automaton.stages(), List::of);
  }

  private Path path(Working run) {
    return new Path(automaton.stages(), () -> taken(run));
  }

  private List<Path.Taken> taken(Working leaf) {
    List<Path.Taken> taken = new ArrayList<>();
    for (Working run = leaf; run != null; run = run.parent) {
      Object of = run.before == null ? present() : event(run.event).value();
      int stage = automaton.places().get(run.place).stage();
      taken.add(0, new Path.Taken(stage, run.event, run.lastMs, of));
    }
    return List.copyOf(taken);
  }

  private TakenEvent<Object> event(long number) {
    return events.computeIfAbsent(number, state::event);
  }

  /** Removes a run of which nothing can come, and those before it that were there for it alone. */
  private void releaseIfDone(Working leaf) {
    Working run = leaf;
    while (run != null && !run.isGone && run.open == 0 && run.completed <= 0 && run.children == 0) {
      run.isGone = true;
      uses.merge(run.event, -1, Integer::sum);
      run = run.parent;
      if (run != null) {
        run.children--;
      }
    }
  }

  private boolean hasRuns() {
    return liveRuns() > 0 || waiting() > 0;
  }

  // ------------------------------------------------------------------ writing

  void apply(MatchResults results) {
    matches.forEach(Path::taken);
    partials.forEach(partial -> partial.path().taken());
    boolean changed = nextEvent != head.nextEvent();
    for (Working run : runs.values()) {
      changed |= write(run);
    }
    uses.forEach(this::writeEvent);
    if (changed) {
      state.head(hasRuns() ? newHead() : null);
    }
    matches.forEach(results::match);
    for (Partial partial : partials) {
      results.partial(partial.path(), partial.reason());
    }
  }

  private boolean write(Working run) {
    Run before = run.before;
    if (run.isGone) {
      if (before != null) {
        state.remove(before);
      }
      return before != null;
    }
    Working parent = run.parent;
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
    boolean isPresent = value != null && number == head.nextEvent();
    if (change == 0) {
      return;
    }
    if (isPresent) {
      state.addEvent(number, new TakenEvent<>(change, timeMs, present()));
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
    for (Working run : runs.values()) {
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
    return new RunHead(nextEvent, nextRun, waiting(), List.copyOf(live));
  }
}
