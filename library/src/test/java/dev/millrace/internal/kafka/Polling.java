package dev.millrace.internal.kafka;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.Consumer;

/** Drives consumers in turn from one thread until something is true. */
final class Polling {

  private static final long PATIENCE_NANOS = 30_000_000_000L;

  private Polling() {}

  static void until(BooleanSupplier condition, Consumer<byte[], byte[]> consumer) {
    until(condition, List.of(consumer));
  }

  static void until(
      BooleanSupplier condition, Collection<? extends Consumer<byte[], byte[]>> consumers) {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError(
            "Not true within 30 s; assignments: "
                + consumers.stream().map(Consumer::assignment).toList());
      }
      consumers.forEach(consumer -> consumer.poll(Duration.ofMillis(20)));
    }
  }
}
