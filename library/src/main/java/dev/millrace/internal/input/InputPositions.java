package dev.millrace.internal.input;

import dev.millrace.internal.frame.InputPosition;
import dev.millrace.internal.stage.StageSetup;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.jspecify.annotations.Nullable;

/**
 * The positions of a task in its inputs: for each the offset to go on from and the leader epoch of
 * what stands before it.
 *
 * <p>Offset and epoch are one value and always come from one source: a record, the consumer's
 * answer where a fetch ended, or a former commit. An offset after a transaction's marker with the
 * epoch of the last record before it would look like a truncated log as soon as a leader changed
 * between the two. Where only the offset is known, there is no epoch.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class InputPositions {

  private static final int NO_EPOCH = -1;

  private final StageSetup setup;
  private final int partition;
  private final long[] offsets;
  private final long[] committed;

  /**
   * Epochs as the consumer has them. To look into each, for every record, would be a memory access
   * more that is not in the processor's cache; a commit needs the last one only.
   */
  private final Optional<Integer>[] epochs;

  /**
   * The position after the last fetch of an input: where there are gaps, it is further than the
   * last record.
   */
  private final @Nullable OffsetAndMetadata[] fetched;

  /** The end of a bounded input; null if it is not known. */
  private final @Nullable Long[] ends;

  /**
   * Creates the positions of a task.
   *
   * @param lastCommit where its inputs stood then
   */
  public InputPositions(StageSetup setup, int partition, List<OffsetAndMetadata> lastCommit) {
    int count = setup.inputs().size();
    this.setup = setup;
    this.partition = partition;
    this.offsets = new long[count];
    this.committed = new long[count];
    this.epochs = emptyEpochs(count);
    this.fetched = new @Nullable OffsetAndMetadata[count];
    this.ends = new @Nullable Long[count];
    for (int i = 0; i < count; i++) {
      set(i, lastCommit.get(i));
      ends[i] = setup.inputs().get(i).ends().get(partition);
    }
    committed();
  }

  /** Notes that the present positions were committed. */
  public void committed() {
    System.arraycopy(offsets, 0, committed, 0, offsets.length);
  }

  /** {@return for each topic the offset of the next record as of the last commit} */
  public Map<String, Long> lastCommitted() {
    Map<String, Long> next = new LinkedHashMap<>();
    for (int i = 0; i < committed.length; i++) {
      next.put(setup.inputs().get(i).topic(), committed[i]);
    }
    return next;
  }

  /** {@return whether an input has moved since the last commit} */
  public boolean hasMoved(int input) {
    return offsets[input] > committed[input];
  }

  /** {@return by how many offsets an input has moved since the last commit, at most} */
  public long uncommitted() {
    long most = 0;
    for (int i = 0; i < offsets.length; i++) {
      most = Math.max(most, offsets[i] - committed[i]);
    }
    return most;
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type cannot be created
  private static Optional<Integer>[] emptyEpochs(int count) {
    Optional<Integer>[] epochs = new Optional[count];
    Arrays.fill(epochs, Optional.empty());
    return epochs;
  }

  private void set(int input, OffsetAndMetadata position) {
    offsets[input] = position.offset();
    epochs[input] = position.leaderEpoch();
  }

  /** {@return the offset of the next record of an input} */
  public long next(int input) {
    return offsets[input];
  }

  /** {@return the offset of the next record of each input} */
  public long[] next() {
    return offsets.clone();
  }

  /** Moves past a record that was processed. */
  public void processed(int input, ConsumerRecord<byte[], byte[]> record) {
    offsets[input] = record.offset() + 1;
    epochs[input] = record.leaderEpoch();
  }

  /** Notes where the consumer continues when all it has fetched of an input is processed. */
  public void fetched(int input, OffsetAndMetadata next) {
    fetched[input] = next;
  }

  /**
   * Moves past what follows the last record of an input whose records are all processed: markers of
   * transactions and aborted records, which carry offsets but no data.
   *
   * @return whether there was anything
   */
  public boolean movePastGap(int input) {
    OffsetAndMetadata next = fetched[input];
    fetched[input] = null;
    if (next == null) {
      return false;
    }
    long limit = limit(input);
    if (Math.min(next.offset(), limit) <= offsets[input]) {
      return false;
    }
    // The epoch belongs to what stands before the offset that the consumer named, not the limit.
    set(input, next.offset() <= limit ? next : new OffsetAndMetadata(limit));
    return true;
  }

  /** Continues at another position, because the log was truncated or its beginning deleted. */
  public void jumpTo(int input, OffsetAndMetadata position) {
    fetched[input] = null;
    set(input, position);
  }

  /** {@return whether an offset is at or after the end of a bounded run} */
  public boolean isAfterEnd(int input, long offset) {
    return offset >= limit(input);
  }

  private long limit(int input) {
    Long end = ends[input];
    return setup.untilEnd() && end != null ? end : Long.MAX_VALUE;
  }

  /** {@return whether all inputs have an end and are read up to it} */
  public boolean haveReachedEnds() {
    for (int i = 0; i < offsets.length; i++) {
      Long end = ends[i];
      if (end == null || offsets[i] < end) {
        return false;
      }
    }
    return true;
  }

  /** {@return whether all inputs are read up to the end of what stood in them at the start} */
  public boolean havePassedStandingRows() {
    for (int i = 0; i < offsets.length; i++) {
      if (offsets[i] < setup.inputs().get(i).standing().getOrDefault(partition, 0L)) {
        return false;
      }
    }
    return true;
  }

  /** {@return an input's position for the group} */
  public OffsetAndMetadata committable(int input, String metadata) {
    return new OffsetAndMetadata(offsets[input], epochs[input], metadata);
  }

  /** {@return all positions for the commit frame} */
  public List<InputPosition> framed() {
    List<InputPosition> all = new ArrayList<>(offsets.length);
    for (int i = 0; i < offsets.length; i++) {
      StageSetup.Input input = setup.inputs().get(i);
      int epoch = epochs[i].orElse(NO_EPOCH);
      all.add(new InputPosition(input.topic(), input.topicId(), offsets[i], epoch));
    }
    return all;
  }
}
