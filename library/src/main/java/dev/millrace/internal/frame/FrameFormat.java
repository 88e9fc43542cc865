package dev.millrace.internal.frame;

import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.MalformedBytesException;

/**
 * The constants of the shuffle frame; the layout is in the package's description.
 *
 * <p><b>Threads.</b> Stateless.
 */
public final class FrameFormat {

  /** First byte of a shuffle frame. */
  public static final byte MAGIC = 0x4D;

  /** The version that is written, and the only one that is read. */
  public static final byte VERSION = 1;

  /** Flag: the worker's transaction has no further frame for this partition. */
  public static final int LAST_OF_TRANSACTION = 1;

  /**
   * Flag: the worker's transaction has several frames for this partition, and the frame names its
   * sender. A frame without it is to be taken for a whole.
   */
  public static final int ONE_OF_SEVERAL = 2;

  /** Kind of an entry that adds a record. */
  public static final int RECORD = 0;

  /**
   * Bit of an entry's kind: it takes back a record instead of adding one. A partial aggregate does
   * not have it: the sign of its number of records shows what it does on balance.
   */
  public static final int RETRACTION = 1;

  /** Bit of an entry's kind: the value is a partial aggregate, not a record. */
  public static final int PARTIAL = 2;

  /** Bit of an entry's kind: its time was too far ahead of the clock where it entered the job. */
  public static final int TOO_FAR_AHEAD = 4;

  static final int FLAGS_MASK = LAST_OF_TRANSACTION | ONE_OF_SEVERAL;
  static final int KIND_MASK = RETRACTION | PARTIAL | TOO_FAR_AHEAD;

  static final int EVENT_TIME_PRESENT = 1;
  static final int PROCESSING_TIME_PRESENT = 2;
  static final int PRESENCE_MASK = EVENT_TIME_PRESENT | PROCESSING_TIME_PRESENT;

  // Of a channel vector, besides: the input has a watermark of its own.
  static final int OWN_EVENT_TIME_PRESENT = 4;
  static final int OWN_PROCESSING_TIME_PRESENT = 8;
  static final int VECTOR_PRESENCE_MASK =
      PRESENCE_MASK | OWN_EVENT_TIME_PRESENT | OWN_PROCESSING_TIME_PRESENT;

  /** Bytes before the channel count, without the sender. */
  static final int FIXED_HEAD_BYTES = 11;

  /** Key length, time, kind and value length take at least one byte each. */
  static final int SMALLEST_ENTRY_BYTES = 4;

  /** Channel, status, owner epoch and presence take at least one byte each. */
  static final int SMALLEST_UPDATE_BYTES = 4;

  private FrameFormat() {}

  /** {@return whether these bits make up the kind of an entry} */
  static boolean isKind(int kind) {
    return (kind & ~KIND_MASK) == 0 && (kind & (RETRACTION | PARTIAL)) != (RETRACTION | PARTIAL);
  }

  /** Reads a format's first two bytes and refuses others. */
  static void expectMagicAndVersion(ByteReader in, byte magic, byte version, String what) {
    byte found = readMagicAndVersion(in, magic, what);
    if (found != version) {
      throw unknownVersion(found, what, "reads " + version);
    }
  }

  /** Reads a format's first two bytes and returns the version, which is 1 up to {@code newest}. */
  static byte readVersion(ByteReader in, byte magic, byte newest, String what) {
    byte found = readMagicAndVersion(in, magic, what);
    if (found < 1 || found > newest) {
      throw unknownVersion(found, what, "reads 1 to " + newest);
    }
    return found;
  }

  private static byte readMagicAndVersion(ByteReader in, byte magic, String what) {
    byte found = in.readByte();
    if (found != magic) {
      throw new MalformedBytesException(
          String.format(
              "Cannot read a %s: it starts with 0x%02X instead of 0x%02X", what, found, magic));
    }
    return in.readByte();
  }

  private static MalformedBytesException unknownVersion(byte found, String what, String reads) {
    return new MalformedBytesException(
        "Cannot read a "
            + what
            + ": its format version is "
            + (found & 0xFF)
            + ", this program "
            + reads);
  }

  /** Reads a count of things that take {@code smallestBytes} each, so it bounds what follows. */
  static int readCount(ByteReader in, int smallestBytes, String what) {
    int count = in.readVarint();
    if (count < 0 || count > in.remaining() / smallestBytes) {
      throw new MalformedBytesException(
          "Cannot read "
              + what
              + ": "
              + Integer.toUnsignedString(count)
              + " of them do not fit into the "
              + in.remaining()
              + " bytes left");
    }
    return count;
  }

  /** Refuses bytes after the end. */
  static void expectEnd(ByteReader in, String what) {
    if (in.remaining() != 0) {
      throw new MalformedBytesException(
          "Cannot read a " + what + ": " + in.remaining() + " bytes follow its end");
    }
  }
}
