package dev.millrace.runner.host;

import dev.millrace.JobAdmin;
import dev.millrace.admin.PeekRequest;
import dev.millrace.admin.PeekedRecord;
import dev.millrace.config.JobConfig;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The way of requests to Kafka: one connection for all of them, which is made when it is first
 * needed, and threads for each kind of call.
 *
 * <p>Orders are given one after the other, and none is interrupted. Topics are read two at a time,
 * for as long as somebody waits.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class KafkaAccess implements AutoCloseable {

  private static final int READERS = 2;

  private final JobConfig config;
  private final AdminThreads orders;
  private final AdminThreads reads;
  private @Nullable JobAdmin admin;
  private boolean closed;

  KafkaAccess(JobConfig config) {
    this.config = config;
    this.orders = new AdminThreads("job-orders", 1, AdminThreads.Overdue.GOES_ON, this::disconnect);
    this.reads =
        new AdminThreads("job-reads", READERS, AdminThreads.Overdue.IS_BROKEN_OFF, () -> {});
  }

  /** {@return the connection, for a thread that may wait for Kafka} */
  synchronized JobAdmin admin() {
    if (closed) {
      throw new IllegalStateException("Cannot ask Kafka: this instance is ending");
    }
    JobAdmin connected = admin;
    if (connected == null) {
      connected = JobAdmin.connect(config);
      admin = connected;
    }
    return connected;
  }

  /**
   * {@return what an order answers}
   *
   * @param action what it does, to follow "Cannot "
   * @throws KafkaSilentException if there is no answer soon, or too many wait already
   */
  <T> T order(String action, Function<JobAdmin, T> order) throws KafkaSilentException {
    return orders.call(action, () -> order.apply(admin()));
  }

  /**
   * {@return what is read of topics}
   *
   * @param action what it does, to follow "Cannot "
   * @throws KafkaSilentException if there is no answer soon, or too many wait already
   */
  <T> T read(String action, Function<ReadTopics, T> reading) throws KafkaSilentException {
    return reads.call(action, () -> reading.apply(new AdminTopics(admin())));
  }

  /** The topics as an admin reads them. */
  private record AdminTopics(JobAdmin admin) implements ReadTopics {

    @Override
    public OptionalInt partitions(String topic) {
      return admin.partitions(topic);
    }

    @Override
    public void peek(String topic, PeekRequest request, Predicate<PeekedRecord> reader) {
      admin.peek(topic, request, reader);
    }
  }

  private synchronized void disconnect() {
    closed = true;
    JobAdmin connected = admin;
    if (connected != null) {
      connected.close();
    }
  }

  /**
   * Breaks off what is being read, and disconnects after the last order; does not wait for that.
   */
  @Override
  public void close() {
    reads.close();
    orders.close();
  }
}
