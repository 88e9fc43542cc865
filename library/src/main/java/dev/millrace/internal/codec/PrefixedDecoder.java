package dev.millrace.internal.codec;

import dev.millrace.internal.util.ByteReader;
import org.jspecify.annotations.Nullable;

/**
 * The reader of what a {@link PrefixedEncoder} wrote.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
interface PrefixedDecoder extends Decoder {

  /** Reads what follows the leading varint, whose value without bias is {@code prefix}. */
  Object read(int prefix, ByteReader in);

  @Override
  default Object read(ByteReader in) {
    return read(in.readVarint(), in);
  }

  @Override
  default @Nullable Object readSlot(ByteReader in) {
    int prefix = in.readVarint();
    return prefix == 0 ? null : read(prefix - 1, in);
  }
}
