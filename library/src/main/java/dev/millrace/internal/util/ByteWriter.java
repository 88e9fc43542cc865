package dev.millrace.internal.util;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A growable byte buffer with the primitive encodings of Millrace's formats.
 *
 * <p>Fixed-width numbers are big-endian. A <i>varint</i> is LEB128 (seven bits a byte, least
 * significant group first); a <i>zigzag</i> maps signed numbers to unsigned ones so that small
 * magnitudes stay short. The buffer is meant to be reused: {@link #clear()} keeps the array.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
public final class ByteWriter {

  private byte[] bytes;
  private int size;

  /** Creates a writer with a small initial capacity. */
  public ByteWriter() {
    this(64);
  }

  /** Creates a writer with the given initial capacity in bytes. */
  public ByteWriter(int capacity) {
    bytes = new byte[Math.max(16, capacity)];
  }

  /** {@return the number of bytes written since the last clear} */
  public int size() {
    return size;
  }

  /** {@return the backing array, valid up to {@link #size()} and only until the next write} */
  public byte[] array() {
    return bytes;
  }

  /** Forgets the content and keeps the capacity. */
  public void clear() {
    size = 0;
  }

  /** Drops everything after position {@code newSize}. */
  public void truncate(int newSize) {
    if (newSize < 0 || newSize > size) {
      throw new IllegalArgumentException("Cannot truncate to " + newSize + ": the size is " + size);
    }
    size = newSize;
  }

  /** {@return a copy of the content} */
  public byte[] toByteArray() {
    return Arrays.copyOf(bytes, size);
  }

  /** Makes room for {@code more} bytes after the content. */
  public void ensure(int more) {
    int needed = size + more;
    if (needed > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(needed, bytes.length + (bytes.length >> 1)));
    }
  }

  public void writeByte(int value) {
    ensure(1);
    bytes[size++] = (byte) value;
  }

  public void writeShort(int value) {
    ensure(2);
    bytes[size++] = (byte) (value >>> 8);
    bytes[size++] = (byte) value;
  }

  public void writeInt(int value) {
    ensure(4);
    bytes[size++] = (byte) (value >>> 24);
    bytes[size++] = (byte) (value >>> 16);
    bytes[size++] = (byte) (value >>> 8);
    bytes[size++] = (byte) value;
  }

  public void writeLong(long value) {
    writeInt((int) (value >>> 32));
    writeInt((int) value);
  }

  public void writeDouble(double value) {
    writeLong(Double.doubleToRawLongBits(value));
  }

  public void writeBytes(byte[] source) {
    writeBytes(source, 0, source.length);
  }

  public void writeBytes(byte[] source, int offset, int length) {
    ensure(length);
    System.arraycopy(source, offset, bytes, size, length);
    size += length;
  }

  /** Takes the next bytes of the {@linkplain #array() array}, already filled in, as written. */
  public void advance(int length) {
    if (length < 0 || length > bytes.length - size) {
      throw new IllegalArgumentException(
          "Cannot advance by " + length + ": there is room for " + (bytes.length - size));
    }
    size += length;
  }

  /** Writes an unsigned 32-bit varint (1 to 5 bytes). */
  public void writeVarint(int value) {
    ensure(5);
    int rest = value;
    while ((rest & ~0x7F) != 0) {
      bytes[size++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
  }

  /** Writes an unsigned 64-bit varint (1 to 10 bytes). */
  public void writeVarlong(long value) {
    ensure(10);
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      bytes[size++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
  }

  /** Writes a signed 64-bit number as a zigzag varint (1 to 10 bytes). */
  public void writeZigzag(long value) {
    writeVarlong((value << 1) ^ (value >> 63));
  }

  /** Writes a varint length and then the bytes. */
  public void writeSizedBytes(byte[] source) {
    writeVarint(source.length);
    writeBytes(source);
  }

  /** Writes a varint length in bytes and then the text in UTF-8. */
  public void writeString(String text) {
    int length = text.length();
    ensure(5 + length);
    int mark = size;
    writeVarint(length);
    int start = size;
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c >= 0x80) {
        size = mark;
        writeSizedBytes(text.getBytes(StandardCharsets.UTF_8));
        return;
      }
      bytes[start + i] = (byte) c;
    }
    size = start + length;
  }
}
