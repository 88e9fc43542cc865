package dev.millrace.internal.frame;

import dev.millrace.internal.time.Watermarks;
import dev.millrace.internal.util.ByteWriter;
import java.util.List;
import java.util.Objects;

/**
 * The writer of frames for one downstream partition, made of the entries that it gathers.
 *
 * <p>An entry is added whole ({@link #add}), or its value is encoded straight into the frame:
 * {@link #beginEntry}, write the value, {@link #endEntry} (or {@link #cancelEntry}, which leaves no
 * trace). {@link #finish} hands out the frame and starts the next.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
public final class FrameWriter {

  private static final int INITIAL_BYTES = 1024;

  /** A buffer that one large value has blown up beyond this is not kept for the next frame. */
  private static final int KEPT_BYTES = 1 << 20;

  private static final int NONE = -1;

  private final int recordSchemaId;
  private final int partialSchemaId;
  private int channelCount;

  private final ByteWriter head = new ByteWriter(64);
  private ByteWriter body = new ByteWriter(INITIAL_BYTES);
  private int entries;
  private long baseTime;

  private int openEntry = NONE;
  private int openValue;

  /**
   * How many bytes an open entry keeps free for the length of its value: as many as the last one
   * took, since values of an edge resemble each other and a wrong guess costs a move of the value.
   */
  private int lengthBytes = 1;

  /**
   * Creates a writer for frames of one edge.
   *
   * @param channelCount the number of upstream partitions of the edge
   */
  public FrameWriter(int recordSchemaId, int partialSchemaId, int channelCount) {
    if (channelCount <= 0) {
      throw new IllegalArgumentException(
          "Cannot write frames: the edge needs at least one channel (" + channelCount + ")");
    }
    this.recordSchemaId = recordSchemaId;
    this.partialSchemaId = partialSchemaId;
    this.channelCount = channelCount;
  }

  /** Makes this and all later frames have as many channels; they never become fewer. */
  public void widen(int channels) {
    channelCount = Math.max(channelCount, channels);
  }

  /** Adds an entry; {@code kind} is made of the bits in {@link FrameFormat}. */
  public void add(
      byte[] key,
      int keyOffset,
      int keyLength,
      long time,
      int kind,
      byte[] value,
      int valueOffset,
      int valueLength) {
    Objects.checkFromIndexSize(valueOffset, valueLength, value.length);
    putHead(key, keyOffset, keyLength, time, kind);
    body.writeVarint(valueLength);
    body.writeBytes(value, valueOffset, valueLength);
    entries++;
  }

  /**
   * Begins an entry and returns the buffer that takes its value.
   *
   * <p>The caller only appends to it, and not beyond the {@link #endEntry} or {@link #cancelEntry}
   * that has to follow.
   */
  public ByteWriter beginEntry(byte[] key, int keyOffset, int keyLength, long time, int kind) {
    int start = body.size();
    putHead(key, keyOffset, keyLength, time, kind);
    for (int i = 0; i < lengthBytes; i++) {
      body.writeByte(0);
    }
    openEntry = start;
    openValue = body.size();
    return body;
  }

  /** Ends the entry that was begun. */
  public void endEntry() {
    requireOpen();
    int length = body.size() - openValue;
    int needed = varintBytes(length);
    if (needed != lengthBytes) {
      moveValue(length, needed - lengthBytes);
      lengthBytes = needed;
    }
    putVarint(body.array(), openValue - needed, length);
    openEntry = NONE;
    entries++;
  }

  /** Takes back the entry that was begun, for instance because its value cannot be encoded. */
  public void cancelEntry() {
    requireOpen();
    body.truncate(openEntry);
    openEntry = NONE;
  }

  /** {@return about how large the frame is by now, without channel updates} */
  public int sizeBytes() {
    return FrameFormat.FIXED_HEAD_BYTES + body.size();
  }

  /** {@return the number of entries} */
  public int entries() {
    return entries;
  }

  /**
   * Makes a frame that is a whole by itself, and begins the next.
   *
   * @param flags bits of {@link FrameFormat}
   * @param updates in effect after the entries; at most one for each channel
   */
  public byte[] finish(int flags, List<ChannelUpdate> updates) {
    if ((flags & FrameFormat.ONE_OF_SEVERAL) != 0) {
      throw new IllegalArgumentException("Cannot write one frame of several without its sender");
    }
    return finish(flags, updates, 0);
  }

  /**
   * Makes one of several frames of a transaction, and begins the next.
   *
   * @param flags further bits of {@link FrameFormat}
   * @param updates as above
   * @param sender the number of the worker
   */
  public byte[] finishOneOfSeveral(int flags, List<ChannelUpdate> updates, int sender) {
    return finish(flags | FrameFormat.ONE_OF_SEVERAL, updates, sender);
  }

  private byte[] finish(int flags, List<ChannelUpdate> updates, int sender) {
    requireClosed();
    if ((flags & ~FrameFormat.FLAGS_MASK) != 0 || updates.size() > channelCount) {
      throw new IllegalArgumentException(
          "Cannot write a frame: unknown flags or more updates than channels (flags "
              + flags
              + ", "
              + updates.size()
              + " updates, "
              + channelCount
              + " channels)");
    }
    head.clear();
    head.writeByte(FrameFormat.MAGIC);
    head.writeByte(FrameFormat.VERSION);
    head.writeByte(flags);
    head.writeInt(recordSchemaId);
    head.writeInt(partialSchemaId);
    if ((flags & FrameFormat.ONE_OF_SEVERAL) != 0) {
      head.writeInt(sender);
    }
    head.writeVarint(channelCount);
    head.writeVarint(updates.size());
    for (int i = 0; i < updates.size(); i++) {
      putUpdate(updates.get(i));
    }
    head.writeZigzag(entries == 0 ? 0 : baseTime);
    head.writeVarint(entries);

    byte[] frame = new byte[head.size() + body.size()];
    System.arraycopy(head.array(), 0, frame, 0, head.size());
    System.arraycopy(body.array(), 0, frame, head.size(), body.size());
    reset();
    return frame;
  }

  /** Drops all entries, also one that is open. */
  public void reset() {
    entries = 0;
    openEntry = NONE;
    if (body.array().length > KEPT_BYTES) {
      body = new ByteWriter(INITIAL_BYTES);
    } else {
      body.clear();
    }
  }

  private void putHead(byte[] key, int keyOffset, int keyLength, long time, int kind) {
    requireClosed();
    Objects.checkFromIndexSize(keyOffset, keyLength, key.length);
    if (!FrameFormat.isKind(kind)) {
      throw new IllegalArgumentException("Cannot write an entry: unknown kind (" + kind + ")");
    }
    if (entries == 0) {
      baseTime = time;
    }
    body.writeVarint(keyLength);
    body.writeBytes(key, keyOffset, keyLength);
    body.writeZigzag(time - baseTime);
    body.writeByte(kind);
  }

  private void putUpdate(ChannelUpdate update) {
    if (update.channel() < 0 || update.channel() >= channelCount) {
      throw new IllegalArgumentException(
          "Cannot write a channel update: the edge has "
              + channelCount
              + " channels ("
              + update.channel()
              + ")");
    }
    boolean eventTime = update.eventTimeWatermark() != Watermarks.UNKNOWN;
    boolean processingTime = update.processingTimeWatermark() != Watermarks.UNKNOWN;
    head.writeVarint(update.channel());
    head.writeByte(update.status().code());
    head.writeVarlong(update.ownerEpoch());
    head.writeByte(
        (eventTime ? FrameFormat.EVENT_TIME_PRESENT : 0)
            | (processingTime ? FrameFormat.PROCESSING_TIME_PRESENT : 0));
    if (eventTime) {
      head.writeZigzag(update.eventTimeWatermark());
    }
    if (processingTime) {
      head.writeZigzag(update.processingTimeWatermark());
    }
  }

  private void moveValue(int length, int distance) {
    for (int i = 0; i < distance; i++) {
      body.writeByte(0);
    }
    byte[] bytes = body.array();
    System.arraycopy(bytes, openValue, bytes, openValue + distance, length);
    openValue += distance;
    body.truncate(openValue + length);
  }

  private void requireOpen() {
    if (openEntry == NONE) {
      throw new IllegalStateException("Cannot end an entry: none was begun");
    }
  }

  private void requireClosed() {
    if (openEntry != NONE) {
      throw new IllegalStateException("Cannot go on with a frame: an entry is still open");
    }
  }

  private static int varintBytes(int value) {
    return Math.max(1, (38 - Integer.numberOfLeadingZeros(value)) / 7);
  }

  private static void putVarint(byte[] bytes, int at, int value) {
    int position = at;
    int rest = value;
    while ((rest & ~0x7F) != 0) {
      bytes[position++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[position] = (byte) rest;
  }
}
