package dev.millrace.internal.operator.join;

import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.timer.OrderedTime;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;
import java.util.Arrays;

/**
 * The place where records meet: their key or, where they are joined in windows, their key and the
 * end of one window.
 *
 * <p><b>Threads.</b> Confined to the task's worker; an instance is at one place at a time.
 */
final class JoinPlace {

  private static final byte[] NOWHERE = {};

  private final ByteWriter ofWindow = new ByteWriter(64);
  private final boolean isInWindow;

  private byte[] bytes = NOWHERE;
  private int offset;
  private int length;
  private int hash;

  private JoinPlace(boolean isInWindow) {
    this.isInWindow = isInWindow;
  }

  /** {@return a place that is a key} */
  static JoinPlace ofKeys() {
    return new JoinPlace(false);
  }

  /** {@return a place that is a key and a window} */
  static JoinPlace ofWindows() {
    return new JoinPlace(true);
  }

  /** Moves to a record's key. */
  void move(KeyedRecord record) {
    bytes = record.bytes();
    offset = record.keyOffset();
    length = record.keyLength();
    hash = record.keyHash();
  }

  /** Moves to a window of a record's key. */
  void move(KeyedRecord record, long windowEndMs) {
    ofWindow.clear();
    ofWindow.writeBytes(record.bytes(), record.keyOffset(), record.keyLength());
    OrderedTime.write(ofWindow, windowEndMs);
    move(ofWindow.array(), 0, ofWindow.size());
  }

  /** Moves to a place whose bytes are known. */
  void move(byte[] newBytes, int newOffset, int newLength) {
    bytes = newBytes;
    offset = newOffset;
    length = newLength;
    hash = Hashing.murmur2(newBytes, newOffset, newLength);
  }

  byte[] bytes() {
    return bytes;
  }

  int offset() {
    return offset;
  }

  int length() {
    return length;
  }

  /** {@return murmur2 of the bytes} */
  int hash() {
    return hash;
  }

  /** Writes the row key of what is kept here for a time, so that all of one place is in order. */
  void write(ByteWriter rowKey, long timeMs) {
    rowKey.writeVarint(length);
    rowKey.writeBytes(bytes, offset, length);
    OrderedTime.write(rowKey, timeMs);
  }

  byte[] copy() {
    return Arrays.copyOfRange(bytes, offset, offset + length);
  }

  /** {@return how many of the bytes are the key} */
  int keyLength() {
    return isInWindow ? length - OrderedTime.BYTES : length;
  }

  /** {@return the end of the window} */
  long windowEndMs() {
    return OrderedTime.read(bytes, offset + length - OrderedTime.BYTES);
  }
}
