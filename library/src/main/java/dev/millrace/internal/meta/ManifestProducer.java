package dev.millrace.internal.meta;

import dev.millrace.internal.kafka.Cluster;
import java.time.Duration;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;
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

  /**
   * {@return the producer of a job's changes} The last change is complete by then: where brokers
   * have left out its end, what is read would be without it, and it would come with the next one.
   *
   * @param topics to which a change may write besides the job's meta topic
   */
  public static ManifestProducer open(Cluster cluster, String job, Collection<String> topics) {
    JobNames names = new JobNames(job);
    String id = names.bootstrapId();
    Set<String> written = new TreeSet<>(topics);
    written.add(names.metaTopic());
    cluster.transactions().settle(id, written);
    ManifestProducer opened = new ManifestProducer(cluster.clients().transactionalProducer(id, id));
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
