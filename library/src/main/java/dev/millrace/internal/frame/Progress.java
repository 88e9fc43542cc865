package dev.millrace.internal.frame;

import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.time.Watermarks;
import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.MalformedBytesException;
import java.util.ArrayList;
import java.util.List;

/**
 * The parts that commit frames and small frames share: a status with two watermarks, and channel
 * vectors.
 *
 * <p><b>Threads.</b> Immutable.
 */
record Progress(ChannelStatus status, long eventTime, long processingTime) {

  private static final int STATUS_MASK = 3;
  private static final int EVENT_TIME_PRESENT = 4;
  private static final int PROCESSING_TIME_PRESENT = 8;
  private static final int HEAD_MASK = STATUS_MASK | EVENT_TIME_PRESENT | PROCESSING_TIME_PRESENT;

  /** Input index, presence and channel count. */
  private static final int SMALLEST_VECTOR_BYTES = 3;

  /** Head of the progress and owner epoch. */
  private static final int SMALLEST_CHANNEL_BYTES = 2;

  void write(ByteWriter out) {
    write(out, 0, 0);
  }

  static Progress read(ByteReader in) {
    return read(in, 0, 0);
  }

  static void writeVectors(ByteWriter out, List<ChannelVector> vectors) {
    out.writeVarint(vectors.size());
    for (ChannelVector vector : vectors) {
      writeHead(out, vector);
      long eventTime = vector.eventTimeWatermark();
      long processingTime = vector.processingTimeWatermark();
      out.writeVarint(vector.channels().size());
      for (ChannelState channel : vector.channels()) {
        new Progress(
                channel.status(), channel.eventTimeWatermark(), channel.processingTimeWatermark())
            .write(out, base(eventTime), base(processingTime));
        // One more than it is, so that the -1 of a channel that has sent no update is short as
        // well.
        out.writeVarlong(channel.ownerEpoch() + 1);
      }
    }
  }

  /** Writes vectors with their channels column by column, which takes a fraction of the room. */
  static void writeCompactVectors(ByteWriter out, List<ChannelVector> vectors) {
    out.writeVarint(vectors.size());
    for (ChannelVector vector : vectors) {
      writeHead(out, vector);
      ChannelColumns.write(out, vector.channels());
    }
  }

  private static void writeHead(ByteWriter out, ChannelVector vector) {
    long eventTime = vector.eventTimeWatermark();
    long processingTime = vector.processingTimeWatermark();
    boolean ownEventTime = vector.ownEventTime() != eventTime;
    boolean ownProcessingTime = vector.ownProcessingTime() != processingTime;
    out.writeVarint(vector.inputIndex());
    out.writeByte(
        (eventTime == Watermarks.UNKNOWN ? 0 : FrameFormat.EVENT_TIME_PRESENT)
            | (processingTime == Watermarks.UNKNOWN ? 0 : FrameFormat.PROCESSING_TIME_PRESENT)
            | (ownEventTime ? FrameFormat.OWN_EVENT_TIME_PRESENT : 0)
            | (ownProcessingTime ? FrameFormat.OWN_PROCESSING_TIME_PRESENT : 0));
    if (eventTime != Watermarks.UNKNOWN) {
      out.writeZigzag(eventTime);
    }
    if (processingTime != Watermarks.UNKNOWN) {
      out.writeZigzag(processingTime);
    }
    if (ownEventTime) {
      out.writeZigzag(vector.ownEventTime() - base(eventTime));
    }
    if (ownProcessingTime) {
      out.writeZigzag(vector.ownProcessingTime() - base(processingTime));
    }
  }

  static List<ChannelVector> readCompactVectors(ByteReader in) {
    int count = FrameFormat.readCount(in, SMALLEST_VECTOR_BYTES, "channel vectors");
    List<ChannelVector> vectors = new ArrayList<>(count);
    int room = ChannelColumns.MAX_CHANNELS;
    for (int i = 0; i < count; i++) {
      ChannelVector head = readHead(in);
      List<ChannelState> channels = ChannelColumns.read(in, room);
      room -= channels.size();
      vectors.add(head.with(channels));
    }
    return vectors;
  }

