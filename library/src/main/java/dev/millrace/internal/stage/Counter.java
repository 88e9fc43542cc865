package dev.millrace.internal.stage;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A number that one thread counts and others read.
 *
 * <p>Opaque access is enough for that: no torn value and none that stays in a register for ever, at
 * the price of a plain write. The order of writes to several counters is not defined.
 *
 * <p><b>Threads.</b> Written by one thread, readable by any.
 */
public final class Counter {

  private static final VarHandle VALUE;

  static {
    try {
      VALUE = MethodHandles.lookup().findVarHandle(Counter.class, "value", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  @SuppressWarnings("unused") // read and written through the handle
  private long value;

  /** Counts on. */
  public void add(long number) {
    VALUE.setOpaque(this, value + number);
  }

  /** {@return the number, as of a moment ago} */
  public long count() {
    return (long) VALUE.getOpaque(this);
  }
}
