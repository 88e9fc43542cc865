package dev.millrace.internal.codec.object;

import dev.millrace.internal.util.ByteReader;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;

/**
 * The mould of a {@link RecordReader} around one method handle; {@link Moulds} casts it anew for
 * each handle. Never used as itself.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class LinkedRecordReader implements RecordReader {

  private static final MethodHandle HANDLE = Moulds.handleOf(MethodHandles.lookup());

  @Override
  public Object read(ByteReader in) {
    try {
      return (Object) HANDLE.invokeExact(in);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw Moulds.undeclared(e);
    }
  }
}
