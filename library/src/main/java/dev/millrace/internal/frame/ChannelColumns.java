package dev.millrace.internal.frame;

import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.time.Watermarks;
import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.MalformedBytesException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The channels of a vector column by column, since neighbours resemble each other: kinds as indexes
 * into the few that occur, owner epochs as runs, watermarks as short differences. The layout is in
 * the package's description.
 *
 * <p><b>Threads.</b> Stateless.
 */
final class ChannelColumns {

  /** What an offset's metadata has room for in the worst case. */
  static final int MAX_CHANNELS = 5_000;

  private static final int BLOCK = 64;
  private static final int STATUS_MASK = 3;
  private static final int EVENT_SHIFT = 2;
  private static final int PROCESSING_SHIFT = 4;
  private static final int POSSIBLE_KINDS = 64;

  private static final int ABSENT = 0;
  private static final int PRESENT = 1;
  private static final int END = 2;

  private ChannelColumns() {}

  static void write(ByteWriter out, List<ChannelState> channels) {
    out.writeVarint(channels.size());
    if (channels.isEmpty()) {
      return;
    }
    writeKinds(out, channels);
    writeEpochs(out, channels);
    long[] values = new long[channels.size()];
    int count = 0;
    for (ChannelState channel : channels) {
      if (presence(channel.eventTimeWatermark()) == PRESENT) {
        values[count++] = channel.eventTimeWatermark();
      }
    }
    writeColumn(out, values, count);
    count = 0;
    for (ChannelState channel : channels) {
      if (presence(channel.processingTimeWatermark()) == PRESENT) {
        values[count++] = channel.processingTimeWatermark();
      }
    }
    writeColumn(out, values, count);
  }

