package dev.millrace.internal.connector;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.util.Arguments;
import java.io.Closeable;
import java.util.function.BiPredicate;
import java.util.function.Supplier;
import org.apache.kafka.common.utils.Utils;

/** The check that a supplier makes a serializer or deserializer anew each time it is called. */
final class OnePerTask {

  private OnePerTask() {}

  /**
   * Calls a supplier twice, and closes what it makes.
   *
   * @param cannot what it is for, as the beginning of a message
   * @param what what it makes
   * @throws ConfigurationException if both are the same, or it makes none
   */
  static void check(String cannot, String what, Supplier<? extends Closeable> supplier) {
    check(cannot, what, supplier, (first, second) -> first == second);
  }

  /**
   * The same, for what may be the same in more than one way.
   *
   * @param isSame whether two of them must not be used by two threads at once
   */
  static <C extends Closeable> void check(
      String cannot,
      String what,
      Supplier<? extends C> supplier,
      BiPredicate<? super C, ? super C> isSame) {
    C first = made(cannot, what, supplier);
    C second;
    boolean same;
    try {
      second = made(cannot, what, supplier);
      same = isSame.test(first, second);
    } finally {
      Utils.closeQuietly(first, what);
    }
    if (same) {
      throw new ConfigurationException(
          cannot
              + " with "
              + first.getClass().getName()
              + ": the supplier returned the same "
              + what
              + " twice, and each task needs its own. Write () -> new The"
              + Character.toUpperCase(what.charAt(0))
              + what.substring(1)
              + "(...)");
    }
    Utils.closeQuietly(second, what);
  }

  /** {@return what a supplier makes} */
  static <C extends Closeable> C made(String cannot, String what, Supplier<? extends C> supplier) {
    C made;
    try {
      made = Arguments.given(cannot, "supplier of a " + what, supplier).get();
    } catch (ConfigurationException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new ConfigurationException(
          cannot + ": the supplier of a " + what + " failed (" + e + "). Correct it", e);
    }
    return Arguments.given(cannot, what + " that the supplier returned", made);
  }
}
