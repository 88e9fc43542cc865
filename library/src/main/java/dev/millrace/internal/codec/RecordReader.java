package dev.millrace.internal.codec;

import dev.millrace.internal.util.ByteReader;

/**
 * Reads the components of one record type and makes the record.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
interface RecordReader {

  Object read(ByteReader in);
}
