package dev.millrace.internal.codec.key;

import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.MalformedBytesException;

/**
 * Bytes of any length in a form that keeps their order and lets others follow: 0x00 becomes 0x00
 * 0xFF, and 0x00 0x00 ends them.
 *
 * <p><b>Threads.</b> Stateless.
 */
public final class EscapedBytes {

  private static final int ESCAPE = 0x00;
  private static final int ESCAPED_ZERO = 0xFF;
  private static final int END = 0x00;

  private EscapedBytes() {}

  /** Appends {@code length} bytes from {@code offset}, escaped and ended. */
  public static void write(byte[] bytes, int offset, int length, ByteWriter out) {
    int from = offset;
    for (int i = offset; i < offset + length; i++) {
      if (bytes[i] == ESCAPE) {
        out.writeBytes(bytes, from, i + 1 - from);
        out.writeByte(ESCAPED_ZERO);
        from = i + 1;
      }
    }
    out.writeBytes(bytes, from, offset + length - from);
    out.writeByte(ESCAPE);
    out.writeByte(END);
  }

  /** Reads what {@link #write} appended, end included. */
  public static byte[] read(ByteReader in) {
    byte[] array = in.array();
    int start = in.position();
    int limit = start + in.remaining();
    int zeros = 0;
    int i = start;
    while (true) {
      while (i < limit && array[i] != ESCAPE) {
        i++;
      }
      if (i + 1 >= limit) {
        throw new MalformedBytesException("Cannot read a key: a part of it has no end");
      }
      int mark = array[i + 1] & 0xFF;
      if (mark == END) {
        break;
      } else if (mark != ESCAPED_ZERO) {
        throw new MalformedBytesException("Cannot read a key: 0x00 is followed by " + mark);
      }
      zeros++;
      i += 2;
    }
    byte[] bytes = in.readBytes(i - start);
    in.skip(2);
    return zeros == 0 ? bytes : withoutEscapes(bytes, bytes.length - zeros);
  }

  private static byte[] withoutEscapes(byte[] escaped, int length) {
    byte[] bytes = new byte[length];
    int from = 0;
    for (int i = 0; i < length; i++) {
      bytes[i] = escaped[from];
      from += escaped[from] == ESCAPE ? 2 : 1;
    }
    return bytes;
  }
}
