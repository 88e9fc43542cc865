package dev.millrace.internal.codec;

import dev.millrace.internal.util.ByteWriter;
import org.jspecify.annotations.Nullable;

/**
 * The writer of one type's values. A <i>slot</i> is a place that may hold null: by default one
 * byte, 0 for null and 1 before a value.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
interface Encoder {

  void write(Object value, ByteWriter out);

  default void writeSlot(@Nullable Object value, ByteWriter out) {
    if (value == null) {
      out.writeByte(0);
    } else {
      out.writeByte(1);
      write(value, out);
    }
  }
}
