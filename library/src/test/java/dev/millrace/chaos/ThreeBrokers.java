package dev.millrace.chaos;

import dev.millrace.devbroker.BrokerOptions;
import dev.millrace.devbroker.ChildCluster;
import dev.millrace.devbroker.ChildOptions;
import dev.millrace.devbroker.DevBrokerException;
import dev.millrace.devbroker.testing.TestBroker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.awaitility.Awaitility;

/**
 * A cluster of three brokers in JVMs of their own, replication factor 3, at least 2 in sync, whose
 * nodes are taken away and whose leaders are moved.
 *
 * <p><b>Threads.</b> Confined to the test, besides {@link #moveLeaders}.
 */
final class ThreeBrokers implements AutoCloseable {

  private static final int[] ALL = {0, 1, 2};
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final ChildCluster cluster;
  private final TestBroker client;

  private ThreeBrokers(ChildCluster cluster) {
    this.cluster = cluster;
    this.client = TestBroker.at(cluster.bootstrapServers());
  }

  static ThreeBrokers start() {
    return new ThreeBrokers(ChildCluster.start(ChildOptions.of(BrokerOptions.threeNodes())));
  }

  /** How a broker goes. */
  enum Loss {
    /** In good order, as after SIGTERM: leaders are handed over. */
    STOPPED,
    /** As with {@code kill -9}. */
    KILLED,
    /** As with SIGSTOP: it hangs, with its connections open. */
    SUSPENDED
  }

  TestBroker client() {
    return client;
  }

  void lose(Loss how, int... nodes) {
    switch (how) {
      case STOPPED -> cluster.stop(nodes);
      case KILLED -> cluster.kill(nodes);
      case SUSPENDED -> cluster.suspend(nodes);
    }
  }

  void loseAll(Loss how) {
    lose(how, ALL);
  }

  /** Brings nodes back that went as {@code how} says, and returns when they are up. */
  void bringBack(Loss how, int... nodes) {
    if (how == Loss.SUSPENDED) {
      cluster.resume(nodes);
      return;
    }
    try {
      cluster.restart(nodes);
    } catch (DevBrokerException e) {
      // The time for a start is bounded, and the machine may be busy: it is the copies' turn to
      // be tested, so whatever looks after brokers does it again.
      System.out.println("CHAOS: a broker is started again after this: " + e.getMessage());
      cluster.restart(nodes);
    }
  }

  void bringBackAll(Loss how) {
    bringBack(how, ALL);
  }

  /** Makes good what a test has left that failed. */
  void heal() {
    int[] suspended = IntStream.of(ALL).filter(cluster::isAlive).toArray();
    cluster.resume(suspended);
    int[] gone = IntStream.of(ALL).filter(node -> !cluster.isAlive(node)).toArray();
    if (gone.length > 0) {
      cluster.restart(gone);
    }
    awaitWhole();
  }

  /** Waits until every partition has a leader and all replicas are in sync. */
  void awaitWhole() {
    Awaitility.await("all replicas are in sync")
        .atMost(PATIENCE)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(200))
        .until(this::isWhole);
  }

  private boolean isWhole() {
    try {
      return answer(admin().describeCluster().nodes()).size() == ALL.length
          && topics().stream()
              .flatMap(topic -> topic.partitions().stream())
              .allMatch(ThreeBrokers::isInSync);
    } catch (ExecutionException | TimeoutException notYet) {
      return false;
    }
  }

  private static boolean isInSync(TopicPartitionInfo partition) {
    return partition.leader() != null && partition.isr().size() == partition.replicas().size();
  }

  /**
   * Gives new leaders to all partitions of one topic, and to about half of all others, those of the
   * coordinators among them; each goes to another replica that is in sync.
   *
   * @return how many partitions were led by somebody else afterwards
   */
  int moveLeaders(String topic, Random random) {
    Map<TopicPartition, Optional<NewPartitionReassignment>> orders = new HashMap<>();
    try {
      for (TopicDescription each : topics()) {
        for (TopicPartitionInfo partition : each.partitions()) {
          if (partition.leader() != null && (each.name().equals(topic) || random.nextBoolean())) {
            List<Integer> order = orderWithoutLeader(partition, random);
            orders.put(
                new TopicPartition(each.name(), partition.partition()),
                Optional.of(new NewPartitionReassignment(order)));
          }
        }
      }
      answer(admin().alterPartitionReassignments(orders).all());
      return electPreferred(orders.keySet());
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError("Cannot move leaders", e);
    }
  }

  /** The replicas with one of the followers in front, if one is in sync. */
  private static List<Integer> orderWithoutLeader(TopicPartitionInfo partition, Random random) {
    List<Integer> followers =
        new ArrayList<>(
            partition.isr().stream()
                .map(Node::id)
                .filter(id -> id != partition.leader().id())
                .toList());
    List<Integer> order = new ArrayList<>(partition.replicas().stream().map(Node::id).toList());
    if (!followers.isEmpty()) {
      Integer next = followers.get(random.nextInt(followers.size()));
      order.remove(next);
      order.add(0, next);
    }
    return order;
  }

  /** Gives the leadership back that a broker lost while it was away. */
  void balanceLeaders() {
    try {
      List<TopicPartition> partitions = new ArrayList<>();
      for (TopicDescription topic : topics()) {
        topic
            .partitions()
            .forEach(each -> partitions.add(new TopicPartition(topic.name(), each.partition())));
      }
      electPreferred(Set.copyOf(partitions));
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError("Cannot balance leaders", e);
    }
  }

  private int electPreferred(Set<TopicPartition> partitions)
      throws ExecutionException, TimeoutException {
    return (int)
        answer(admin().electLeaders(ElectionType.PREFERRED, partitions).partitions())
            .values()
            .stream()
            .filter(Optional::isEmpty)
            .count();
  }

  private Collection<TopicDescription> topics() throws ExecutionException, TimeoutException {
    Set<String> names =
        answer(admin().listTopics(new ListTopicsOptions().listInternal(true)).names());
    return answer(admin().describeTopics(names).allTopicNames()).values();
  }

  private Admin admin() {
    return client.admin();
  }

  private static <T> T answer(KafkaFuture<T> future) throws ExecutionException, TimeoutException {
    try {
      return future.get(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    client.close();
    cluster.close();
  }
}
