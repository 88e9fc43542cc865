package dev.millrace.internal.timer;

import dev.millrace.internal.util.ByteWriter;
import dev.millrace.time.TimeDomain;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Times as eight bytes whose unsigned order is that of the times, and row keys that have them. */
public final class OrderedTime {

  /** How many bytes a time has. */
  public static final int BYTES = Long.BYTES;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

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
    return (long) LONG.get(bytes, offset) ^ Long.MIN_VALUE;
  }

  /** {@return the smallest row key of a time} */
  public static byte[] first(long timeMs) {
    byte[] bytes = new byte[BYTES];
    LONG.set(bytes, 0, timeMs ^ Long.MIN_VALUE);
    return bytes;
  }

  /** {@return the smallest row key after all those of a time, or null if there is none} */
  public static byte @Nullable [] after(long timeMs) {
    return timeMs == Long.MAX_VALUE ? null : first(timeMs + 1);
  }

  /** {@return the row key of a time and a key} */
  public static byte[] join(long timeMs, byte[] key) {
    byte[] joined = new byte[BYTES + key.length];
    LONG.set(joined, 0, timeMs ^ Long.MIN_VALUE);
    System.arraycopy(key, 0, joined, BYTES, key.length);
    return joined;
  }

  /** {@return the time in a row key that begins with it} */
  public static long time(byte[] rowKey) {
    return read(rowKey, 0);
  }

  /** {@return what follows the time in a row key that begins with it} */
  public static byte[] key(byte[] rowKey) {
    return Arrays.copyOfRange(rowKey, BYTES, rowKey.length);
  }
}
