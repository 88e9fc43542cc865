package dev.millrace.internal.progress;

import dev.millrace.internal.time.ChannelStatus;

/**
 * The passage through a task of the rows that were in the topics of its tables when the job was
 * first started: until they have passed, what the task sends downstream has the status LOADING.
 *
 * <p>An operator may hold results back until the commit, and what it has to emit may take several
 * commits. So the rows are through a level of operators when these have fired after the last of
 * them arrived, and through the next one when they have done so after the next commit. Once they
 * are through, they are for good: the status is in the task's frames.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class Loading {

  private final int levels;
  private boolean arrived;
  private int throughLevels;

  /** Whether the operators have fired since the rows came through the last one of these levels. */
  private boolean fired;

  private Loading(int levels, int throughLevels) {
    this.levels = levels;
    this.throughLevels = throughLevels;
  }

  /** {@return the way through a task with so many levels of operators, before the first row} */
  static Loading through(int levels) {
    return new Loading(levels, 0);
  }

  /** {@return that of a task whose rows nobody waits for} */
  static Loading none() {
    return new Loading(0, 0);
  }

  /** {@return whether all of the rows are through} */
  boolean isOver() {
    return throughLevels >= levels;
  }

  /** Takes over the status that the task had at its last commit. */
  void restore(ChannelStatus last) {
    if (last != ChannelStatus.LOADING) {
      throughLevels = levels;
    }
  }

  /** Notes that the last of the rows has arrived. */
  void arrived() {
    arrived = true;
  }

  /** Notes that all operators have fired. */
  void fired() {
    if (arrived && throughLevels == 0) {
      throughLevels = 1;
    }
    fired = throughLevels > 0;
  }

  /** Lets the rows into the next level; returns whether they are in one. */
  boolean committed() {
    if (!fired || isOver()) {
      return false;
    }
    fired = false;
    throughLevels++;
    return true;
  }

  /** {@return the status that the task sends} */
  ChannelStatus status(ChannelStatus otherwise) {
    return isOver() || otherwise == ChannelStatus.FINISHED ? otherwise : ChannelStatus.LOADING;
  }
}
