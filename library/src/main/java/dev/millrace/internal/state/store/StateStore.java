package dev.millrace.internal.state.store;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The port to a task's committed rows: ordered bytes that change only in atomic batches.
 *
 * <p>Keys are ordered as unsigned bytes and start with a byte other than 0. A store that is
 * reopened after a crash holds a <i>prefix</i> of the batches that were written, rows and {@link
 * Checkpoint} of one batch always together; how much of the end is missing depends on when it last
 * flushed. The changelog has the rest.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 *
 * <p><b>Errors.</b> Every method may throw {@link dev.millrace.error.StateStoreException} (disk
 * full, no permission: close the store, remedy, reopen, catch up from the changelog) or {@link
 * DamagedStateException} (wipe it and restore from the changelog), and {@link
 * IllegalStateException} after {@link #close()}.
 */
public interface StateStore extends AutoCloseable {

  /** {@return the value under a key, not to be changed, or null if there is none} */
  byte @Nullable [] get(byte[] key);

  /** {@return the values under the keys, in their order, null where there is none} */
  List<byte @Nullable []> multiGet(List<byte[]> keys);

  /**
   * {@return the rows from {@code fromInclusive} up to {@code toExclusive}, or to the end if that
   * is null}
   */
  RowIterator scan(byte[] fromInclusive, byte @Nullable [] toExclusive);

  /** Applies the batch's operations in their order and its checkpoint, all of them or none. */
  void write(StoreBatch batch);

  /**
   * Announces that a great number of rows is about to be written, which nobody reads until {@link
   * #endLoad()}: the store may put off what it does for readers. It is a hint, which changes
   * nothing of what the store promises, and does not fail.
   */
  default void beginLoad() {}

  /** Announces that the rows of {@link #beginLoad()} are there, or that no more of them come. */
  default void endLoad() {}

  /** {@return the checkpoint of the last batch that had one, or null in a store without} */
  @Nullable Checkpoint checkpoint();

  /** Makes everything written so far survive a crash, and returns when it does. */
  void flush();

  /**
   * Starts a {@link #flush()} and does not wait for it. Called regularly, it bounds what has to be
   * replayed after a kill.
   */
  void startFlush();

  /**
   * {@return whether a call has thrown {@link DamagedStateException}: then the store is of no use
   * until it is wiped and opened again}
   */
  default boolean isDamaged() {
    return false;
  }

  /** {@return an estimate of the number of rows} */
  long approximateRows();

  /** {@return the sizes of the store, for people: cheap, but not for every turn} */
  default StoreSizes sizes() {
    return new StoreSizes(approximateRows(), 0, 0, 0);
  }

  /**
   * {@return for each prefix an estimate of the bytes of the rows whose keys begin with it, in
   * files and in memory; nothing if the store does not know} Cheap, but not for every turn.
   */
  default long[] approximateBytes(List<byte[]> prefixes) {
    return new long[0];
  }

  /**
   * Flushes if that is possible, and releases everything. Rows that a full disk refused to take are
   * no reason to throw: the changelog has them.
   */
  @Override
  void close();
}
