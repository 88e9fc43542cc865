package dev.millrace.internal.frame;

import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.MalformedBytesException;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Objects;

/**
 * The position of a task without state at a commit, as the metadata string of its committed offset.
 * The layout is in the package's description.
 *
 * <p>Kafka refuses metadata beyond {@code offset.metadata.max.bytes}, and with it the commit.
 * Several hundred channels fit as they are. With more of them owner epochs are lowered to the
 * least, then watermarks to coarser ones; that never raises one, and never forgets that a channel
 * has finished or is idle, so that a task which starts from here waits for none in vain. {@link
 * #MAX_CHANNELS} fit in any case.
 *
 * <p><b>Threads.</b> Immutable, as long as nobody writes into the array.
 *
 * @param eventTimeWatermark of the task's output; {@link Long#MIN_VALUE} if unknown
 * @param processingTimeWatermark of the task's output; {@link Long#MIN_VALUE} if unknown
 * @param txnSeq of the task; one more in each transaction
 * @param sourcePosition inside the current split; empty if there is none
 * @param channelVectors one for each input that has channels
 */
// An array, because the bytes go from the source to the wire and back untouched; equality is by
// content.
@SuppressWarnings("ArrayRecordComponent")
public record SmallFrame(
    ChannelStatus status,
    long eventTimeWatermark,
    long processingTimeWatermark,
    long txnSeq,
    long ownerEpoch,
    byte[] sourcePosition,
    List<ChannelVector> channelVectors) {

  /** Under Kafka's default limit of 4096, with a reserve. */
  public static final int MAX_CHARS = 4000;

  /**
   * The metadata of offsets that have no small frame: those of a job's first start, and of further
   * inputs. Offsets with neither were written by another tool.
   */
  public static final String NONE = "-";

  /**
   * The metadata of offsets that a task with a changelog has committed: its commit frame is there.
   */
  public static final String IN_CHANGELOG = "=";

  /** A task without state can remember this many channels, and cannot do with less. */
  public static final int MAX_CHANNELS = ChannelColumns.MAX_CHANNELS;

  private static final byte MAGIC = 0x53;
  private static final byte VERSION = 2;
  private static final byte FIRST_VERSION = 1;
  private static final String NAME = "small frame";

  /** Watermarks are made coarser by this many bits, until they fit. */
  private static final int[] COARSER_BITS = {4, 7, 10, 13, 17, 22, 30, 63};

  /** Keeps an immutable copy of the list. */
  public SmallFrame {
    channelVectors = List.copyOf(channelVectors);
  }

  /** {@return whether an offset's metadata is meant to be a small frame} */
  public static boolean isIn(String metadata) {
    return !metadata.equals(NONE) && !metadata.equals(IN_CHANGELOG);
  }

  /**
   * {@return the text for the offset's metadata, at most {@link #MAX_CHARS} long unless the source
   * position alone is longer}
   */
  public String encode() {
    String text = encodeWith(channelVectors);
    if (text.length() <= MAX_CHARS) {
      return text;
    }
    List<ChannelVector> kept = channelVectors.stream().map(ChannelVector::withLeastEpoch).toList();
    text = encodeWith(kept);
    for (int i = 0; i < COARSER_BITS.length && text.length() > MAX_CHARS; i++) {
      int bits = COARSER_BITS[i];
      text = encodeWith(kept.stream().map(vector -> vector.coarser(bits)).toList());
    }
    if (text.length() <= MAX_CHARS) {
      return text;
    }
    // Not reached by a stage that was allowed to start, see MAX_CHANNELS.
    return encodeWith(channelVectors.stream().map(ChannelVector::withoutChannels).toList());
  }

  private String encodeWith(List<ChannelVector> vectors) {
    ByteWriter out = new ByteWriter(64);
    out.writeByte(MAGIC);
    out.writeByte(VERSION);
    new Progress(status, eventTimeWatermark, processingTimeWatermark).write(out);
    out.writeVarlong(txnSeq);
    out.writeVarlong(ownerEpoch);
    out.writeSizedBytes(sourcePosition);
    Progress.writeCompactVectors(out, vectors);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(out.toByteArray());
  }

  /**
   * {@return the small frame of an offset's metadata}
   *
   * @throws MalformedBytesException if the text is not one, for instance because another tool has
   *     committed the offset
   */
  public static SmallFrame decode(String text) {
    byte[] bytes;
    try {
      bytes = Base64.getUrlDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw new MalformedBytesException("Cannot read a small frame: " + e.getMessage());
    }
    ByteReader in = new ByteReader(bytes);
    byte version = FrameFormat.readVersion(in, MAGIC, VERSION, NAME);
    Progress progress = Progress.read(in);
    long txnSeq = in.readVarlong();
    long ownerEpoch = in.readVarlong();
    byte[] sourcePosition = in.readSizedBytes();
    List<ChannelVector> vectors =
        version == FIRST_VERSION ? Progress.readVectors(in) : Progress.readCompactVectors(in);
    FrameFormat.expectEnd(in, NAME);
    return new SmallFrame(
        progress.status(),
        progress.eventTime(),
        progress.processingTime(),
        txnSeq,
        ownerEpoch,
        sourcePosition,
        vectors);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SmallFrame that
        && status == that.status
        && eventTimeWatermark == that.eventTimeWatermark
        && processingTimeWatermark == that.processingTimeWatermark
        && txnSeq == that.txnSeq
        && ownerEpoch == that.ownerEpoch
        && Arrays.equals(sourcePosition, that.sourcePosition)
        && channelVectors.equals(that.channelVectors);
  }

  @Override
  public int hashCode() {
    return Objects.hash(status, eventTimeWatermark, txnSeq, ownerEpoch, channelVectors);
  }
}
