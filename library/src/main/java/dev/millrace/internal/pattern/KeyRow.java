package dev.millrace.internal.pattern;

import java.util.ArrayList;
import java.util.List;

/**
 * The row of a key: what is known of its runs, and which they are as long as they are few.
 *
 * <p>Most keys have few runs at a time: each is looked up then, which is cheap while it is in
 * memory, where many are found by a scan of the state store. Once there are many, the row is as
 * small as before, and stays so until the last of them is gone.
 *
 * @param head what is known of all runs
 * @param areMany whether the runs are too many to be named
 * @param few the runs, unless they are many
 */
public record KeyRow(RunHead head, boolean areMany, List<RunId> few) {

  /** As many runs are named at most. */
  public static final int MOST = 16;

  /** The row of a key that has no runs yet; not kept. */
  public static final KeyRow NONE = new KeyRow(RunHead.NONE, false, List.of());

  /** {@return the same with another head} */
  public KeyRow with(RunHead other) {
    return new KeyRow(other, areMany, few);
  }

  /** {@return the same with one more run; they must not be many} */
  public KeyRow plus(Run run) {
    if (few.size() == MOST) {
      return new KeyRow(head, true, List.of());
    }
    List<RunId> more = new ArrayList<>(few.size() + 1);
    more.addAll(few);
    more.add(new RunId(run.place(), run.id()));
    return new KeyRow(head, false, more);
  }

  /** {@return the same without a run; they must not be many} */
  public KeyRow minus(Run run) {
    List<RunId> fewer = new ArrayList<>(few);
    fewer.remove(new RunId(run.place(), run.id()));
    return new KeyRow(head, false, fewer);
  }
}
