package dev.millrace.internal.codec;

import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.MalformedBytesException;
import org.jspecify.annotations.Nullable;

/**
 * The reader of what an {@link Encoder} wrote.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
interface Decoder {

  Object read(ByteReader in);

  default @Nullable Object readSlot(ByteReader in) {
    byte marker = in.readByte();
    if (marker == 0) {
      return null;
    } else if (marker != 1) {
      throw new MalformedBytesException("Cannot read a value: its null marker is " + marker);
    }
    return read(in);
  }
}
