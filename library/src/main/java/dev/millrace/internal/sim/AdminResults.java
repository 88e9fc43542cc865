package dev.millrace.internal.sim;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.internals.KafkaFutureImpl;
import org.jspecify.annotations.Nullable;

/**
 * The maker of the result objects of the admin interface.
 *
 * <p>Some of their classes keep their only constructor to their own package, although the interface
 * asks everybody who implements it to return them: those are made by reflection, which works
 * because kafka-clients is on the class path or an automatic module.
 *
 * <p><b>Threads.</b> Stateless.
 */
final class AdminResults {

  private AdminResults() {}

  /** {@return a result whose class has one constructor, for these arguments} */
  static <T> T make(Class<T> type, @Nullable Object... arguments) {
    try {
      Constructor<?> constructor = type.getDeclaredConstructors()[0];
      constructor.setAccessible(true);
      return type.cast(constructor.newInstance(arguments));
    } catch (InstantiationException | IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException(
          "Cannot make a "
              + type.getSimpleName()
              + ": this version of kafka-clients makes it otherwise. Use the version that Millrace"
              + " names",
          e);
    }
  }

  static <T> KafkaFuture<T> failed(RuntimeException cause) {
    KafkaFutureImpl<T> future = new KafkaFutureImpl<>();
    future.completeExceptionally(cause);
    return future;
  }

  /** {@return the kind of future that the results of listings are made of} */
  static <T> KafkaFutureImpl<T> completed(T value) {
    KafkaFutureImpl<T> future = new KafkaFutureImpl<>();
    future.complete(value);
    return future;
  }

  static KafkaFuture<Void> done() {
    KafkaFutureImpl<Void> future = new KafkaFutureImpl<>();
    future.complete(null);
    return future;
  }
}
