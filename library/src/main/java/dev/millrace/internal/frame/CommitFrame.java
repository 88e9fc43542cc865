package dev.millrace.internal.frame;

import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.ByteWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/**
 * The position of a task at a commit: the record that goes with its changelog rows in every
 * transaction. The layout is in the package's description.
 *
 * <p><b>Threads.</b> Immutable, as long as nobody writes into the arrays.
 *
 * @param format the version of the format it was read from; {@link #FORMAT} in new ones
 * @param jobUuid distinguishes jobs of one name
 * @param resetEpoch of the job when it was written
 * @param txnSeq of the task; one more in each transaction
 * @param ownerEpoch of the task
 * @param transactionalId of the owner's producer
 * @param channelVectors one for each input that has channels
 * @param eventTimeWatermark of the task's output; {@link Long#MIN_VALUE} if unknown
 * @param processingTimeWatermark of the task's output; {@link Long#MIN_VALUE} if unknown
 * @param sourcePosition inside the current split; empty if there is none
 */
// An array, because the bytes go from the source to the wire and back untouched; equality is by
// content.
@SuppressWarnings("ArrayRecordComponent")
public record CommitFrame(
    int format,
    UUID jobUuid,
    int resetEpoch,
    String stage,
    int task,
    long txnSeq,
    long ownerEpoch,
    String transactionalId,
    List<InputPosition> inputPositions,
    List<ChannelVector> channelVectors,
    long eventTimeWatermark,
    long processingTimeWatermark,
    ChannelStatus status,
    byte[] sourcePosition,
    List<PreparedOutput> preparedOutputs) {

  /** The version that is written, and the only one that is read. */
  public static final int FORMAT = 1;

  private static final byte MAGIC = 0x43;
  private static final String NAME = "commit frame";

  /** Lengths of topic and sink, the topic id, offset and leader epoch. */
  private static final int SMALLEST_POSITION_BYTES = 19;

  private static final int SMALLEST_OUTPUT_BYTES = 2;

  /** Keeps immutable copies of the lists. */
  public CommitFrame {
    if (format != FORMAT) {
      throw new IllegalArgumentException(
          "Cannot make a commit frame: unknown format (" + format + ")");
    }
    inputPositions = List.copyOf(inputPositions);
    channelVectors = List.copyOf(channelVectors);
    preparedOutputs = List.copyOf(preparedOutputs);
  }

  /** {@return the bytes} */
  public byte[] encode() {
    ByteWriter out = new ByteWriter(256);
    encode(out);
    return out.toByteArray();
  }

  /** Appends the bytes to a buffer. */
  public void encode(ByteWriter out) {
    out.writeByte(MAGIC);
    out.writeByte(format);
    writeUuid(out, jobUuid);
    out.writeVarint(resetEpoch);
    out.writeString(stage);
    out.writeVarint(task);
    out.writeVarlong(txnSeq);
    out.writeVarlong(ownerEpoch);
    out.writeString(transactionalId);
    new Progress(status, eventTimeWatermark, processingTimeWatermark).write(out);
    out.writeSizedBytes(sourcePosition);
    out.writeVarint(inputPositions.size());
    for (InputPosition position : inputPositions) {
      out.writeString(position.topic());
      writeUuid(out, position.topicId());
      out.writeVarlong(position.offset());
      out.writeZigzag(position.leaderEpoch());
    }
    Progress.writeVectors(out, channelVectors);
    out.writeVarint(preparedOutputs.size());
    for (PreparedOutput output : preparedOutputs) {
      out.writeString(output.sink());
      out.writeSizedBytes(output.state());
    }
  }

  /**
   * {@return the commit frame of the bytes}
   *
   * @throws dev.millrace.internal.util.MalformedBytesException if they are not one
   */
  public static CommitFrame decode(byte[] bytes) {
    return decode(bytes, 0, bytes.length);
  }

  /**
   * {@return the commit frame of a slice}
   *
   * @throws dev.millrace.internal.util.MalformedBytesException if it is not one
   */
  public static CommitFrame decode(byte[] bytes, int offset, int length) {
    ByteReader in = new ByteReader(bytes, offset, length);
    FrameFormat.expectMagicAndVersion(in, MAGIC, (byte) FORMAT, NAME);
    UUID jobUuid = readUuid(in);
    int resetEpoch = in.readVarint();
    String stage = in.readString();
    int task = in.readVarint();
    long txnSeq = in.readVarlong();
    long ownerEpoch = in.readVarlong();
    String transactionalId = in.readString();
    Progress progress = Progress.read(in);
    byte[] sourcePosition = in.readSizedBytes();
    List<InputPosition> positions = readPositions(in);
    List<ChannelVector> vectors = Progress.readVectors(in);
    List<PreparedOutput> outputs = readOutputs(in);
    FrameFormat.expectEnd(in, NAME);
    return new CommitFrame(
        FORMAT,
        jobUuid,
        resetEpoch,
        stage,
        task,
        txnSeq,
        ownerEpoch,
        transactionalId,
        positions,
        vectors,
        progress.eventTime(),
        progress.processingTime(),
        progress.status(),
        sourcePosition,
        outputs);
  }

  private static List<InputPosition> readPositions(ByteReader in) {
    int count = FrameFormat.readCount(in, SMALLEST_POSITION_BYTES, "input positions");
    List<InputPosition> positions = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      String topic = in.readString();
      UUID topicId = readUuid(in);
      long offset = in.readVarlong();
      positions.add(new InputPosition(topic, topicId, offset, (int) in.readZigzag()));
    }
    return positions;
  }

  private static List<PreparedOutput> readOutputs(ByteReader in) {
    int count = FrameFormat.readCount(in, SMALLEST_OUTPUT_BYTES, "prepared outputs");
    List<PreparedOutput> outputs = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      String sink = in.readString();
      outputs.add(new PreparedOutput(sink, in.readSizedBytes()));
    }
    return outputs;
  }

  private static void writeUuid(ByteWriter out, UUID uuid) {
    out.writeLong(uuid.getMostSignificantBits());
    out.writeLong(uuid.getLeastSignificantBits());
  }

  private static UUID readUuid(ByteReader in) {
    long high = in.readLong();
    return new UUID(high, in.readLong());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CommitFrame that
        && format == that.format
        && jobUuid.equals(that.jobUuid)
        && resetEpoch == that.resetEpoch
        && stage.equals(that.stage)
        && task == that.task
        && txnSeq == that.txnSeq
        && ownerEpoch == that.ownerEpoch
        && transactionalId.equals(that.transactionalId)
        && inputPositions.equals(that.inputPositions)
        && channelVectors.equals(that.channelVectors)
        && eventTimeWatermark == that.eventTimeWatermark
        && processingTimeWatermark == that.processingTimeWatermark
        && status == that.status
        && Arrays.equals(sourcePosition, that.sourcePosition)
        && preparedOutputs.equals(that.preparedOutputs);
  }

  @Override
  public int hashCode() {
    return Objects.hash(jobUuid, stage, task, txnSeq, ownerEpoch, inputPositions);
  }
}