  /** Reads channels, at most {@code limit} of them. */
  static List<ChannelState> read(ByteReader in, int limit) {
    int count = in.readVarint();
    if (count < 0 || count > limit) {
      throw new MalformedBytesException(
          "Cannot read channels: there are "
              + Integer.toUnsignedString(count)
              + " of at most "
              + limit);
    }
    if (count == 0) {
      return List.of();
    }
    int[] kinds = readKinds(in, count);
    long[] epochs = readEpochs(in, count);
    long[] eventTimes = readColumn(in, kinds, EVENT_SHIFT);
    long[] processingTimes = readColumn(in, kinds, PROCESSING_SHIFT);
    List<ChannelState> channels = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      channels.add(
          new ChannelState(
              ChannelStatus.ofCode(kinds[i] & STATUS_MASK),
              epochs[i],
              eventTimes[i],
              processingTimes[i]));
    }
    return channels;
  }

  // ------------------------------------------------------------------ kinds

  private static int presence(long watermark) {
    if (watermark == Watermarks.UNKNOWN) {
      return ABSENT;
    }
    return watermark == Watermarks.END_OF_TIME ? END : PRESENT;
  }

  private static int kind(ChannelState channel) {
    return channel.status().code()
        | presence(channel.eventTimeWatermark()) << EVENT_SHIFT
        | presence(channel.processingTimeWatermark()) << PROCESSING_SHIFT;
  }

  private static void writeKinds(ByteWriter out, List<ChannelState> channels) {
    int[] indexes = new int[POSSIBLE_KINDS];
    List<Integer> found = new ArrayList<>();
    long[] column = new long[channels.size()];
    for (int i = 0; i < column.length; i++) {
      int kind = kind(channels.get(i));
      if (indexes[kind] == 0) {
        found.add(kind);
        indexes[kind] = found.size();
      }
      column[i] = indexes[kind] - 1L;
    }
    out.writeByte(found.size());
    found.forEach(out::writeByte);
    pack(out, column, 0, column.length, width(found.size()));
  }

  private static int[] readKinds(ByteReader in, int count) {
    int different = in.readByte();
    if (different <= 0 || different > POSSIBLE_KINDS) {
      throw new MalformedBytesException(
          "Cannot read channels: they are of " + different + " kinds");
    }
    int[] found = new int[different];
    for (int i = 0; i < different; i++) {
      int kind = in.readByte();
      if ((kind & ~(POSSIBLE_KINDS - 1)) != 0
          || (kind >> EVENT_SHIFT & 3) > END
          || (kind >> PROCESSING_SHIFT & 3) > END) {
        throw new MalformedBytesException("Cannot read a channel: unknown kind (" + kind + ")");
      }
      found[i] = kind;
    }
    long[] indexes = new long[count];
    unpack(in, indexes, 0, count, width(different));
    int[] kinds = new int[count];
    for (int i = 0; i < count; i++) {
      if (indexes[i] >= different) {
        throw new MalformedBytesException(
            "Cannot read a channel: its kind is number " + indexes[i] + " of " + different);
      }
      kinds[i] = found[(int) indexes[i]];
    }
    return kinds;
  }

  /** {@return the bits that an index below {@code size} takes} */
  private static int width(int size) {
    return 32 - Integer.numberOfLeadingZeros(size - 1);
  }

  // ------------------------------------------------------------------ owner epochs

  private static void writeEpochs(ByteWriter out, List<ChannelState> channels) {
    long before = 0;
    int from = 0;
    while (from < channels.size()) {
      long epoch = channels.get(from).ownerEpoch();
      int to = from + 1;
      while (to < channels.size() && channels.get(to).ownerEpoch() == epoch) {
        to++;
      }
      out.writeVarint(to - from);
      out.writeZigzag(epoch - before);
      before = epoch;
      from = to;
    }
  }

  private static long[] readEpochs(ByteReader in, int count) {
    long[] epochs = new long[count];
    long epoch = 0;
    int from = 0;
    while (from < count) {
      int run = in.readVarint();
      if (run <= 0 || run > count - from) {
        throw new MalformedBytesException(
            "Cannot read owner epochs: a run of "
                + run
                + " channels where "
                + (count - from)
                + " are left");
      }
      epoch += in.readZigzag();
      Arrays.fill(epochs, from, from + run, epoch);
      from += run;
    }
    return epochs;
  }

  // ------------------------------------------------------------------ watermarks

  private static void writeColumn(ByteWriter out, long[] values, int count) {
    long before = 0;
    for (int from = 0; from < count; from += BLOCK) {
      int to = Math.min(from + BLOCK, count);
      long least = Long.MAX_VALUE;
      for (int i = from; i < to; i++) {
        least = Math.min(least, values[i]);
      }
      long bits = 0;
      for (int i = from; i < to; i++) {
        values[i] -= least;
        bits |= values[i];
      }
      out.writeZigzag(least - before);
      before = least;
      if (bits == 0) {
        out.writeByte(0);
        continue;
      }
      int shift = Long.numberOfTrailingZeros(bits);
      int width = Long.SIZE - Long.numberOfLeadingZeros(bits) - shift;
      for (int i = from; i < to; i++) {
        values[i] >>>= shift;
      }
      out.writeByte(width);
      out.writeByte(shift);
      pack(out, values, from, to, width);
    }
  }

  /** Reads the watermarks of those channels that have one, and fills in the others'. */
  private static long[] readColumn(ByteReader in, int[] kinds, int kindShift) {
    long[] column = new long[kinds.length];
    int count = 0;
    for (int kind : kinds) {
      if ((kind >> kindShift & 3) == PRESENT) {
        count++;
      }
    }
    long[] values = new long[count];
    long least = 0;
    for (int from = 0; from < count; from += BLOCK) {
      least += in.readZigzag();
      readBlock(in, values, from, Math.min(from + BLOCK, count), least);
    }
    int next = 0;
    for (int i = 0; i < column.length; i++) {
      column[i] =
          switch (kinds[i] >> kindShift & 3) {
            case PRESENT -> values[next++];
            case END -> Watermarks.END_OF_TIME;
            default -> Watermarks.UNKNOWN;
          };
    }
    return column;
  }

  private static void readBlock(ByteReader in, long[] values, int from, int to, long least) {
    int width = in.readByte();
    int shift = width == 0 ? 0 : in.readByte();
    if (width < 0 || shift < 0 || width + shift > Long.SIZE) {
      throw new MalformedBytesException(
          "Cannot read watermarks: " + width + " bits shifted by " + shift);
    }
    unpack(in, values, from, to, width);
    for (int i = from; i < to; i++) {
      values[i] = least + (values[i] << shift);
    }
  }

  // ------------------------------------------------------------------ bits

  /** Appends the lowest bits of each value, least significant first, up to a whole byte. */
  private static void pack(ByteWriter out, long[] values, int from, int to, int width) {
    int open = 0;
    int used = 0;
    for (int i = from; i < to; i++) {
      int done = 0;
      while (done < width) {
        int taken = Math.min(Byte.SIZE - used, width - done);
        open |= (int) (values[i] >>> done & (1 << taken) - 1) << used;
        used += taken;
        done += taken;
        if (used == Byte.SIZE) {
          out.writeByte(open);
          open = 0;
          used = 0;
        }
      }
    }
    if (used > 0) {
      out.writeByte(open);
    }
  }

  private static void unpack(ByteReader in, long[] values, int from, int to, int width) {
    int open = 0;
    int left = 0;
    for (int i = from; i < to; i++) {
      long value = 0;
      int done = 0;
      while (done < width) {
        if (left == 0) {
          open = in.readByte() & 0xFF;
          left = Byte.SIZE;
        }
        int taken = Math.min(left, width - done);
        value |= (long) (open & (1 << taken) - 1) << done;
        open >>>= taken;
        left -= taken;
        done += taken;
      }
      values[i] = value;
    }
    if (open != 0) {
      throw new MalformedBytesException("Cannot read channels: bits after a column's end");
    }
  }
}
