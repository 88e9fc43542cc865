package dev.millrace.internal.codec.object;

import dev.millrace.internal.util.ByteReader;

/**
 * The reader of one record type's components, which also makes the record.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public interface RecordReader {

  Object read(ByteReader in);
}
