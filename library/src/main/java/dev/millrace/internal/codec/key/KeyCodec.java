package dev.millrace.internal.codec.key;

import dev.millrace.internal.util.ByteWriter;

/**
 * A canonical, order-preserving encoding of keys: equal keys have equal bytes, and the unsigned
 * order of the bytes is the order of the keys. The bytes decide a key's partition and its place in
 * the state, so they never change.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public interface KeyCodec<K> {

  /** Appends the key's bytes. */
  void encode(K key, ByteWriter out);

  /** Reads a key back from exactly {@code length} bytes. */
  K decode(byte[] bytes, int offset, int length);
}
