package dev.millrace.internal.codec;

import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.MalformedBytesException;

/**
 * Values as state and changelogs keep them: after the format byte and the id of the schema they
 * were written with.
 *
 * <pre>
 *  offset  bytes  content
 *       0      1  format, 0x01
 *       1      4  schema id, big-endian
 *       5      n  the value as its codec writes it
 * </pre>
 *
 * <p><b>Threads.</b> Confined to one thread, since it reuses its buffer.
 */
public final class StoredValues<T> {

  /** The only format there is. */
  public static final int FORMAT = 0x01;

  /** How many bytes stand before the value. */
  public static final int HEAD_BYTES = 5;

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
    buffer.clear();
    write(value, buffer);
    return buffer.toByteArray();
  }

  /** Appends head and value. */
  public void write(T value, ByteWriter out) {
    out.writeByte(FORMAT);
    out.writeInt(schemaId);
    codec.encode(value, out);
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
    if (format != FORMAT) {
      throw new MalformedBytesException("Cannot read a stored value: unknown format " + format);
    }
    int writer = head.readInt();
    ValueCodec<T> reader = writer == schemaId ? codec : codec.writtenBy(writer);
    return reader.decode(bytes, offset + HEAD_BYTES, length - HEAD_BYTES);
  }
}
