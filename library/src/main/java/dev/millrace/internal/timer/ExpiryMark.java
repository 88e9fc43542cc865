package dev.millrace.internal.timer;

import dev.millrace.internal.util.ByteWriter;

/**
 * The row in which an operator keeps what the next version of a program has to know of windows that
 * are gone. All of it is in the key, beside which the store has no others that begin with its part:
 *
 * <pre>
 *  bytes
 *      1  part
 *      8  lateness
 *      8  end of the last window that had expired when the lateness was raised
 * </pre>
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param latenessMs how long after its end a window can be corrected
 * @param goneUpToMs no window that ends up to this can be corrected any more
 */
public record ExpiryMark(long latenessMs, long goneUpToMs) {

  /** Begins the key of the row, in a store whose other keys begin with a smaller byte. */
  private static final byte PART = 1;

  /** {@return where the key of such a row is looked for} */
  public static byte[] first() {
    return new byte[] {PART};
  }

  /** {@return where it is looked for no more} */
  public static byte[] end() {
    return new byte[] {PART + 1};
  }

  /** {@return the mark that a key encodes} */
  public static ExpiryMark of(byte[] key) {
    return new ExpiryMark(OrderedTime.read(key, 1), OrderedTime.read(key, 1 + OrderedTime.BYTES));
  }

  /** {@return the key} */
  public byte[] key() {
    ByteWriter key = new ByteWriter(1 + 2 * OrderedTime.BYTES);
    key.writeByte(PART);
    OrderedTime.write(key, latenessMs);
    OrderedTime.write(key, goneUpToMs);
    return key.toByteArray();
  }
}
