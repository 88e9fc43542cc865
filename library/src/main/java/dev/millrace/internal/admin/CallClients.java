package dev.millrace.internal.admin;

import dev.millrace.error.MillraceException;
import dev.millrace.internal.kafka.CommitMarker;
import dev.millrace.internal.kafka.KafkaClients;
import dev.millrace.internal.kafka.StageMember;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.Node;

/**
 * The clients of one call of the administration: consumers and producers of its own, and the admin
 * client that all calls share.
 *
 * <p>Kafka's consumers are for one thread at a time, so that calls that run side by side must not
 * share one. Another thread can {@link #end} the call: whatever its clients wait for fails then.
 *
 * <p><b>Threads.</b> Safe for any thread; for the clients that it returns see kafka-clients.
 */
final class CallClients implements KafkaClients {

  private final KafkaClients shared;
  // Weak, as a call may open and close many; one that is closed and dropped needs no end.
  private final Set<Consumer<?, ?>> consumers = Collections.newSetFromMap(new WeakHashMap<>());
  private final Set<Producer<?, ?>> producers = Collections.newSetFromMap(new WeakHashMap<>());
  private boolean ended;

  CallClients(KafkaClients shared) {
    this.shared = shared;
  }

  /** Lets what the call's clients wait for, now or later, fail; harmless if it is repeated. */
  synchronized void end() {
    ended = true;
    consumers.forEach(Consumer::wakeup);
    producers.forEach(producer -> producer.close(Duration.ZERO));
  }

  private synchronized Consumer<byte[], byte[]> consumer(
      Supplier<Consumer<byte[], byte[]>> client) {
    refuseAfterEnd();
    Consumer<byte[], byte[]> opened = client.get();
    consumers.add(opened);
    return opened;
  }

  private synchronized Producer<byte[], byte[]> producer(
      Supplier<Producer<byte[], byte[]>> client) {
    refuseAfterEnd();
    Producer<byte[], byte[]> opened = client.get();
    producers.add(opened);
    return opened;
  }

  private void refuseAfterEnd() {
    if (ended) {
      throw new MillraceException(
          "Cannot open another client: the call has been ended. Connect again");
    }
  }

  @Override
  public Consumer<byte[], byte[]> stageConsumer(
      String groupId,
      String clientId,
      Optional<String> groupInstanceId,
      StageMember member,
      int workersOnInstance) {
    return consumer(
        () -> shared.stageConsumer(groupId, clientId, groupInstanceId, member, workersOnInstance));
  }

  @Override
  public Producer<byte[], byte[]> transactionalProducer(
      String transactionalId, String clientId, String compression) {
    return producer(() -> shared.transactionalProducer(transactionalId, clientId, compression));
  }

  @Override
  public Producer<byte[], byte[]> plainProducer(String clientId, String compression) {
    return producer(() -> shared.plainProducer(clientId, compression));
  }

  @Override
  public Consumer<byte[], byte[]> restoreConsumer(String clientId) {
    return consumer(() -> shared.restoreConsumer(clientId));
  }

  @Override
  public Consumer<byte[], byte[]> readerConsumer(String clientId, IsolationLevel isolation) {
    return consumer(() -> shared.readerConsumer(clientId, isolation));
  }

  @Override
  public Consumer<byte[], byte[]> refreshConsumer(String clientId) {
    return consumer(() -> shared.refreshConsumer(clientId));
  }

  @Override
  public void writeCommitMarkers(Node leader, List<CommitMarker> markers) {
    shared.writeCommitMarkers(leader, markers);
  }

  @Override
  public Admin admin() {
    return shared.admin();
  }

  /** Does nothing: callers close what they have opened, and the admin client is of all calls. */
  @Override
  public void close() {}
}
