package dev.millrace.internal.codec.object;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import org.jspecify.annotations.Nullable;

/**
 * The mould of a {@link RecordMaker} around one method handle; {@link Moulds} casts it anew for
 * each handle. Never used as itself.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class LinkedRecordMaker implements RecordMaker {

  private static final MethodHandle HANDLE = Moulds.handleOf(MethodHandles.lookup());

  @Override
  public Object make(long[] numbers, @Nullable Object[] objects) {
    try {
      return (Object) HANDLE.invokeExact(numbers, objects);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw Moulds.undeclared(e);
    }
  }
}
