package dev.millrace.internal.codec.object;

import dev.millrace.internal.util.ByteWriter;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;

/**
 * The mould of a {@link RecordWriter} around one method handle; {@link Moulds} casts it anew for
 * each handle. Never used as itself.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class LinkedRecordWriter implements RecordWriter {

  private static final MethodHandle HANDLE = Moulds.handleOf(MethodHandles.lookup());

  @Override
  public void write(Object record, ByteWriter out) {
    try {
      HANDLE.invokeExact(record, out);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw Moulds.undeclared(e);
    }
  }
}
