package dev.millrace.internal.meta;

import dev.millrace.internal.kafka.KafkaClients;
import java.time.Duration;
import org.apache.kafka.clients.producer.Producer;

/**
 * The producer of changes of a job's manifest and deployment: to open one fences all that were
 * opened before, so that what is read thereafter stays as it is until this one changes it.
 *
 * <p><b>Threads.</b> Confined to one thread.
 *
 * @param producer in no transaction yet
 */
public record ManifestProducer(Producer<byte[], byte[]> producer) implements AutoCloseable {

  /** Without a limit, a close waits until brokers answer that the last transaction has ended. */
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(2);

  /** {@return the producer of a job's changes} */
  public static ManifestProducer open(KafkaClients clients, String job) {
    String id = new JobNames(job).bootstrapId();
    ManifestProducer opened = new ManifestProducer(clients.transactionalProducer(id, id));
    try {
      opened.producer.initTransactions();
      return opened;
    } catch (RuntimeException | Error e) {
      opened.close();
      throw e;
    }
  }

  @Override
  public void close() {
    producer.close(CLOSE_TIMEOUT);
  }
}
