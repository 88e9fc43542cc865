package dev.millrace.internal.codec;

import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.MalformedBytesException;
import java.util.Arrays;

/**
 * Values as state and changelogs keep them: after the format byte, the id of the schema they were
 * written with and, in some stores, a time.
 *
 * <pre>
 *  offset  bytes  content
 *       0      1  format: 0x01 without a time, 0x02 with one
 *       1      4  schema id, big-endian
 *       5   1-10  only in format 0x02: zigzag time, milliseconds since the epoch
 *     ...      n  the value as its codec writes it
 * </pre>
 *
 * <p>A time of our days takes 6 bytes. Rows of both formats are read wherever there may be either.
 *
 * <p><b>Threads.</b> Confined to one thread, since it reuses its buffer.
 */
public final class StoredValues<T> {

  /** The time of a value that has none. */
  public static final long NO_TIME = Long.MIN_VALUE;

  private static final int WITHOUT_TIME = 0x01;
  private static final int WITH_TIME = 0x02;
  private static final int HEAD_BYTES = 5;

  private final ValueCodec<T> codec;
  private final int schemaId;
  private final ByteWriter buffer = new ByteWriter();

  /** Creates the store form of the values of a codec. */
  public StoredValues(ValueCodec<T> codec) {
    this.codec = codec;
    this.schemaId = codec.schemaId();
  }

  /** {@return head and value} */
  public byte[] toBytes(T value) {
    return toBytes(value, NO_TIME);
  }

  /**
   * {@return head, time and value}
   *
   * @param timeMs milliseconds since the epoch; {@link #NO_TIME} for a value without a time
   */
  public byte[] toBytes(T value, long timeMs) {
    buffer.clear();
    boolean timed = timeMs != NO_TIME;
    buffer.writeByte(timed ? WITH_TIME : WITHOUT_TIME);
    buffer.writeInt(schemaId);
    if (timed) {
      buffer.writeZigzag(timeMs);
    }
    codec.encode(value, buffer);
    return buffer.toByteArray();
  }

  /** {@return the value in {@code bytes}; see {@link #fromBytes(byte[], int, int)}} */
  public T fromBytes(byte[] bytes) {
    return fromBytes(bytes, 0, bytes.length);
  }

  /**
   * {@return the value in a slice that starts with its head, whatever version of its schema it was
   * written with}
   *
   * @throws MalformedBytesException if the slice is no stored value
   * @throws dev.millrace.error.IncompatibleJobException if its schema is unknown or does not fit
   */
  public T fromBytes(byte[] bytes, int offset, int length) {
    ByteReader head = new ByteReader(bytes, offset, length);
    int format = head.readByte();
    if (format != WITHOUT_TIME && format != WITH_TIME) {
      throw new MalformedBytesException("Cannot read a stored value: unknown format " + format);
    }
    int writer = head.readInt();
    if (format == WITH_TIME) {
      head.readZigzag();
    }
    ValueCodec<T> reader = writer == schemaId ? codec : codec.writtenBy(writer);
    return reader.decode(bytes, head.position(), head.remaining());
  }

  /** {@return whether bytes may be a stored value: whether they begin like one} */
  public static boolean isHead(byte[] bytes) {
    return bytes.length > HEAD_BYTES && (bytes[0] == WITHOUT_TIME || bytes[0] == WITH_TIME);
  }

  /** {@return the schema id of a stored value} */
  public static int schemaId(byte[] bytes) {
    return new ByteReader(bytes, 1, HEAD_BYTES - 1).readInt();
  }

  /** {@return the time of a stored value, or {@link #NO_TIME} if it has none} */
  public static long timeMs(byte[] bytes) {
    if (bytes.length == 0 || bytes[0] != WITH_TIME) {
      return NO_TIME;
    }
    return new ByteReader(bytes, HEAD_BYTES, bytes.length - HEAD_BYTES).readZigzag();
  }

  /** {@return where in a stored value the value itself starts} */
  public static int valueOffset(byte[] bytes) {
    if (bytes[0] != WITH_TIME) {
      return HEAD_BYTES;
    }
    ByteReader in = new ByteReader(bytes, HEAD_BYTES, bytes.length - HEAD_BYTES);
    in.readZigzag();
    return in.position();
  }

  /** {@return whether two stored values of one schema are equal, whatever their times} */
  public static boolean haveSameValue(byte[] bytes, byte[] others) {
    if (!isHead(bytes) || !isHead(others)) {
      return Arrays.equals(bytes, others);
    }
    return Arrays.equals(bytes, 1, HEAD_BYTES, others, 1, HEAD_BYTES)
        && Arrays.equals(
            bytes, valueOffset(bytes), bytes.length, others, valueOffset(others), others.length);
  }
}
