package dev.millrace.internal.pattern;

import dev.millrace.internal.pattern.KeyLimit.Overflow;
import dev.millrace.internal.pattern.MatchResults.Reason;
import dev.millrace.internal.pattern.NaiveMatcher.Moment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Finds what is found of a key that may have only so many partial matches, or keep only so many
 * events: by enumeration after each event, of the events so far that were not refused.
 *
 * <p>For patterns that skip nothing and take the same events in one way only, so that a partial
 * match is its events at their stages.
 */
final class NaiveLimits {

  private final PatternSpec pattern;
  private final KeyLimit mostRuns;
  private final KeyLimit mostEvents;
  private final List<Happening> taken = new ArrayList<>();
  private final Map<Integer, Moment> dropped = new HashMap<>();
  private final Map<Moment, List<String>> reports = new HashMap<>();

  /** How many events were refused, and how many times partial matches were dropped. */
  private int overflows;

  NaiveLimits(PatternSpec pattern, KeyLimit mostRuns, KeyLimit mostEvents) {
    this.pattern = pattern;
    this.mostRuns = mostRuns;
    this.mostEvents = mostEvents;
  }

  /** {@return what is found, in order; time goes on until nothing is due any more} */
  List<String> find(List<Happening> events) throws Exception {
    for (Happening event : events) {
      take(event);
    }
    return new NaiveMatcher(pattern, taken).find(dropped, reports);
  }

  /** {@return how often there was too much} */
  int overflows() {
    return overflows;
  }

  private void take(Happening event) throws Exception {
    List<Path> before =
        taken.isEmpty()
            ? List.of()
            : kept(new NaiveMatcher(pattern, taken).openAt(event.timeMs()), dropped.keySet());
    taken.add(event);
    NaiveMatcher matcher = new NaiveMatcher(pattern, taken);
    List<Path> open = kept(matcher.open(), dropped.keySet());
    Map<Integer, Reason> goes = new TreeMap<>();
    boolean fits =
        fits(mostRuns, before.size(), open.size())
            || drop(open, mostRuns, Reason.TOO_MANY_RUNS, goes);
    int eventsBefore = events(before);
    fits =
        fits
            && (fits(mostEvents, eventsBefore, events(kept(open, goes.keySet())))
                || drop(open, mostEvents, Reason.TOO_MANY_EVENTS, goes));
    overflows += fits && goes.isEmpty() ? 0 : 1;
    if (!fits) {
      taken.remove(taken.size() - 1);
      return;
    }
    Moment now = new Moment(event.timeMs(), taken.size() - 1);
    for (Path path : open) {
      Reason reason = goes.get(start(path));
      if (reason != null && !matcher.isComplete(path)) {
        reports.computeIfAbsent(now, any -> new ArrayList<>()).add(Found.partial(path, reason));
      }
    }
    goes.keySet().forEach(start -> dropped.put(start, now));
  }

  private static boolean fits(KeyLimit limit, int before, int after) {
    return after <= limit.most() || after <= before;
  }

  /** Adds the starts of partial matches that go; returns false if the event is refused instead. */
  private static boolean drop(
      List<Path> open, KeyLimit limit, Reason reason, Map<Integer, Reason> goes) {
    if (limit.overflow() == Overflow.FAIL) {
      return false;
    }
    while (true) {
      List<Path> left = kept(open, goes.keySet());
      int number = reason == Reason.TOO_MANY_RUNS ? left.size() : events(left);
      if (number <= limit.afterDropping()) {
        return true;
      }
      goes.put(left.stream().mapToInt(NaiveLimits::start).min().orElseThrow(), reason);
    }
  }

  private static List<Path> kept(List<Path> paths, Set<Integer> gone) {
    return paths.stream().filter(path -> !gone.contains(start(path))).toList();
  }

  private static int start(Path path) {
    return (int) path.taken().get(0).event();
  }

  private static int events(List<Path> paths) {
    Set<Long> events = new HashSet<>();
    paths.forEach(path -> path.taken().forEach(each -> events.add(each.event())));
    return events.size();
  }
}
