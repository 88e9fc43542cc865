package dev.millrace.internal.util;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A bounds-checked cursor over a slice of a byte array, for the encodings of {@link ByteWriter}.
 *
 * <p>Reading past the end, a varint that is too long and a length that exceeds what is left all
 * throw {@link MalformedBytesException}; no input makes it loop or allocate more than the slice's
 * own length.
 *
 * <p><b>Threads.</b> Confined to one thread; reusable through {@link #reset}.
 */
public final class ByteReader {

  private byte[] bytes;
  private int position;
  private int end;

  /** Creates a reader over a whole array. */
  public ByteReader(byte[] bytes) {
    this(bytes, 0, bytes.length);
  }

  /** Creates a reader over {@code length} bytes from {@code offset}. */
  public ByteReader(byte[] bytes, int offset, int length) {
    this.bytes = bytes;
    this.position = offset;
    this.end = offset + length;
  }

  /** Points this reader at another slice. */
  public ByteReader reset(byte[] newBytes, int offset, int length) {
    bytes = newBytes;
    position = offset;
    end = offset + length;
    return this;
  }

  /** {@return the backing array} */
  public byte[] array() {
    return bytes;
  }

  /** {@return the index in the backing array of the next byte} */
  public int position() {
    return position;
  }

  /** {@return how many bytes are left} */
  public int remaining() {
    return end - position;
  }

  /** Moves on over {@code length} bytes and returns the index at which they start. */
  public int skip(int length) {
    if (length < 0 || length > end - position) {
      throw new MalformedBytesException(
          "Cannot read " + length + " bytes: only " + (end - position) + " are left");
    }
    int start = position;
    position += length;
    return start;
  }

  public byte readByte() {
    return bytes[skip(1)];
  }

  public int readShort() {
    int at = skip(2);
    return (short) ((bytes[at] & 0xFF) << 8 | (bytes[at + 1] & 0xFF));
  }

  public int readInt() {
    int at = skip(4);
    return (bytes[at] & 0xFF) << 24
        | (bytes[at + 1] & 0xFF) << 16
        | (bytes[at + 2] & 0xFF) << 8
        | (bytes[at + 3] & 0xFF);
  }

  public long readLong() {
    long high = readInt();
    return high << 32 | (readInt() & 0xFFFF_FFFFL);
  }

  public double readDouble() {
    return Double.longBitsToDouble(readLong());
  }

  /** Reads an unsigned 32-bit varint; more than five bytes are malformed. */
  public int readVarint() {
    int value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      byte next = readByte();
      value |= (next & 0x7F) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new MalformedBytesException("Cannot read a varint: it is longer than 5 bytes");
  }

  /** Reads an unsigned 64-bit varint; more than ten bytes are malformed. */
  public long readVarlong() {
    long value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      byte next = readByte();
      value |= (long) (next & 0x7F) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new MalformedBytesException("Cannot read a varint: it is longer than 10 bytes");
  }

  /** Reads a signed zigzag varint. */
  public long readZigzag() {
    long raw = readVarlong();
    return (raw >>> 1) ^ -(raw & 1);
  }

  /** Reads a varint length that must not exceed the bytes left. */
  public int readLength() {
    int length = readVarint();
    if (length < 0 || length > end - position) {
      throw new MalformedBytesException(
          "Cannot read a length: " + length + " exceeds the " + (end - position) + " bytes left");
    }
    return length;
  }

  public byte[] readBytes(int length) {
    int at = skip(length);
    return Arrays.copyOfRange(bytes, at, at + length);
  }

  /** Reads a varint length and that many bytes. */
  public byte[] readSizedBytes() {
    return readBytes(readLength());
  }

  /** Reads a varint length and that many bytes of UTF-8. */
  public String readString() {
    int length = readLength();
    int at = skip(length);
    return new String(bytes, at, length, StandardCharsets.UTF_8);
  }
}
