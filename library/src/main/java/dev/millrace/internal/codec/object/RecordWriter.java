package dev.millrace.internal.codec.object;

import dev.millrace.internal.util.ByteWriter;

/**
 * The writer of one record type's components.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public interface RecordWriter {

  void write(Object record, ByteWriter out);
}
