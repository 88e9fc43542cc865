package dev.millrace.internal.sim;

import static java.util.Objects.requireNonNull;

import dev.millrace.config.JobConfig;
import dev.millrace.config.MembershipProtocol;
import dev.millrace.internal.kafka.CommitMarker;
import dev.millrace.internal.kafka.KafkaClients;
import dev.millrace.internal.kafka.MarkerRequests;
import dev.millrace.internal.kafka.MemberData;
import dev.millrace.internal.kafka.StageMember;
import dev.millrace.internal.kafka.TaskAssignor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;

/**
 * The clients of one simulated process, which can be killed.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
public final class SimClients implements KafkaClients {

  private static final int READER_POLL_RECORDS = 10_000;

  private final SimKafka kafka;
  private final JobConfig config;
  private final SimAdmin admin;
  private final List<SimConsumer> consumers = new ArrayList<>();
  private boolean dead;

  SimClients(SimKafka kafka, JobConfig config) {
    this.kafka = kafka;
    this.config = config;
    this.admin = new SimAdmin(kafka);
  }

  @Override
  public Consumer<byte[], byte[]> stageConsumer(
      String groupId,
      String clientId,
      Optional<String> groupInstanceId,
      StageMember member,
      int workersOnInstance) {
    SimConsumer consumer =
        new SimConsumer(this, IsolationLevel.READ_COMMITTED, config.maxPollRecords());
    // Brokers place partitions too in the consumer protocol, but do not report who has departed.
    StageMember informed =
        config.membership() == MembershipProtocol.CLASSIC ? member : new Uninformed(member);
    consumer.inGroup(groupId, clientId, groupInstanceId, TaskAssignor.reportingFor(informed));
    consumers.add(consumer);
    return consumer;
  }

  @Override
  public Producer<byte[], byte[]> transactionalProducer(
      String transactionalId, String clientId, String compression) {
    return new SimProducer(
        this, Optional.of(transactionalId), config.transactionTimeout().toNanos());
  }

  @Override
  public Producer<byte[], byte[]> plainProducer(String clientId, String compression) {
    return new SimProducer(this, Optional.empty(), 0);
  }

  @Override
  public Consumer<byte[], byte[]> restoreConsumer(String clientId) {
    return readerConsumer(clientId, IsolationLevel.READ_COMMITTED);
  }

  @Override
  public Consumer<byte[], byte[]> readerConsumer(String clientId, IsolationLevel isolation) {
    return new SimConsumer(this, isolation, READER_POLL_RECORDS);
  }

  @Override
  public Consumer<byte[], byte[]> refreshConsumer(String clientId) {
    return readerConsumer(clientId, IsolationLevel.READ_COMMITTED);
  }

  @Override
  public void writeCommitMarkers(Node leader, List<CommitMarker> markers) {
    for (KafkaFuture<Void> answer : admin.commitTransactions(markers).values()) {
      try {
        answer.get();
      } catch (ExecutionException e) {
        throw MarkerRequests.translated(markers, requireNonNull(e.getCause()));
      } catch (InterruptedException e) {
        throw new IllegalStateException("Nobody interrupts the simulation", e);
      }
    }
  }

  @Override
  public Admin admin() {
    return admin;
  }

  @Override
  public void close() {}

  /**
   * Ends the process as {@code kill -9} would, and lets its sessions expire at once. Transactions
   * stay open until another client ends them or their time is up.
   */
  public void kill() {
    dead = true;
    consumers.forEach(SimConsumer::vanish);
  }

  /**
   * Lets the sessions of this process expire although it lives: its groups go on without it, and it
   * finds out at a later poll.
   *
   * @param unawarePolls how many polls of each consumer pass before that; 0 for the next one
   */
  public void expel(int unawarePolls) {
    consumers.forEach(consumer -> consumer.expel(unawarePolls));
  }

  /** {@return the cluster, for a client that lives} */
  SimKafka kafka() {
    if (dead) {
      throw new SimDeath("This process was killed");
    }
    kafka.transactions().expire();
    return kafka;
  }

  /** A member that reports, and is notified of nothing. */
  private record Uninformed(StageMember member) implements StageMember {

    @Override
    public MemberData report() {
      return member.report();
    }
  }
}
