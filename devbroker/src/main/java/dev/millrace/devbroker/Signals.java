package dev.millrace.devbroker;

import java.lang.reflect.InvocationTargetException;

/**
 * The signals that a terminal sends to all its processes, and that this process can ignore.
 *
 * <p>They are ignored by reflection, since the class for it is not part of the Java platform: where
 * it is missing, the signals do what they always do.
 *
 * <p><b>Threads.</b> Stateless; changes the whole process.
 */
final class Signals {

  private Signals() {}

  static void ignoreInterrupts() {
    ignore("INT");
    ignore("HUP");
  }

  private static void ignore(String name) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object ignore = handler.getField("SIG_IGN").get(null);
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance(name), ignore);
    } catch (ReflectiveOperationException notThere) {
      if (notThere instanceof InvocationTargetException invocation
          && invocation.getCause() instanceof Error error) {
        throw error;
      }
    }
  }
}
