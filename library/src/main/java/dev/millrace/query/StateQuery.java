package dev.millrace.query;

import java.time.Duration;
import java.time.Instant;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Questions to one store of a running job, answered for the tasks that are on this instance.
 *
 * <p><b>Contract.</b> Each answer is of one committed state of one task: everything up to the
 * offsets in the {@linkplain StatePosition position}, and nothing after them. Work that is not
 * committed, or was aborted, is never visible. Two answers may be of two states, even from the same
 * task; a later answer of a task is never of an older state, from any instance, unless a maximum
 * age permits it.
 *
 * <p><b>Time.</b> Without {@link #maxAge} an answer has everything that was committed when it was
 * asked for: the task's worker commits once more, even if there is nothing to commit, to be certain
 * that no other instance has taken the task over. So an instance that was paused and has lost its
 * tasks without noticing cannot answer. Questions that wait at the same time share a commit. An
 * answer takes as long as one, a few milliseconds where the job has caught up; up to ten times that
 * in a backlog; longer where sinks, or the transactions of the stage before, want commits further
 * apart; and up to a quarter of a second more after five seconds without questions. Under
 * at-least-once it is the same, with what was processed twice counted twice.
 *
 * <p>With a maximum age the state of the last commit is used if that is recent enough: nothing is
 * committed for the question, and it is answered within the worker's present turn. Use it for
 * frequent questions.
 *
 * <p><b>State.</b> Each key belongs to one task, and each task to one instance. That one alone
 * answers; another throws {@link dev.millrace.error.StateUnavailableException} with the number of
 * the task, as does every instance while the task moves or is being restored.
 *
 * <p><b>Values.</b> Objects are made for each answer and belong to the caller. Functions of the
 * program that make results of accumulators ({@code Aggregation.finish}, and {@code merge} for
 * windows that overlap) are called by the caller's thread, beside the workers.
 *
 * <p><b>Threads.</b> Safe for any thread. Calls wait for the answer.
 *
 * <p><b>Errors.</b> {@link dev.millrace.error.StateUnavailableException} where there is no answer
 * here and now; {@link dev.millrace.error.ConfigurationException} for a question that does not fit
 * the store; {@link dev.millrace.error.StateStoreException} where rows cannot be read.
 *
 * @param <K> the store's keys
 * @param <V> the store's values: results of an aggregate, rows of a table, values of a state; a
 *     {@link java.util.List} or {@link java.util.Map} for a state that is a list or a map
 */
public interface StateQuery<K, V> {

  /** {@return the store's name} */
  String store();

  /** {@return the stage that has it} */
  String stage();

  /** {@return how many tasks the stage has, on all instances together} */
  int tasks();

  /**
   * {@return the task that has a key; empty for a table that is read from its topic without a
   * shuffle, since only its writer knows in which partition a key is}
   */
  OptionalInt taskOf(K key);

  /** {@return the numbers of the tasks that are on this instance at present, restored or not} */
  Set<Integer> localTasks();

  /**
   * {@return the same query, whose answers may be of a state that was the newest so long ago}
   *
   * @param age not negative; zero, the default, for a commit after the question
   */
  StateQuery<K, V> maxAge(Duration age);

  /**
   * {@return the same query, which waits so long for an answer}
   *
   * @param time more than zero; ten seconds by default
   */
  StateQuery<K, V> timeout(Duration time);

  /**
   * {@return the value of a key}
   *
   * <p>A row that has expired has no value. Of a table that is read from its topic without a
   * shuffle all tasks on this instance are asked for the key, and an absent value is certain only
   * if they are all; if they are not, an exception is thrown for a key that is not found.
   *
   * @throws dev.millrace.error.ConfigurationException if the store has windows
   */
  StateAnswer<V> get(K key);

  /**
   * {@return the windows of a key that begin at a time or after it, and before another, in the
   * order of their ends}
   *
   * <p>These are windows that are open or can still be corrected, with the result of the records so
   * far; final results are with the sinks, and no longer in the state. A window that overlaps
   * others is not shown any more when the watermark has passed its end and the allowed lateness,
   * even if its result has not been emitted yet.
   *
   * @throws dev.millrace.error.ConfigurationException if the store has no windows
   */
  default StatePage<K, V> windows(K key, Instant from, Instant to) {
    return windows(key, StateScan.all().between(from, to));
  }

  /**
   * {@return the same, at most as many as the scan's limit; its task and prefix do not matter}
   *
   * @throws dev.millrace.error.ConfigurationException if the store has no windows
   */
  StatePage<K, V> windows(K key, StateScan scan);

  /**
   * {@return a page of the store's rows, from one task}
   *
   * <p>A scan goes through the tasks in the order of their numbers, or through a single one if it
   * names it, and within a task in the order of the rows: by key, or by end and key for windows.
   * Each page is of one committed state. Rows that come or go between two pages may be in one or
   * not; all others are in exactly one.
   *
   * @throws dev.millrace.error.StateUnavailableException if the page's task is not on this
   *     instance: go on there with the same scan, or here with another task
   * @throws dev.millrace.error.ConfigurationException for stores that can only be asked by key:
   *     windows that overlap, and states that are lists or maps
   */
  StatePage<K, V> scan(StateScan scan);
}
