package dev.millrace.internal.meta;

import dev.millrace.admin.InstanceState;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The report of an instance about itself, written every few seconds to the job's status topic as
 * JSON.
 *
 * @param instance its name
 * @param job the job
 * @param host where it runs
 * @param pid its process
 * @param state the state of its run, by the name of an {@link InstanceState}; later versions may
 *     have others
 * @param error what stopped it, or an empty text
 * @param restarts how often a supervisor has started it again; 0 in a report of an earlier version
 * @param lastFailure why the last time, or an empty text; null in a report of an earlier version
 * @param atMs when this was reported, milliseconds since the epoch
 * @param sessionTimeoutMs the time after which brokers would notice its death, in milliseconds;
 *     null if that is not known, or not reported by an earlier version
 * @param stages its share of each stage it serves
 * @param tables the tables that it has whole; none in a report of an earlier version
 * @param http where it serves HTTP, a URI; null if nowhere, or not reported by an earlier version
 */
public record InstanceReport(
    String instance,
    String job,
    String host,
    long pid,
    String state,
    String error,
    int restarts,
    @Nullable String lastFailure,
    long atMs,
    @Nullable Long sessionTimeoutMs,
    Map<String, StageReport> stages,
    List<TableReport> tables,
    @Nullable String http) {

  public InstanceReport {
    tables = tables == null ? List.of() : List.copyOf(tables);
  }

  /** {@return the state of its run; empty if only later versions have it} */
  public Optional<InstanceState> knownState() {
    return Stream.of(InstanceState.values()).filter(each -> each.name().equals(state)).findFirst();
  }

  /**
   * A table that the instance has whole.
   *
   * @param name its name
   * @param topic the topic that it is read from
   * @param loaded whether all has been read that was there at the start
   * @param rows its rows
   * @param bytes an estimate of the heap that they take
   * @param lag records of the topic that are still to be read
   * @param skippedRecords records that are no rows, dropped by the error policy
   */
  public record TableReport(
      String name,
      String topic,
      boolean loaded,
      long rows,
      long bytes,
      long lag,
      long skippedRecords) {}

  /**
   * An instance's share of a stage.
   *
   * @param workers its threads
   * @param tasks its tasks
   * @param opening tasks that are being opened
   * @param counters what it has counted since the start, and what adds up of its present figures,
   *     each by its name
   * @param awaits the topics of the tables that a stream waits for; null in reports of earlier
   *     versions
   * @param heldBackBy the stage that the source waits for; null if it is none, or not held back
   * @param pace how often its workers commit; null before any has twice
   * @param doing what each of its workers does, by number; null in reports of earlier versions
   */
  public record StageReport(
      int workers,
      List<TaskReport> tasks,
      Set<Integer> opening,
      @Inlined Map<String, Long> counters,
      @Nullable List<String> awaits,
      @Nullable String heldBackBy,
      @Nullable PaceReport pace,
      @Nullable List<WorkerReport> doing) {}

  /**
   * The phase of a worker.
   *
   * @param phase STARTING, RESTORING, RUNNING, PAUSED, SUSPENDED or CLOSING
   * @param sinceMs since when, milliseconds since the epoch
   */
  public record WorkerReport(String phase, long sinceMs) {}

  /**
   * The pace at which a worker commits.
   *
   * @param cause what decides it
   * @param intervalMicros the time between two commits
   * @param commitMicros the duration of a commit
   */
  public record PaceReport(String cause, long intervalMicros, long commitMicros) {

    /** {@return the one of the two that commits less often; null if there is none} */
    public static @Nullable PaceReport slower(
        @Nullable PaceReport one, @Nullable PaceReport other) {
      if (one == null || (other != null && other.intervalMicros > one.intervalMicros)) {
        return other;
      }
      return one;
    }
  }

  /**
   * A task.
   *
   * @param task its number
   * @param positions the next offset of each input
   * @param watermark its output watermark, milliseconds since the epoch
   * @param status ACTIVE, IDLE, PAUSED, LOADING, WAITING or FINISHED
   */
  public record TaskReport(int task, List<Long> positions, long watermark, String status) {}
}
