package dev.millrace.internal.restore;

import dev.millrace.error.Place;
import dev.millrace.error.RecordException;
import dev.millrace.error.StateStoreException;
import dev.millrace.internal.commit.Sender;
import dev.millrace.internal.frame.CommitFrame;
import dev.millrace.internal.meta.StoreIds;
import dev.millrace.internal.stage.RecordLimit;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.WorkerSetup;
import dev.millrace.internal.state.CommittedRows;
import dev.millrace.internal.state.Overlay;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.StoredValueFormat;
import dev.millrace.internal.state.store.Checkpoint;
import dev.millrace.internal.state.store.DamagedStateException;
import dev.millrace.internal.state.store.StateStore;
import dev.millrace.internal.state.store.StoreSizes;
import dev.millrace.internal.util.ByteReader;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A task's rows: the overlay over its store, with the last commit frame among them, and their way
 * to the changelog.
 *
 * <p>In the changelog a row's key is store id and key, and the commit frame's is {@link
 * #FRAME_KEY}; locally the frame is a row of its own store, so that it is always in the same batch
 * as the rows it belongs to.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class TaskRows {

  private static final Logger LOGGER = LoggerFactory.getLogger(TaskRows.class);

  /** The key of commit frames in changelogs. */
  static final byte[] FRAME_KEY = {0, 'f', 'r', 'a', 'm', 'e'};

  private static final int FRAME_STORE = StoreIds.COMMIT_FRAMES;
  private static final byte[] FRAME_ROW = {'f'};

  private static final StoredValueFormat<byte[]> PLAIN =
      new StoredValueFormat<>() {
        @Override
        public byte[] toBytes(byte[] value) {
          return value;
        }

        @Override
        public byte[] fromBytes(byte[] bytes) {
          return bytes;
        }
      };

  /**
   * The interval between flushes. A killed process loses what it had not flushed and replays it:
   * the rows of this time, or this number of rows, whichever is more, but nothing older than the
   * longest time.
   */
  private static final long FLUSH_MS = 5_000;

  private static final long FLUSH_ROWS = 1_000;
  private static final long LONGEST_FLUSH_MS = 60_000;

  private final StateStore store;
  private final Overlay overlay;
  private final RowStore<byte[]> frames;
  private final Map<String, RowStore<Object>> opened = new LinkedHashMap<>();
  private final StageSetup setup;
  private final int partition;
  private final RecordLimit records;
  private long unflushedRows;
  private long unflushedSinceMs;

  /** Opens the rows of a task over its store. */
  public TaskRows(StageSetup setup, int partition, StateStore store, WorkerSetup.Limits limits) {
    this.setup = setup;
    this.partition = partition;
    this.store = store;
    this.records = limits.records();
    this.overlay = new Overlay(store, limits.overlay());
    this.frames = overlay.rows(FRAME_STORE, PLAIN);
  }

  /** {@return the local key of a changelog record's key} */
  static byte[] localKey(byte[] changelogKey) {
    return changelogKey[0] == 0 ? new byte[] {FRAME_STORE, FRAME_ROW[0]} : changelogKey;
  }

  /** {@return the rows of one of the stage's stores} */
  public RowStore<Object> rows(String store) {
    StageSetup.Store found = setup.stores().get(store);
    if (found == null) {
      throw new IllegalStateException("There is no store " + store);
    }
    RowStore<Object> rows = overlay.rows(found.id(), found.format());
    opened.put(store, rows);
    return rows;
  }

  /** {@return the rows of one of the stage's stores as of the last commit} */
  public CommittedRows committedRows(String store) {
    RowStore<Object> rows = opened.get(store);
    return (rows == null ? rows(store) : rows).committed();
  }

  /** {@return the frame of the task's last commit as it was written, or null if there was none} */
  public byte @Nullable [] committedFrame() {
    return frames.committed().value(FRAME_ROW);
  }

  /**
   * Counts some of the rows that were there when the task opened, if that is not done.
   *
   * @param most how many at most
   * @return how many were counted
   */
  public int countRows(int most) {
    return overlay.countRows(most);
  }

  /**
   * {@return how many rows one of the stores had at the last commit, as far as that is known; none
   * if the task does not use it}
   */
  public OptionalLong size(String store) {
    RowStore<Object> rows = opened.get(store);
    return rows == null ? OptionalLong.of(0) : rows.size();
  }

  /** {@return the frame of the task's last commit, or null if there was none} */
  public @Nullable CommitFrame lastFrame() {
    byte @Nullable [] bytes = row().value();
    return bytes == null ? null : CommitFrame.decode(bytes);
  }

  /**
   * Sends the rows that the transaction changed, and the frame after them.
   *
   * @throws DamagedStateException if a read has failed because the store is damaged, whatever the
   *     user's code has made of that
   */
  public void send(CommitFrame frame, Sender sender) {
    if (store.isDamaged()) {
      throw new DamagedStateException(
          "Cannot commit task "
              + partition
              + " of stage '"
              + setup.stage().name()
              + "': its local state has turned out to be damaged. It is deleted and restored from"
              + " the changelog",
          null);
    }
    String topic = setup.changelog();
    overlay.forEachDirty(
        (key, value, committed) -> {
          if (key[0] != FRAME_STORE) {
            unflushedRows++;
            sender.sendLast(checked(new ProducerRecord<>(topic, partition, null, key, value)));
          }
        });
    byte[] bytes = frame.encode();
    row().set(bytes);
    sender.sendLast(checked(new ProducerRecord<>(topic, partition, null, FRAME_KEY, bytes)));
  }

  /** Refuses a row that does not fit into the changelog, since it could never be committed. */
  private ProducerRecord<byte[], byte[]> checked(ProducerRecord<byte[], byte[]> row) {
    long bytes = RecordLimit.sizeBytes(row);
    if (bytes > records.maxBytes()) {
      byte[] key = row.key();
      boolean ofFrame = key[0] == 0;
      throw new RecordException(
          "Cannot commit task "
              + partition
              + " of stage '"
              + setup.stage().name()
              + "': "
              + (ofFrame ? "what its sinks prepared" : "the state of one key")
              + " is too large for a record of the changelog ("
              + RecordLimit.excess(bytes, records.maxBytes())
              + (ofFrame ? "" : ", key " + printable(key))
              + "). Keep less per key, or spread it over more keys",
          Place.ofStage(setup.stage().name()).withTask(partition),
          null);
    }
    return row;
  }

  private static String printable(byte[] key) {
    ByteReader in = new ByteReader(key);
    int ignored = in.readVarint();
    int shown = Math.min(key.length, 80);
    StringBuilder text = new StringBuilder();
    for (int i = in.position(); i < shown; i++) {
      text.append(key[i] >= ' ' && key[i] < 127 ? (char) key[i] : '.');
    }
    return text.append(shown < key.length ? "..." : "").toString();
  }

  /** Makes the transaction's rows the committed ones. */
  public void committed(Checkpoint checkpoint) {
    overlay.commit(checkpoint);
    long nowMs = checkpoint.wallMs();
    if (unflushedSinceMs == 0 || nowMs < unflushedSinceMs) {
      unflushedSinceMs = nowMs;
    }
    long ageMs = nowMs - unflushedSinceMs;
    if (ageMs >= LONGEST_FLUSH_MS || (ageMs >= FLUSH_MS && unflushedRows >= FLUSH_ROWS)) {
      overlay.writeBack();
      store.startFlush();
      unflushedRows = 0;
      unflushedSinceMs = nowMs;
    }
  }

  /**
   * Writes committed rows to disk, and returns when they would survive a crash.
   *
   * @throws StateStoreException if the disk refuses; nothing is lost
   */
  public void flush() {
    overlay.writeBack();
    store.flush();
    unflushedRows = 0;
    unflushedSinceMs = 0;
  }

  /** {@return how much memory the open transaction's rows take} */
  public long transactionBytes() {
    return overlay.transactionBytes();
  }

  /** {@return the sizes of the store, which may not have the last rows yet} */
  public StoreSizes sizes() {
    return store.sizes();
  }

  /**
   * {@return an estimate of the bytes of each of the stage's stores, which may not have the last
   * rows yet; empty if that is not known}
   */
  public Map<String, Long> storeBytes() {
    List<String> names = List.copyOf(setup.stores().keySet());
    List<byte[]> prefixes =
        setup.stores().values().stream().map(each -> RowStore.prefixOf(each.id())).toList();
    long[] bytes = store.approximateBytes(prefixes);
    Map<String, Long> known = new LinkedHashMap<>();
    for (int i = 0; i < bytes.length; i++) {
      known.put(names.get(i), bytes[i]);
    }
    return known;
  }

  /** {@return an estimate of the heap of all rows in memory} */
  public long cachedBytes() {
    return overlay.heapBytes();
  }

  /**
   * Flushes committed rows to disk, for a quick start next time; if the disk refuses, the changelog
   * has them.
   */
  public void writeBackIfPossible() {
    try {
      overlay.writeBack();
    } catch (StateStoreException | DamagedStateException e) {
      LOGGER
          .atWarn()
          .addKeyValue("task", setup.stage().name() + "-" + partition)
          .setCause(e)
          .log("Local state could not be written; the next start replays more of the changelog");
    }
  }

  private Row<byte[]> row() {
    return frames.row(FRAME_ROW);
  }
}