  static List<ChannelVector> readVectors(ByteReader in) {
    int count = FrameFormat.readCount(in, SMALLEST_VECTOR_BYTES, "channel vectors");
    List<ChannelVector> vectors = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      vectors.add(readVector(in));
    }
    return vectors;
  }

  private static ChannelVector readHead(ByteReader in) {
    int inputIndex = in.readVarint();
    int presence = in.readByte();
    if ((presence & ~FrameFormat.VECTOR_PRESENCE_MASK) != 0) {
      throw new MalformedBytesException(
          "Cannot read a channel vector: unknown presence bits (" + presence + ")");
    }
    long eventTime =
        (presence & FrameFormat.EVENT_TIME_PRESENT) != 0 ? in.readZigzag() : Watermarks.UNKNOWN;
    long processingTime =
        (presence & FrameFormat.PROCESSING_TIME_PRESENT) != 0
            ? in.readZigzag()
            : Watermarks.UNKNOWN;
    long ownEventTime =
        (presence & FrameFormat.OWN_EVENT_TIME_PRESENT) != 0
            ? base(eventTime) + in.readZigzag()
            : eventTime;
    long ownProcessingTime =
        (presence & FrameFormat.OWN_PROCESSING_TIME_PRESENT) != 0
            ? base(processingTime) + in.readZigzag()
            : processingTime;
    return new ChannelVector(
        inputIndex, eventTime, processingTime, ownEventTime, ownProcessingTime, List.of());
  }

  private static ChannelVector readVector(ByteReader in) {
    ChannelVector head = readHead(in);
    long eventTime = head.eventTimeWatermark();
    long processingTime = head.processingTimeWatermark();
    int count = FrameFormat.readCount(in, SMALLEST_CHANNEL_BYTES, "channels");
    List<ChannelState> channels = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      Progress progress = read(in, base(eventTime), base(processingTime));
      long ownerEpoch = in.readVarlong() - 1;
      channels.add(
          new ChannelState(
              progress.status(), ownerEpoch, progress.eventTime(), progress.processingTime()));
    }
    return head.with(channels);
  }

  private static long base(long combined) {
    return combined == Watermarks.UNKNOWN ? 0 : combined;
  }

  private void write(ByteWriter out, long eventTimeBase, long processingTimeBase) {
    boolean hasEventTime = eventTime != Watermarks.UNKNOWN;
    boolean hasProcessingTime = processingTime != Watermarks.UNKNOWN;
    out.writeByte(
        status.code()
            | (hasEventTime ? EVENT_TIME_PRESENT : 0)
            | (hasProcessingTime ? PROCESSING_TIME_PRESENT : 0));
    if (hasEventTime) {
      out.writeZigzag(eventTime - eventTimeBase);
    }
    if (hasProcessingTime) {
      out.writeZigzag(processingTime - processingTimeBase);
    }
  }

  private static Progress read(ByteReader in, long eventTimeBase, long processingTimeBase) {
    int head = in.readByte();
    if ((head & ~HEAD_MASK) != 0) {
      throw new MalformedBytesException("Cannot read progress: unknown bits (" + head + ")");
    }
    ChannelStatus status = ChannelStatus.ofCode(head & STATUS_MASK);
    long eventTime =
        (head & EVENT_TIME_PRESENT) != 0 ? eventTimeBase + in.readZigzag() : Watermarks.UNKNOWN;
    long processingTime =
        (head & PROCESSING_TIME_PRESENT) != 0
            ? processingTimeBase + in.readZigzag()
            : Watermarks.UNKNOWN;
    return new Progress(status, eventTime, processingTime);
  }
}
