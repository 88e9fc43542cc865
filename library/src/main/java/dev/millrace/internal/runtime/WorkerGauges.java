package dev.millrace.internal.runtime;

import dev.millrace.error.StateStoreException;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.stage.Gauge;
import dev.millrace.internal.stage.Measure;
import dev.millrace.internal.stage.Rhythm;
import dev.millrace.internal.stage.StageMetrics;
import dev.millrace.internal.stage.StoreFigures;
import dev.millrace.internal.state.store.DamagedStateException;
import dev.millrace.internal.state.store.StoreSizes;
import dev.millrace.internal.task.Task;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The present figures of a worker: its tasks, what is to be restored, and its state.
 *
 * <p>To ask a store for its sizes costs calls of RocksDB for each task, so that is done more
 * rarely.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class WorkerGauges {

  /** What is counted at once: a millisecond's work or two, and some 20,000 rows a second. */
  private static final int ROWS_TO_COUNT = 2_000;

  private static final long VIEWS_PER_LOOK_AT_STATE = 10;

  /** The bytes of each store cost more to estimate than those of all. */
  private static final long LOOKS_PER_LOOK_AT_STORES = 5;

  private final RunningTasks tasks;
  private final long stateIntervalNanos;
  private final Gauge running;
  private final Gauge opening;
  private final Gauge restoreRemaining;
  private final Gauge stateRows;
  private final Gauge stateCachedBytes;
  private final Gauge stateDiskBytes;
  private final Gauge stateMemtableBytes;
  private final Gauge statePendingCompactionBytes;
  private final List<String> stores;
  private final StoreFigures figures;
  private boolean lookedAtState;
  private long looks;
  private long stateNanos;

  WorkerGauges(Rhythm rhythm, StagePlan stage, RunningTasks tasks, StageMetrics metrics) {
    this.tasks = tasks;
    this.stateIntervalNanos = rhythm.views().toNanos() * VIEWS_PER_LOOK_AT_STATE;
    this.running = metrics.gauge(Measure.RUNNING_TASKS);
    this.opening = metrics.gauge(Measure.OPENING_TASKS);
    this.restoreRemaining = metrics.gauge(Measure.RESTORE_REMAINING);
    this.stateRows = metrics.gauge(Measure.STATE_ROWS);
    this.stateCachedBytes = metrics.gauge(Measure.STATE_CACHED_BYTES);
    this.stateDiskBytes = metrics.gauge(Measure.STATE_DISK_BYTES);
    this.stateMemtableBytes = metrics.gauge(Measure.STATE_MEMTABLE_BYTES);
    this.statePendingCompactionBytes = metrics.gauge(Measure.STATE_PENDING_COMPACTION_BYTES);
    this.stores = stage.stores();
    this.figures = metrics.stores();
  }

  /** Brings the figures up to date, along with a view of the worker. */
  void update(WorkerView view, long nowNanos) {
    running.set(view.tasks().size());
    opening.set(view.opening().size());
    restoreRemaining.set(view.restoreRemaining());
    countRows();
    if (!lookedAtState || nowNanos - stateNanos >= stateIntervalNanos) {
      lookedAtState = true;
      stateNanos = nowNanos;
      lookAtState();
    }
  }

  /** Counts some rows, so that it takes a worker no longer the more tasks it has. */
  private void countRows() {
    int left = ROWS_TO_COUNT;
    try {
      for (Task task : tasks.all()) {
        if (left > 0) {
          left -= task.figures().count(left);
        }
      }
    } catch (StateStoreException | DamagedStateException e) {
      // An estimate is no reason to stop: what reads and writes rows will meet the error.
    }
  }

  private void lookAtState() {
    StoreSizes sizes = StoreSizes.NONE;
    long cachedBytes = 0;
    try {
      for (Task task : tasks.all()) {
        sizes = sizes.plus(task.figures().sizes());
        cachedBytes += task.figures().cachedBytes();
      }
      if (looks++ % LOOKS_PER_LOOK_AT_STORES == 0) {
        figures.setBytes(bytes());
      }
    } catch (StateStoreException | DamagedStateException e) {
      return; // An estimate is no reason to stop: what reads and writes rows will meet the error.
    }
    set(sizes, cachedBytes);
    figures.setRows(rows());
  }

  /** {@return the rows of those stores that have been counted in all tasks} */
  private Map<String, Long> rows() {
    Map<String, Long> known = new HashMap<>();
    for (String store : stores) {
      long sum = 0;
      boolean complete = true;
      for (Task task : tasks.all()) {
        OptionalLong rows = task.figures().rows(store);
        sum += rows.orElse(0);
        complete &= rows.isPresent();
      }
      if (complete) {
        known.put(store, sum);
      }
    }
    return known;
  }

  /** {@return the bytes of those stores whose bytes are known in all tasks} */
  private Map<String, Long> bytes() {
    Map<String, Long> known = new HashMap<>();
    stores.forEach(store -> known.put(store, 0L));
    for (Task task : tasks.all()) {
      Map<String, Long> bytes = task.figures().storeBytes();
      known.keySet().retainAll(bytes.keySet());
      known.replaceAll((store, sum) -> sum + bytes.getOrDefault(store, 0L));
    }
    return known;
  }

  private void set(StoreSizes sizes, long cachedBytes) {
    stateRows.set(sizes.rows());
    stateDiskBytes.set(sizes.diskBytes());
    stateMemtableBytes.set(sizes.memtableBytes());
    statePendingCompactionBytes.set(sizes.pendingCompactionBytes());
    stateCachedBytes.set(cachedBytes);
  }

  /** Notes that the worker has nothing any more. */
  void clear() {
    running.set(0);
    opening.set(0);
    restoreRemaining.set(0);
    set(StoreSizes.NONE, 0);
    figures.setRows(Map.of());
    figures.setBytes(Map.of());
  }
}
