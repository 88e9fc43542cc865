package dev.millrace.internal.pattern;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The state of a pattern for one key, on the heap. It checks that nothing is added twice. */
final class HeapMatchState implements MatchState {

  private static final Comparator<RunId> ORDER =
      Comparator.comparingInt(RunId::place).thenComparingLong(RunId::id);

  private final TreeMap<RunId, Run> runs = new TreeMap<>(ORDER);
  private final Map<Long, TakenEvent<Object>> events = new HashMap<>();
  private @Nullable RunHead head;

  @Override
  public @Nullable RunHead head() {
    return head;
  }

  @Override
  public void head(@Nullable RunHead now) {
    head = now;
  }

  @Override
  public List<Run> live(int place, long after) {
    return runs(place).stream().filter(run -> run.open() != 0 && run.id() > after).toList();
  }

  @Override
  public List<Run> runs(int place) {
    return List.copyOf(runs.subMap(new RunId(place, 0), new RunId(place + 1, 0)).values());
  }

  @Override
  public @Nullable Run run(int place, long id) {
    return runs.get(new RunId(place, id));
  }

  @Override
  public void add(Run run) {
    check(runs.put(id(run), run) == null, "added twice: " + run);
  }

  @Override
  public void replace(Run before, Run after) {
    check(before.equals(runs.put(id(after), after)), "not what was there: " + before);
  }

  @Override
  public void remove(Run run) {
    check(run.equals(runs.remove(id(run))), "not what was there: " + run);
  }

  private static RunId id(Run run) {
    return new RunId(run.place(), run.id());
  }

  @Override
  public TakenEvent<Object> event(long number) {
    return Objects.requireNonNull(events.get(number), "no event " + number);
  }

  @Override
  public void addEvent(long number, TakenEvent<Object> event) {
    check(events.put(number, event) == null, "event added twice: " + number);
  }

  @Override
  public void replaceEvent(long number, TakenEvent<Object> event) {
    check(events.put(number, event) != null, "no event " + number);
  }

  @Override
  public void removeEvent(long number) {
    check(events.remove(number) != null, "no event " + number);
  }

  private static void check(boolean holds, String message) {
    if (!holds) {
      throw new AssertionError(message);
    }
  }

  /** {@return when the next edge closes by time} */
  long nextDueMs() {
    return runs.values().stream().mapToLong(Run::dueMs).min().orElse(Edge.ALWAYS);
  }

  /** {@return the runs that are due at a time} */
  List<RunId> due(long timeMs) {
    return runs.values().stream()
        .filter(run -> run.dueMs() == timeMs)
        .map(HeapMatchState::id)
        .toList();
  }

  int size() {
    return runs.size() + events.size() + (head == null ? 0 : 1);
  }

  int liveRuns() {
    return (int) runs.values().stream().filter(run -> run.open() != 0).count();
  }

  /** {@return all that is there} */
  String describe() {
    return head + " " + runs.values() + " " + new TreeMap<>(events);
  }

  /** Compares the counts in the rows with what there is. */
  void checkCounts() {
    Map<RunId, Integer> children = new HashMap<>();
    Map<Long, Integer> uses = new HashMap<>();
    List<Integer> live = new ArrayList<>();
    int waiting = 0;
    for (Run run : runs.values()) {
      uses.merge(run.event(), 1, Integer::sum);
      if (run.parentPlace() != Run.NO_PARENT) {
        RunId parent = new RunId(run.parentPlace(), run.parentId());
        check(runs.containsKey(parent), "no parent of " + run);
        children.merge(parent, 1, Integer::sum);
      }
      waiting += run.completed() > 0 ? 1 : 0;
      while (run.open() != 0 && live.size() <= run.place()) {
        live.add(0);
      }
      if (run.open() != 0) {
        live.set(run.place(), live.get(run.place()) + 1);
      }
    }
    for (Run run : runs.values()) {
      int counted = children.getOrDefault(id(run), 0);
      check(run.children() == counted, counted + " children of " + run);
      check(run.open() != 0 || run.completed() > 0 || counted > 0, "nothing comes of " + run);
    }
    check(events.keySet().equals(uses.keySet()), "events " + events + " for " + runs);
    events.forEach(
        (number, event) ->
            check(uses.get(number) == event.runs(), "uses of event " + number + ": " + event));
    RunHead now = head;
    check((now == null) == runs.isEmpty(), "head " + now + " of " + runs);
    if (now != null) {
      check(now.live().equals(live), "live " + live + " by " + now);
      check(now.waiting() == waiting, "waiting " + waiting + " by " + now);
      checkFirst(now);
      check(now.events() == events.size(), "events " + events.size() + " by " + now);
    }
  }

  private void checkFirst(RunHead now) {
    long first =
        runs.values().stream()
            .filter(run -> run.completed() > 0)
            .mapToLong(Run::start)
            .min()
            .orElse(RunHead.NO_START);
    long earlier =
        runs.values().stream().filter(run -> run.open() != 0 && run.start() < first).count();
    check(now.firstWaiting() == first, "first to wait " + first + " by " + now);
    check(now.earlier() == earlier, earlier + " that it waits for by " + now);
    check((earlier == 0) == (now.waiting() == 0), "nothing to wait for by " + now);
  }
}
