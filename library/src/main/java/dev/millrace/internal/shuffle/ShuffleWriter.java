package dev.millrace.internal.shuffle;

import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.commit.Sender;
import dev.millrace.internal.fold.FoldFunction;
import dev.millrace.internal.frame.ChannelUpdate;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.frame.FrameWriter;
import dev.millrace.internal.frame.PartialHead;
import dev.millrace.internal.operator.Caution;
import dev.millrace.internal.operator.Folding;
import dev.millrace.internal.operator.InDoubtException;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.plan.ShuffleEdge.CombinerPlan;
import dev.millrace.internal.stage.Counter;
import dev.millrace.internal.stage.Measure;
import dev.millrace.internal.stage.RecordLimit;
import dev.millrace.internal.stage.StageMetrics;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.TaskCount;
import dev.millrace.internal.stage.WorkerSetup;
import dev.millrace.internal.time.Watermarks;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The writer of one shuffle for all tasks of a worker: it packs entries into one frame per
 * downstream partition, and makes partial aggregates first where that pays.
 *
 * <p>A frame that is full is sent when there is something for the next one, so that the last frame
 * of a transaction for a partition is known as such: receivers take up what a transaction emitted
 * as a whole, and a transaction of a single frame needs nothing for that.
 *
 * <p>Order is what makes combining correct. At the commit all partial results of all the worker's
 * channels go first, then one last frame per partition with the new watermarks. Before that, the
 * receivers' watermarks stand still, or go no further than to what the combiner still has to send
 * ({@link #reached}).
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
public final class ShuffleWriter {

  private static final byte[] NO_KEY = {};
  private static final int ENTRY_HEAD_BYTES = 64;
  private static final int UPDATE_BYTES = 40;

  private final StageSetup.Output output;
  private final Sender sender;
  private final Counter recordsOut;
  private final Counter combinerRecords;
  private final Counter combinerEntries;
  private final Counter framesOut;
  private final Counter watermarkFramesOut;
  private final int frameBytes;
  private final int maxRecordBytes;
  private final TaskCount channels;
  private final OptionalInt number;
  private int maxEntryBytes;
  private final FrameWriter[] frames;

  private final ReachedTimes times;

  /** Partitions that have frames of the open transaction, but not the last. */
  private final boolean[] unfinished;

  private final ValueCodec<Object> values;
  private final @Nullable ValueCodec<Object> partials;
  private final @Nullable Combiner combiner;
  private final @Nullable Folding folding;
  private final CombinerTrial trial = new CombinerTrial();

  /** Records since the last flush that the combiner did not get. */
  private long uncombined;

  /** How many of the records that the combiner has got since it was emptied are counted. */
  private long countedRecords;

  /** Partial results that were written, for good or not. */
  private long writtenPartials;

  private final PartialHead partialHead = new PartialHead();
  private final Combiner.Drain partialEntries = this::writePartial;
  private int turn;

  /**
   * Creates the writer of a worker.
   *
   * @param channels counts the tasks that write the shuffle
   * @param number the worker's {@link #number}; empty if what a transaction emitted is not taken up
   *     as a whole
   * @param limits those of the worker; the memory for combiners is that for this one
   */
  public ShuffleWriter(
      StageSetup.Output output,
      TaskCount channels,
      OptionalInt number,
      Sender sender,
      StageMetrics metrics,
      WorkerSetup.Limits limits,
      Caution caution) {
    this.output = output;
    this.channels = channels;
    this.number = number;
    this.sender = sender;
    this.combinerRecords = metrics.counter(Measure.COMBINER_RECORDS);
    this.combinerEntries = metrics.counter(Measure.COMBINER_ENTRIES);
    this.recordsOut = metrics.counter(Measure.RECORDS_OUT);
    this.framesOut = metrics.counter(Measure.FRAMES_OUT);
    this.watermarkFramesOut = metrics.counter(Measure.WATERMARK_FRAMES_OUT);
    this.frameBytes = limits.frameBytes();
    this.maxRecordBytes = limits.records().maxBytes();
    this.values = output.values();
    this.partials = output.partials();
    this.frames = new FrameWriter[output.partitions()];
    this.unfinished = new boolean[output.partitions()];
    this.times = new ReachedTimes(output.edge().granularityMs().eventMs(), output.partitions());
    for (int i = 0; i < frames.length; i++) {
      frames[i] =
          new FrameWriter(
              values.schemaId(), partials == null ? 0 : partials.schemaId(), channels.agreed());
    }
    widen();
    CombinerPlan plan = output.edge().combiner().orElse(null);
    this.folding =
        plan == null || partials == null || !plan.active()
            ? null
            : Folding.ofSharedRecords(plan.fold(), copying(partials), plan.errors(), caution);
    this.combiner =
        plan == null || folding == null
            ? null
            : new Combiner(plan, folding, limits.combinerBytes());
  }

  /** {@return whether a writer of an output makes partial aggregates, where that pays} */
  public static boolean combines(StageSetup.Output output) {
    return output.partials() != null
        && output.edge().combiner().filter(CombinerPlan::active).isPresent();
  }

  /** {@return what distinguishes a worker's frames from those of others who write meanwhile} */
  public static int number(String transactionalId) {
    byte[] id = transactionalId.getBytes(StandardCharsets.UTF_8);
    return Hashing.murmur2(id, 0, id.length);
  }

  /** Takes over how many channels there are by now. */
  private void widen() {
    int count = channels.agreed();
    for (FrameWriter frame : frames) {
      frame.widen(count);
    }
    // A frame may exceed its size by one entry, and ends with the channels' updates.
    maxEntryBytes = maxRecordBytes - frameBytes - ENTRY_HEAD_BYTES - count * UPDATE_BYTES;
  }

  private static UnaryOperator<Object> copying(ValueCodec<Object> codec) {
    ByteWriter bytes = new ByteWriter();
    return value -> {
      bytes.clear();
      codec.encode(value, bytes);
      return codec.decode(bytes.array(), 0, bytes.size());
    };
  }

  public StageSetup.Output output() {
    return output;
  }

  /**
   * Adds a record with its key.
   *
   * @param kind as in {@link Output#emit}
   */
  public void add(ByteWriter key, long timeMs, int kind, Object value) throws Exception {
    int hash = Hashing.murmur2(key.array(), 0, key.size());
    Combiner open = combiner != null && combiner.combines(kind) ? combiner : null;
    if (open != null && trial.isOn()) {
      combine(open, key, hash, timeMs, kind, value);
      return;
    }
    uncombined++;
    if (open != null && open.takesBack()) {
      writeAlone(open, key, hash, timeMs, kind, value);
      return;
    }
    int partition = Hashing.partition(hash, frames.length);
    write(partition, key.array(), 0, key.size(), timeMs, kind, value);
  }

  private void combine(Combiner open, ByteWriter key, int hash, long timeMs, int kind, Object value)
      throws Exception {
    Folding calls = Objects.requireNonNull(folding);
    calls.begin();
    try {
      open.add(key.array(), key.size(), hash, timeMs, kind, value);
    } catch (Exception e) {
      calls.throwIfInDoubt(e);
      throw e;
    }
  }

  /**
   * Writes what can be taken back as the partial result that it comes to. What is written, and may
   * fail and be dropped, must not depend on whether keys repeat at the time: a record that was
   * dropped when it came would be taken back when it goes.
   */
  private void writeAlone(
      Combiner open, ByteWriter key, int hash, long timeMs, int kind, Object value)
      throws Exception {
    open.alone(key.array(), key.size(), hash, timeMs, kind, value, partialEntries);
  }

  /**
   * Empties the combiner before an entry that would overtake what it holds: partial results are
   * combined in any grouping, but in order.
   *
   * @throws InDoubtException if that cannot be sent
   */
  public void drainBefore(int kind) {
    if (combiner != null && combiner.keepsOrder() && !combiner.combines(kind)) {
      drainCombiner();
    }
  }

  /**
   * Makes room in the combiner if there is none.
   *
   * @throws InDoubtException if what it holds cannot be sent
   */
  public void drainIfFull() {
    if (combiner != null && combiner.isFull()) {
      sendPartials(Combiner::makeRoom);
    }
  }

  /**
   * Adds a record to the partition whose turn it is; a partition keeps its turn until its frame is
   * full or the transaction ends.
   */
  public void spread(long timeMs, int kind, Object value) {
    if (write(turn, NO_KEY, 0, 0, timeMs, kind, value)) {
      endTurn();
    }
  }

  private void endTurn() {
    turn = (turn + 1) % frames.length;
  }

  private boolean write(
      int partition,
      byte[] key,
      int keyOffset,
      int keyLength,
      long timeMs,
      int kind,
      Object value) {
    ByteWriter body = open(partition).beginEntry(key, keyOffset, keyLength, timeMs, kind);
    return end(partition, keyLength, body, values, value);
  }

  private void writePartial(
      byte[] key,
      int keyOffset,
      int keyLength,
      int hash,
      long timeMs,
      PartialHead head,
      ValueCodec<Object> codec,
      Object partial) {
    int partition = Hashing.partition(hash, frames.length);
    ByteWriter body =
        open(partition).beginEntry(key, keyOffset, keyLength, timeMs, FrameFormat.PARTIAL);
    head.write(body);
    try {
      boolean ignored = end(partition, keyLength, body, codec, partial);
    } catch (TooLargeException e) {
      List<FoldFunction.Retraction.Part> parts = divided(partial);
      if (parts.isEmpty()) {
        throw e;
      }
      long spanMs = head.spanMs();
      for (FoldFunction.Retraction.Part part : parts) {
        PartialHead ofPart = head.of(part.records(), spanMs);
        writePartial(key, keyOffset, keyLength, hash, timeMs, ofPart, codec, part.accumulator());
      }
    }
  }

  /** The number of records that a partial result stands for has nothing to do with its size. */
  private List<FoldFunction.Retraction.Part> divided(Object partial) {
    FoldFunction.Retraction retraction =
        output.edge().combiner().map(plan -> plan.fold().function().retraction()).orElse(null);
    return retraction == null ? List.of() : retraction.divided(partial);
  }

  /** {@return the frame that takes the next entry of a partition} */
  private FrameWriter open(int partition) {
    FrameWriter frame = frames[partition];
    if (isFull(frame)) {
      send(partition, 0, times.toSend(partition));
    }
    return frame;
  }

  private boolean isFull(FrameWriter frame) {
    return frame.sizeBytes() >= frameBytes;
  }

  /** Writes an entry's value and ends it; returns whether the frame is full. */
  private boolean end(
      int partition, int keyLength, ByteWriter body, ValueCodec<Object> codec, Object value) {
    FrameWriter frame = frames[partition];
    int start = body.size();
    boolean written = false;
    try {
      codec.encode(value, body);
      int bytes = body.size() - start + keyLength;
      if (bytes > maxEntryBytes) {
        throw new TooLargeException(
            "key and value are too large for a record of shuffle "
                + output.edge().topic()
                + " ("
                + RecordLimit.excess(bytes, maxEntryBytes)
                + ")");
      }
      written = true;
    } finally {
      // Whatever was thrown: a serde may be written in a language without checked exceptions.
      if (!written) {
        frame.cancelEntry();
      }
    }
    frame.endEntry();
    return isFull(frame);
  }

  /** {@return whether the open transaction has anything that is not sent yet, but watermarks} */
  public boolean holdsEntries() {
    if (combiner != null && combiner.entries() > 0) {
      return true;
    }
    for (FrameWriter frame : frames) {
      if (frame.entries() > 0) {
        return true;
      }
    }
    return false;
  }

  /**
   * Turns partial results into entries.
   *
   * @throws InDoubtException if they cannot be sent
   */
  public void flush() {
    if (combiner == null) {
      return;
    }
    if (!trial.isOn()) {
      if (uncombined > 0) {
        trial.passed();
        uncombined = 0;
      }
      return;
    }
    trial.tried(combiner);
    drainCombiner();
  }

  /** Sends all partial results. */
  private void drainCombiner() {
    sendPartials(Combiner::drain);
  }

  /**
   * Sends partial results. If one cannot be sent, no single record is to blame: each of them may
   * fit, or all but one. So they are processed again, and travel one by one for a while, where the
   * error policy is about the record that fails.
   */
  private void sendPartials(BiConsumer<Combiner, Combiner.Drain> which) {
    if (combiner != null && partials != null) {
      long records = combiner.records();
      long partialsBefore = writtenPartials;
      try {
        which.accept(combiner, partialEntries);
        combinerRecords.add(records - countedRecords);
        combinerEntries.add(writtenPartials - partialsBefore);
        countedRecords = combiner.records();
      } catch (Exception e) {
        trial.failed();
        throw InDoubtException.ofPartial(e);
      }
    }
  }

  private void writePartial(
      byte[] keys,
      int offset,
      int length,
      int hash,
      long timeMs,
      long spanMs,
      long weight,
      Object partial) {
    writtenPartials++;
    PartialHead head = partialHead.of(weight, spanMs);
    writePartial(
        keys, offset, length, hash, timeMs, head, Objects.requireNonNull(partials), partial);
  }

  /**
   * Notes how far the tasks have come in event time in the midst of a transaction, with all that
   * they have emitted so far.
   *
   * <p>Each partition hears of it with its next frame that is full, for which nothing has to be
   * sent that would not be sent anyway: a transaction that is long in event time may then be
   * processed there window by window, while one whose entries fit into a frame is none the worse
   * without. It goes as far as the first time of what the combiner has, and counts only where it
   * passes a time at which something happens.
   *
   * <p>A channel begins where its last transaction ended, so nothing is sent before there was one.
   * Where transactions are not taken up as a whole nothing is sent at all: what is delivered before
   * an abort, and then again, must not be late the second time.
   *
   * @param updates of all tasks of the worker from which records may come; empty if there is
   *     nothing to say
   */
  public void reached(List<ChannelUpdate> updates) {
    if (number.isEmpty()) {
      return;
    }
    long limitMs = combiner == null ? Watermarks.END_OF_TIME : combiner.earliestMs();
    if (times.reach(updates, limitMs)) {
      // As at the commit: the receivers have to know of new channels before time goes on.
      widen();
    }
  }

  /**
   * Ends the transaction's frames.
   *
   * @param updates what is sent to each partition that gets a frame anyway
   * @param everywhere what is sent to each of the others, in a frame of its own; empty for nothing
   */
  public void finish(List<ChannelUpdate> updates, List<ChannelUpdate> everywhere) {
    // After the updates were made: a watermark that no longer waits for new channels goes out with
    // their number, so that the receivers wait for them.
    widen();
    if (frames[turn].entries() > 0) {
      endTurn(); // Few records fill no frame, and would all go the same way.
    }
    for (int partition = 0; partition < frames.length; partition++) {
      if (frames[partition].entries() > 0 || unfinished[partition]) {
        send(partition, FrameFormat.LAST_OF_TRANSACTION, updates);
      } else if (!everywhere.isEmpty()) {
        send(partition, FrameFormat.LAST_OF_TRANSACTION, everywhere);
      }
    }
    times.endWith(updates);
  }

  private void send(int partition, int flags, List<ChannelUpdate> updates) {
    FrameWriter frame = frames[partition];
    recordsOut.add(frame.entries());
    framesOut.add(1);
    if (frame.entries() == 0) {
      watermarkFramesOut.add(1);
    }
    boolean last = (flags & FrameFormat.LAST_OF_TRANSACTION) != 0;
    byte[] bytes =
        number.isPresent() && (unfinished[partition] || !last)
            ? frame.finishOneOfSeveral(flags, updates, number.getAsInt())
            : frame.finish(flags, updates);
    unfinished[partition] = number.isPresent() && !last;
    sender.send(new ProducerRecord<>(output.edge().topic(), partition, null, NO_KEY, bytes));
  }

  /** Forgets everything that was not sent, after an abort. */
  public void abort() {
    for (FrameWriter frame : frames) {
      frame.reset();
    }
    Arrays.fill(unfinished, false);
    times.forget();
    if (combiner != null) {
      combiner.clear();
      countedRecords = 0;
    }
  }

  /** The exception for an entry that does not fit into a record. */
  public static final class TooLargeException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    TooLargeException(String message) {
      super(message);
    }
  }
}
