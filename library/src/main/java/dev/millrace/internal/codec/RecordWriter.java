package dev.millrace.internal.codec;

import dev.millrace.internal.util.ByteWriter;

/**
 * The writer of one record type's components.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
interface RecordWriter {

  void write(Object record, ByteWriter out);
}
