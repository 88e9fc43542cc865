package dev.millrace.internal.codec;

import dev.millrace.internal.util.ByteReader;

/**
 * The reader of one record type's components, which also makes the record.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
interface RecordReader {

  Object read(ByteReader in);
}
