package dev.millrace.internal.frame;

import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.time.Watermarks;
import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.MalformedBytesException;

/**
 * The reader of a shuffle frame in place: first its entries, then its channel updates.
 *
 * <pre>{@code
 * reader.reset(bytes, offset, length);
 * while (reader.next()) { ... reader.keyOffset() ... }
 * while (reader.nextUpdate()) { ... reader.updateChannel() ... }
 * }</pre>
 *
 * <p>{@code reset} validates the head and the updates, {@code next} each entry; both throw {@link
 * MalformedBytesException}, after which there is nothing more to read. Nothing is allocated.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
public final class FrameReader {

  private static final byte[] NO_BYTES = new byte[0];

  private final ByteReader in = new ByteReader(NO_BYTES);
  private final ByteReader updates = new ByteReader(NO_BYTES);

  private byte[] bytes = NO_BYTES;
  private int flags;
  private int recordSchemaId;
  private int partialSchemaId;
  private int sender;
  private int channelCount;

  private int updateCount;
  private int updatesLeft;
  private int updateChannel;
  private ChannelStatus updateStatus = ChannelStatus.ACTIVE;
  private long updateOwnerEpoch;
  private long updateEventTimeWatermark;
  private long updateProcessingTimeWatermark;

  private long baseTime;
  private int entryCount;
  private int entriesLeft;
  private int keyOffset;
  private int keyLength;
  private long time;
  private int kind;
  private int valueOffset;
  private int valueLength;

  /** Points this reader at a frame and reads its head. */
  public FrameReader reset(byte[] frame, int offset, int length) {
    bytes = frame;
    updatesLeft = 0;
    entriesLeft = 0;
    in.reset(frame, offset, length);
    FrameFormat.expectMagicAndVersion(in, FrameFormat.MAGIC, FrameFormat.VERSION, "shuffle frame");
    flags = in.readByte();
    if ((flags & ~FrameFormat.FLAGS_MASK) != 0) {
      throw new MalformedBytesException(
          "Cannot read a shuffle frame: unknown flags (" + flags + ")");
    }
    recordSchemaId = in.readInt();
    partialSchemaId = in.readInt();
    sender = isOneOfSeveral() ? in.readInt() : 0;
    channelCount = in.readVarint();
    int updatesRead =
        FrameFormat.readCount(in, FrameFormat.SMALLEST_UPDATE_BYTES, "channel updates");
    if (channelCount <= 0 || updatesRead > channelCount) {
      throw new MalformedBytesException(
          "Cannot read a shuffle frame: "
              + updatesRead
              + " channel updates for "
              + Integer.toUnsignedString(channelCount)
              + " channels");
    }
    int updatesStart = in.position();
    for (int i = 0; i < updatesRead; i++) {
      readUpdate(in);
    }
    int updatesEnd = in.position();
    baseTime = in.readZigzag();
    int entriesRead = FrameFormat.readCount(in, FrameFormat.SMALLEST_ENTRY_BYTES, "entries");
    if (entriesRead == 0) {
      FrameFormat.expectEnd(in, "shuffle frame");
    }
    updates.reset(frame, updatesStart, updatesEnd - updatesStart);
    updateCount = updatesRead;
    updatesLeft = updatesRead;
    entryCount = entriesRead;
    entriesLeft = entriesRead;
    return this;
  }

  /** Moves to the next entry and returns whether there was one. */
  public boolean next() {
    int left = entriesLeft;
    if (left == 0) {
      return false;
    }
    // Set back at the end only, so that nothing follows a malformed entry.
    entriesLeft = 0;
    int length = in.readLength();
    keyOffset = in.skip(length);
    keyLength = length;
    time = baseTime + in.readZigzag();
    kind = in.readByte();
    if (!FrameFormat.isKind(kind)) {
      throw new MalformedBytesException("Cannot read an entry: unknown kind (" + kind + ")");
    }
    length = in.readLength();
    valueOffset = in.skip(length);
    valueLength = length;
    if (left == 1) {
      FrameFormat.expectEnd(in, "shuffle frame");
    }
    entriesLeft = left - 1;
    return true;
  }

  /**
   * Moves to the next channel update and returns whether there was one.
   *
   * <p>Updates take effect after the entries: apply them when {@link #next} has returned false.
   */
  public boolean nextUpdate() {
    if (updatesLeft == 0) {
      return false;
    }
    updatesLeft--;
    readUpdate(updates);
    return true;
  }

  /** {@return whether the worker's transaction has no further frame for this partition} */
  public boolean isLastOfTransaction() {
    return (flags & FrameFormat.LAST_OF_TRANSACTION) != 0;
  }

  /** {@return whether the worker's transaction has several frames for this partition} */
  public boolean isOneOfSeveral() {
    return (flags & FrameFormat.ONE_OF_SEVERAL) != 0;
  }

  /** {@return the number of the worker that sent one of several frames, otherwise 0} */
  public int sender() {
    return sender;
  }

  /** {@return the flags} */
  public int flags() {
    return flags;
  }

  /** {@return the schema id of values that are records} */
  public int recordSchemaId() {
    return recordSchemaId;
  }

  /** {@return the schema id of values that are partial aggregates} */
  public int partialSchemaId() {
    return partialSchemaId;
  }

  /** {@return the number of upstream partitions of the edge} */
  public int channelCount() {
    return channelCount;
  }

  /**
   * {@return the time of the frame's first entry, milliseconds since the epoch; 0 if it has none}
   */
  public long baseTime() {
    return baseTime;
  }

  /** {@return how many entries the frame has in all} */
  public int entryCount() {
    return entryCount;
  }

  /** {@return how many channel updates the frame has in all} */
  public int updateCount() {
    return updateCount;
  }

  /** {@return the array that holds key and value} */
  public byte[] array() {
    return bytes;
  }

  /** {@return where the entry's key starts in the array} */
  public int keyOffset() {
    return keyOffset;
  }

  /** {@return the length of the entry's key in bytes} */
  public int keyLength() {
    return keyLength;
  }

  /** {@return the entry's time in milliseconds since the epoch} */
  public long time() {
    return time;
  }

  /** {@return the entry's kind, bits of {@link FrameFormat}} */
  public int kind() {
    return kind;
  }

  /** {@return where the entry's value starts in the array} */
  public int valueOffset() {
    return valueOffset;
  }

  /** {@return the length of the entry's value in bytes} */
  public int valueLength() {
    return valueLength;
  }

  /** {@return the upstream partition of the update} */
  public int updateChannel() {
    return updateChannel;
  }

  /** {@return the status the channel has from now on} */
  public ChannelStatus updateStatus() {
    return updateStatus;
  }

  /** {@return the owner epoch of the upstream task that made the update} */
  public long updateOwnerEpoch() {
    return updateOwnerEpoch;
  }

  /** {@return the channel's event-time watermark, or {@link Watermarks#UNKNOWN}} */
  public long updateEventTimeWatermark() {
    return updateEventTimeWatermark;
  }

  /** {@return the channel's processing-time watermark, or {@link Watermarks#UNKNOWN}} */
  public long updateProcessingTimeWatermark() {
    return updateProcessingTimeWatermark;
  }

  private void readUpdate(ByteReader from) {
    updateChannel = from.readVarint();
    if (updateChannel < 0 || updateChannel >= channelCount) {
      throw new MalformedBytesException(
          "Cannot read a channel update: channel "
              + Integer.toUnsignedString(updateChannel)
              + " of "
              + channelCount);
    }
    updateStatus = ChannelStatus.ofCode(from.readByte());
    updateOwnerEpoch = from.readVarlong();
    int presence = from.readByte();
    if ((presence & ~FrameFormat.PRESENCE_MASK) != 0) {
      throw new MalformedBytesException(
          "Cannot read a channel update: unknown presence bits (" + presence + ")");
    }
    updateEventTimeWatermark =
        (presence & FrameFormat.EVENT_TIME_PRESENT) != 0 ? from.readZigzag() : Watermarks.UNKNOWN;
    updateProcessingTimeWatermark =
        (presence & FrameFormat.PROCESSING_TIME_PRESENT) != 0
            ? from.readZigzag()
            : Watermarks.UNKNOWN;
  }
}
