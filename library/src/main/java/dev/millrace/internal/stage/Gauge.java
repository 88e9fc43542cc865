package dev.millrace.internal.stage;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A number that one thread sets and others read, as a {@link Counter} is counted.
 *
 * <p><b>Threads.</b> Written by one thread, readable by any.
 */
public final class Gauge {

  private static final VarHandle VALUE;

  static {
    try {
      VALUE = MethodHandles.lookup().findVarHandle(Gauge.class, "value", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  @SuppressWarnings("unused") // read and written through the handle
  private long value;

  /** Sets the number. */
  public void set(long number) {
    VALUE.setOpaque(this, number);
  }

  /** {@return the number, as of a moment ago} */
  public long value() {
    return (long) VALUE.getOpaque(this);
  }
}
