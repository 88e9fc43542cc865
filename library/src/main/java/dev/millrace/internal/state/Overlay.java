package dev.millrace.internal.state;

import dev.millrace.error.StateStoreException;
import dev.millrace.internal.state.store.Checkpoint;
import dev.millrace.internal.state.store.DamagedStateException;
import dev.millrace.internal.state.store.StateStore;
import dev.millrace.internal.state.store.StoreBatch;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The uncommitted rows of a task's open transaction, over its state store; between transactions, a
 * bounded cache of committed rows as objects.
 *
 * <p>A row goes through these steps:
 *
 * <pre>
 *   dirty      changed by the open transaction   {@link #forEachDirty} hands it to the changelog
 *     | commit, after Kafka's commit             (no commit: the overlay is dropped)
 *   unwritten  committed, the store has it not   never dropped; {@link #writeBack} writes it
 *     | write-back, at once or up to a second later
 *   clean      the store has it                  dropped by {@link #commit} when there are too many
 * </pre>
 *
 * <p>Rows and checkpoint reach the store in one batch, so it is a prefix of the committed
 * transactions at any time. Holding rows back saves most of the store's work for rows that change
 * in every transaction, and costs no recovery time: see {@link OverlayLimits#writingBack}.
 *
 * <p>There is no way back within an overlay: after a commit that did not succeed the task opens
 * another one over the same store, since user code may have changed the objects of this one.
 *
 * <p>While an overlay is in use nothing else may write to its store.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class Overlay {

  /** The part of the cache for rows that are read ahead of their use. */
  private static final int READ_AHEAD_SHARE = 16;

  /**
   * What is counted after a write, which is about the only time for it while rows change all the
   * time: less work than the write itself.
   */
  private static final int ROWS_TO_COUNT_AFTER_A_WRITE = 10_000;

  final StateStore store;

  /** Whether the store had no rows: they come with a checkpoint. */
  final boolean beganEmpty;

  private final OverlayLimits limits;
  private final List<RowStore<?>> stores = new ArrayList<>();
  private final List<Integer> storeIds = new ArrayList<>();
  private final StoreBatch batch = new StoreBatch();
  private long transaction = 1;
  private @Nullable Checkpoint unwrittenCheckpoint;
  private long unwrittenSinceMs;

  /** Creates an empty overlay. */
  public Overlay(StateStore store, OverlayLimits limits) {
    this.store = store;
    this.beganEmpty = store.checkpoint() == null;
    this.limits = limits;
  }

  /**
   * Adds the rows of a store; once for each id.
   *
   * @param storeId 1 or more, the same for ever
   */
  public <V> RowStore<V> rows(int storeId, StoredValueFormat<V> format) {
    if (storeIds.contains(storeId)) {
      throw new IllegalStateException(
          "Cannot open store " + storeId + " of a task: it is open already");
    }
    RowStore<V> rows = new RowStore<>(this, storeId, format, transaction);
    storeIds.add(storeId);
    stores.add(rows);
    return rows;
  }

  /**
   * Hands over each row that the open transaction changes: those whose bytes differ from the
   * committed ones. Each is serialised once, also if {@link #commit} follows, as long as nothing
   * changes it in between.
   */
  public void forEachDirty(DirtyRowVisitor visitor) {
    for (RowStore<?> rows : stores) {
      rows.visitDirty(visitor);
    }
  }

  /**
   * Makes the open transaction's rows the committed ones, to be called after Kafka's commit, and
   * writes committed rows to the store if it is time.
   *
   * <p>If the store refuses them (as when the disk is full), the exception leaves everything
   * committed and in memory: the same call or {@link #writeBack} may be tried again, or the caller
   * drops this overlay, closes the store and catches up from the changelog later.
   *
   * @throws StateStoreException if the store cannot write
   */
  public void commit(Checkpoint checkpoint) {
    for (RowStore<?> rows : stores) {
      rows.serialiseDirty();
    }
    for (RowStore<?> rows : stores) {
      rows.settle();
    }
    transaction++;
    if (unwrittenCheckpoint == null) {
      unwrittenSinceMs = checkpoint.wallMs();
    }
    unwrittenCheckpoint = checkpoint;
    if (isWriteDue(checkpoint.wallMs())) {
      writeBack();
      countRowsIfPossible();
    }
    evict();
  }

  /**
   * Writes committed rows to the store, with the checkpoint of the last commit; dirty rows stay.
   * Called before a store is closed in good order, so that nothing has to be replayed.
   *
   * @throws StateStoreException if the store cannot write; nothing is lost
   */
  public void writeBack() {
    Checkpoint checkpoint = unwrittenCheckpoint;
    if (checkpoint == null) {
      return;
    }
    try {
      for (RowStore<?> rows : stores) {
        rows.addUnwritten(batch);
      }
      store.write(batch.checkpoint(checkpoint));
    } finally {
      batch.clear();
    }
    for (RowStore<?> rows : stores) {
      rows.written();
    }
    unwrittenCheckpoint = null;
  }

  private void countRowsIfPossible() {
    try {
      int ignored = countRows(ROWS_TO_COUNT_AFTER_A_WRITE);
    } catch (StateStoreException | DamagedStateException e) {
      // The commit is done, and the next one to need rows that cannot be read will meet the error.
    }
  }

  /**
   * Counts some of the rows that were there when the task opened, unless the store lacks rows at
   * present.
   *
   * @param most how many at most
   * @return how many were counted
   * @throws StateStoreException if the store cannot be read
   */
  public int countRows(int most) {
    if (unwrittenCheckpoint != null || store.isDamaged()) {
      return 0;
    }
    int left = most;
    for (int i = 0; i < stores.size() && left > 0; i++) {
      left -= stores.get(i).countOn(left);
    }
    return most - left;
  }

  /** {@return the checkpoint of the last commit, which the store may not have yet} */
  public @Nullable Checkpoint checkpoint() {
    return unwrittenCheckpoint != null ? unwrittenCheckpoint : store.checkpoint();
  }

  /** {@return an estimate of the heap that the open transaction's changed rows take} */
  public long dirtyBytes() {
    long bytes = 0;
    for (RowStore<?> rows : stores) {
      bytes += rows.dirtyHeapBytes();
    }
    return bytes;
  }

  /**
   * {@return an estimate of the heap that the open transaction takes: that of the rows it has
   * changed, and of those it has read beyond what the cache is to hold, which are dropped with the
   * commit}
   */
  public long transactionBytes() {
    return dirtyBytes() + Math.max(0, droppableBytes() - limits.cachedBytes());
  }

  /** {@return an estimate of the heap of committed rows that the store does not have yet} */
  public long unwrittenBytes() {
    long bytes = 0;
    for (RowStore<?> rows : stores) {
      bytes += rows.unwrittenHeapBytes();
    }
    return bytes;
  }

  /** {@return an estimate of the heap of all rows that the open transaction has not changed} */
  public long cachedBytes() {
    long bytes = 0;
    for (RowStore<?> rows : stores) {
      bytes += rows.heapBytes() - rows.dirtyHeapBytes();
    }
    return bytes;
  }

  /** {@return an estimate of the heap of rows that the store has as they are} */
  public long droppableBytes() {
    long bytes = cachedBytes() - unwrittenBytes();
    for (RowStore<?> rows : stores) {
      bytes += rows.changedAgainHeapBytes(); // Of the unwritten rows, these are not cached ones.
    }
    return bytes;
  }

  /** {@return an estimate of the heap of all rows in memory} */
  public long heapBytes() {
    long bytes = 0;
    for (RowStore<?> rows : stores) {
      bytes += rows.heapBytes();
    }
    return bytes;
  }

  /** {@return how much of the cache rows may take that are read for what comes next} */
  long readAheadBytes() {
    return limits.cachedBytes() / READ_AHEAD_SHARE;
  }

  private boolean isWriteDue(long nowMs) {
    // A wall clock that jumped back must not hold rows back for as long as it jumped.
    long heldMs = nowMs - unwrittenSinceMs;
    return heldMs >= limits.unwrittenMs()
        || heldMs < 0
        || unwrittenBytes() >= limits.unwrittenBytes();
  }

  private void evict() {
    if (droppableBytes() <= limits.cachedBytes()) {
      return;
    }
    Eviction eviction = new Eviction(limits.cachedBytes() / 2);
    for (RowStore<?> rows : stores) {
      rows.addAges(eviction);
    }
    eviction.decide();
    for (RowStore<?> rows : stores) {
      rows.evict(eviction);
    }
  }
}
