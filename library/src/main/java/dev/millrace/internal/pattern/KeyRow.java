package dev.millrace.internal.pattern;

import java.util.ArrayList;
import java.util.List;

/**
 * The row of a key: what is known of its runs, and which they are at places where they are few.
 *
 * <p>Most keys have few runs at a time, and those with many have them at a place or two: runs that
 * are named are looked up, which is cheap while they are in memory, where many are found by a scan
 * of the state store. Those of a place that has too many are not named any more until the last run
 * of the key is gone, so that the row stays small.
 *
 * @param head what is known of all runs
 * @param many the places where the runs are too many to be named
 * @param few the runs at other places
 */
public record KeyRow(RunHead head, List<Integer> many, List<RunId> few) {

  /** As many runs of a place are named at most. */
  public static final int MOST = 16;

  /** As many runs are named at most; a pattern may have thousands of places. */
  static final int MOST_IN_ALL = 64;

  /** The row of a key that has no runs yet; not kept. */
  public static final KeyRow NONE = new KeyRow(RunHead.NONE, List.of(), List.of());

  /** {@return whether the runs at a place are not named} */
  public boolean areMany(int place) {
    return !many.isEmpty() && many.contains(place);
  }

  /** {@return the same with another head} */
  public KeyRow with(RunHead other) {
    return new KeyRow(other, many, few);
  }

  /** {@return the same with one more run} */
  public KeyRow plus(Run run) {
    int place = run.place();
    if (areMany(place)) {
      return this;
    }
    if (namesAt(place) == MOST) {
      return withoutNamesAt(place);
    }
    if (few.size() == MOST_IN_ALL) {
      return withoutNamesAt(mostCrowded()).plus(run);
    }
    List<RunId> more = new ArrayList<>(few.size() + 1);
    more.addAll(few);
    more.add(new RunId(place, run.id()));
    return new KeyRow(head, many, more);
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

  private KeyRow withoutNamesAt(int place) {
    List<Integer> more = new ArrayList<>(many);
    more.add(place);
    List<RunId> fewer = few.stream().filter(each -> each.place() != place).toList();
    return new KeyRow(head, more, fewer);
  }

  /** {@return the same without a run, which is named} */
  public KeyRow minus(Run run) {
    List<RunId> fewer = new ArrayList<>(few);
    fewer.remove(new RunId(run.place(), run.id()));
    return new KeyRow(head, many, fewer);
  }
}
