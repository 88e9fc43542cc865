package dev.millrace.internal.handle;

import dev.millrace.internal.util.ByteWriter;
import dev.millrace.time.TimeDomain;

/** Times as eight bytes whose unsigned order is that of the times. */
public final class OrderedTime {

  private OrderedTime() {}

  /** {@return the byte that stands for a time domain in row keys, for ever} */
  public static byte code(TimeDomain domain) {
    return (byte) (domain == TimeDomain.EVENT ? 0 : 1);
  }

  /** Appends a time. */
  public static void write(ByteWriter out, long timeMs) {
    out.writeLong(timeMs ^ Long.MIN_VALUE);
  }

  /** {@return the time at a place} */
  public static long read(byte[] bytes, int offset) {
    long raw = 0;
    for (int i = offset; i < offset + Long.BYTES; i++) {
      raw = raw << 8 | (bytes[i] & 0xFF);
    }
    return raw ^ Long.MIN_VALUE;
  }
}
