package dev.millrace.internal.state.store;

import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.MalformedBytesException;

/**
 * The place in the changelog up to which a store has its rows; written in the batch of those rows.
 *
 * <p>An offset alone would not do: the topic may have been recreated (topic id), compacted past
 * deletes the store has not seen (wall time), or belong to a life of the job before a reset (reset
 * epoch). A leader epoch would reveal unclean elections, but producers do not learn it.
 *
 * <p>Layout: {@code version=2 (1) | topic id (16) | changelog offset (8) | transaction number (8) |
 * wall time in ms (8) | reset epoch (4)}, big-endian.
 *
 * @param topicIdHigh the upper half of the changelog topic's id
 * @param topicIdLow its lower half
 * @param changelogOffset the offset of the next record to apply
 * @param txnSeq the task's number of the last transaction applied
 * @param wallMs when it was committed, in milliseconds since the epoch
 * @param resetEpoch how often the job had been reset
 */
public record Checkpoint(
    long topicIdHigh,
    long topicIdLow,
    long changelogOffset,
    long txnSeq,
    long wallMs,
    int resetEpoch) {

  private static final int VERSION = 2;

  /** {@return the stored form} */
  public byte[] toBytes() {
    ByteWriter out = new ByteWriter(64);
    out.writeByte(VERSION);
    out.writeLong(topicIdHigh);
    out.writeLong(topicIdLow);
    out.writeLong(changelogOffset);
    out.writeLong(txnSeq);
    out.writeLong(wallMs);
    out.writeInt(resetEpoch);
    return out.toByteArray();
  }

  /**
   * Reads the stored form.
   *
   * @throws MalformedBytesException if it is not one
   */
  public static Checkpoint fromBytes(byte[] bytes) {
    ByteReader in = new ByteReader(bytes);
    int version = in.readByte();
    if (version != VERSION) {
      throw new MalformedBytesException(
          "Cannot read a checkpoint: its version is " + version + ", not " + VERSION);
    }
    Checkpoint checkpoint =
        new Checkpoint(
            in.readLong(),
            in.readLong(),
            in.readLong(),
            in.readLong(),
            in.readLong(),
            in.readInt());
    if (in.remaining() != 0) {
      throw new MalformedBytesException(
          "Cannot read a checkpoint: " + in.remaining() + " bytes are left over");
    }
    return checkpoint;
  }
}
