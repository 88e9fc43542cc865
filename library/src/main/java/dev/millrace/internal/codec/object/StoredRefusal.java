package dev.millrace.internal.codec.object;

import dev.millrace.error.IncompatibleJobException;
import dev.millrace.internal.type.Types;
import java.lang.reflect.Type;

/**
 * The refusal of what is stored by its own class, whose constructor demands more than it did, or
 * something of a component that was added since. It is not the fault of the record at hand: by no
 * error policy may state be passed over.
 *
 * <p><b>Threads.</b> Stateless.
 */
public final class StoredRefusal {

  private StoredRefusal() {}

  /** {@return the exception for what a type's code threw when a value was to be made} */
  public static IncompatibleJobException of(Type type, Throwable cause) {
    return new IncompatibleJobException(
        "Cannot read a stored "
            + Types.name(type)
            + ": its class refuses it ("
            + cause
            + "). Let the constructor take what was written before, also what a component that was"
            + " added has by default (null, zero or empty)",
        cause);
  }
}
