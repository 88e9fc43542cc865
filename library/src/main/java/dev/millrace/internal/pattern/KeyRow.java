package dev.millrace.internal.pattern;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The row of a key: what is known of its runs, and the runs themselves with their events, as long
 * as they are few.
 *
 * <p>Most keys have a run or two at a time. As rows of their own, with one for each of their
 * events, these would be most of what a pattern writes. Once they are many, or their events are
 * large, they are rows; the key's row then names those at places where they are few, which are
 * looked up, while many are found by a scan of the state store. Those of a place that has too many
 * are not named any more until the last run of the key is gone, so that the row stays small.
 *
 * @param head what is known of all runs
 * @param runs the runs that are in this row, in the order of their numbers: all of them or none
 * @param events the events that are in this row
 * @param many the places where the runs are rows that are too many to be named
 * @param few the runs at other places that are rows
 */
public record KeyRow<T>(
    RunHead head,
    List<Run> runs,
    List<NumberedEvent<T>> events,
    List<Integer> many,
    List<RunId> few) {

  /** As many runs are in the row of a key at most, and as many events. */
  public static final int MOST_INSIDE = 16;

  /** As many runs of a place are named at most. */
  public static final int MOST = 16;

  /** As many runs are named at most; a pattern may have thousands of places. */
  static final int MOST_IN_ALL = 64;

  private static final KeyRow<Object> NONE =
      new KeyRow<>(RunHead.NONE, List.of(), List.of(), List.of(), List.of());

  /**
   * An event in the row of a key.
   *
   * @param number its number among those of the key
   */
  public record NumberedEvent<T>(long number, TakenEvent<T> event) {}

  /** {@return the row of a key that has no runs yet; not kept} */
  public static KeyRow<Object> none() {
    return NONE;
  }

  /** {@return the same with another head} */
  public KeyRow<T> with(RunHead other) {
    return new KeyRow<>(other, runs, events, many, few);
  }

  // ------------------------------------------------------------------ what is inside

  /** {@return whether runs of the key are in its row, rather than rows of their own} */
  public boolean isWhole() {
    return few.isEmpty() && many.isEmpty();
  }

  /** {@return a run that is in this row, or null} */
  public @Nullable Run run(int place, long id) {
    int index = indexOf(place, id);
    return index < 0 ? null : runs.get(index);
  }

  /**
   * {@return the runs at a place that are in this row}
   *
   * @param after the number that theirs are greater than
   */
  public List<Run> runs(int place, long after) {
    List<Run> found = new ArrayList<>(runs.size());
    for (int i = 0; i < runs.size(); i++) {
      Run run = runs.get(i);
      if (run.place() == place && run.id() > after) {
        found.add(run);
      }
    }
    return found;
  }

  private int indexOf(int place, long id) {
    for (int i = 0; i < runs.size(); i++) {
      if (runs.get(i).id() == id && runs.get(i).place() == place) {
        return i;
      }
    }
    return -1;
  }

  /** {@return the same with a run in it, in place of that with its number} */
  public KeyRow<T> with(Run run) {
    List<Run> changed = new ArrayList<>(runs.size() + 1);
    changed.addAll(runs);
    int index = indexOf(run.place(), run.id());
    if (index < 0) {
      changed.add(run);
    } else {
      changed.set(index, run);
    }
    return new KeyRow<>(head, changed, events, many, few);
  }

  /** {@return the same without a run that is in it} */
  public KeyRow<T> without(Run run) {
    List<Run> fewer = new ArrayList<>(runs);
    fewer.remove(indexOf(run.place(), run.id()));
    return new KeyRow<>(head, fewer, events, many, few);
  }

  /** {@return an event that is in this row, or null} */
  public @Nullable TakenEvent<T> event(long number) {
    int index = indexOf(number);
    return index < 0 ? null : events.get(index).event();
  }

  private int indexOf(long number) {
    for (int i = 0; i < events.size(); i++) {
      if (events.get(i).number() == number) {
        return i;
      }
    }
    return -1;
  }

  /** {@return the same with an event in it, in place of that with its number} */
  public KeyRow<T> with(long number, TakenEvent<T> event) {
    List<NumberedEvent<T>> changed = new ArrayList<>(events.size() + 1);
    changed.addAll(events);
    int index = indexOf(number);
    NumberedEvent<T> numbered = new NumberedEvent<>(number, event);
    if (index < 0) {
      changed.add(numbered);
    } else {
      changed.set(index, numbered);
    }
    return new KeyRow<>(head, runs, changed, many, few);
  }

  /** {@return the same without an event that is in it} */
  public KeyRow<T> without(long number) {
    List<NumberedEvent<T>> fewer = new ArrayList<>(events);
    fewer.remove(indexOf(number));
    return new KeyRow<>(head, runs, fewer, many, few);
  }

  /**
   * {@return the same with names for the runs in it, which become rows, as do the events}
   *
   * @param most how many runs of a place are named at most
   */
  public KeyRow<T> apart(int most) {
    KeyRow<T> row = new KeyRow<>(head, List.of(), List.of(), many, few);
    for (Run run : runs) {
      row = row.naming(run, most);
    }
    return row;
  }

  // ------------------------------------------------------------------ what is named

  /** {@return whether the runs at a place are rows that are not named} */
  public boolean areMany(int place) {
    return !many.isEmpty() && many.contains(place);
  }

  /**
   * {@return the same with the name of one more run}
   *
   * @param most how many runs of a place are named at most
   */
  public KeyRow<T> naming(Run run, int most) {
    int place = run.place();
    if (areMany(place)) {
      return this;
    }
    if (namesAt(place) >= most) {
      return withoutNamesAt(place);
    }
    if (few.size() == MOST_IN_ALL) {
      return withoutNamesAt(mostCrowded()).naming(run, most);
    }
    List<RunId> more = new ArrayList<>(few.size() + 1);
    more.addAll(few);
    more.add(new RunId(place, run.id()));
    return new KeyRow<>(head, runs, events, many, more);
  }

  private int namesAt(int place) {
    int names = 0;
    for (int i = 0; i < few.size(); i++) {
      names += few.get(i).place() == place ? 1 : 0;
    }
    return names;
  }

  private int mostCrowded() {
    int crowded = few.get(0).place();
    for (RunId each : few) {
      crowded = namesAt(each.place()) > namesAt(crowded) ? each.place() : crowded;
    }
    return crowded;
  }

  private KeyRow<T> withoutNamesAt(int place) {
    List<Integer> more = new ArrayList<>(many);
    more.add(place);
    List<RunId> fewer = few.stream().filter(each -> each.place() != place).toList();
    return new KeyRow<>(head, runs, events, more, fewer);
  }

  /** {@return the same without the name of a run} */
  public KeyRow<T> forgetting(Run run) {
    if (areMany(run.place())) {
      return this;
    }
    List<RunId> fewer = new ArrayList<>(few);
    fewer.remove(new RunId(run.place(), run.id()));
    return new KeyRow<>(head, runs, events, many, fewer);
  }
}
