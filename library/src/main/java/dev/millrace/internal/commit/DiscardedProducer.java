package dev.millrace.internal.commit;

import java.time.Duration;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The close of a producer that is of no use any more. The client reports what its plugins (metrics
 * reporters, interceptors) fail with, after it has closed everything; that is no reason not to make
 * the next one, nor to leave other things open.
 *
 * <p><b>Threads.</b> Stateless.
 */
final class DiscardedProducer {

  private static final Logger LOGGER = LoggerFactory.getLogger(DiscardedProducer.class);

  private DiscardedProducer() {}

  /** Closes a producer, without finishing anything in the background. */
  static void close(Producer<?, ?> producer) {
    try {
      producer.close(Duration.ZERO);
    } catch (KafkaException e) {
      LOGGER.atWarn().setCause(e).log("A producer did not close in good order");
    }
  }
}
