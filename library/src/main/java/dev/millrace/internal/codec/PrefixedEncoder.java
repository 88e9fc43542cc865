package dev.millrace.internal.codec;

import dev.millrace.internal.util.ByteWriter;
import org.jspecify.annotations.Nullable;

/**
 * The writer of values that start with a varint anyway (a length, an index), so that a slot costs
 * nothing: the varint is one higher there, and 0 is null.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
interface PrefixedEncoder extends Encoder {

  /** Writes the value with {@code bias} added to its leading varint. */
  void write(Object value, int bias, ByteWriter out);

  @Override
  default void write(Object value, ByteWriter out) {
    write(value, 0, out);
  }

  @Override
  default void writeSlot(@Nullable Object value, ByteWriter out) {
    if (value == null) {
      out.writeByte(0);
    } else {
      write(value, 1, out);
    }
  }
}
