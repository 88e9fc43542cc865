package dev.millrace.internal.codec.key;

import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.ByteWriter;

/**
 * A key, or a part of one, in the form that other parts may follow: no part's bytes are the
 * beginning of another's.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
interface KeyPart {

  void write(Object key, ByteWriter out);

  Object read(ByteReader in);
}
