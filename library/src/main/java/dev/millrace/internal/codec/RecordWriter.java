package dev.millrace.internal.codec;

import dev.millrace.internal.util.ByteWriter;

/**
 * Writes the components of one record type.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
interface RecordWriter {

  void write(Object record, ByteWriter out);
}
