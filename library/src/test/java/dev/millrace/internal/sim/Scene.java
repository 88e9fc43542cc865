package dev.millrace.internal.sim;

import dev.millrace.internal.kafka.KafkaClients;
import dev.millrace.internal.kafka.MemberData;
import dev.millrace.internal.kafka.StageMember;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;

/**
 * One cluster, real or simulated, and the notes of what a history saw in it. Names are unique, and
 * left out of the notes.
 */
final class Scene implements AutoCloseable {

  private static final long PATIENCE_NANOS = Duration.ofSeconds(30).toNanos();

  private final KafkaClients clients;
  private final String suffix;
  private final List<String> notes = new ArrayList<>();
  private final List<AutoCloseable> opened = new ArrayList<>();

  Scene(KafkaClients clients, String suffix) {
    this.clients = clients;
    this.suffix = suffix;
  }

  List<String> notes() {
    return notes;
  }

  KafkaClients clients() {
    return clients;
  }

  String name(String of) {
    return of + suffix;
  }

  TopicPartition partition(String topic, int number) {
    return new TopicPartition(name(topic), number);
  }

  void note(String what, Object seen) {
    notes.add(what + ": " + seen);
  }

  /** Notes what comes out of a call: a value, or the exception's class. */
  void call(String what, Callable<?> call) {
    note(what, outcome(call));
  }

  private static String outcome(Callable<?> call) {
    try {
      return String.valueOf(call.call());
    } catch (ExecutionException e) {
      return e.getCause().getClass().getSimpleName();
    } catch (Exception e) {
      return e.getClass().getSimpleName();
    }
  }

  interface Action {
    void run() throws Exception;
  }

  void act(String what, Action action) {
    call(
        what,
        () -> {
          action.run();
          return "ok";
        });
  }

  // ------------------------------------------------------------------ clients

  void topic(String name, int partitions, Map<String, String> settings) {
    await(
        clients
            .admin()
            .createTopics(
                List.of(
                    new NewTopic(name(name), Optional.of(partitions), Optional.empty())
                        .configs(settings)))
            .all());
    until(
        () ->
            !outcome(
                    () ->
                        clients
                            .admin()
                            .describeTopics(List.of(name(name)))
                            .topicNameValues()
                            .get(name(name))
                            .get())
                .endsWith("Exception"));
  }

  Producer<byte[], byte[]> transactional(String id) {
    return keep(clients.transactionalProducer(name(id), name(id)));
  }

  /** {@return a producer in its first transaction} */
  Producer<byte[], byte[]> begun(String id) {
    Producer<byte[], byte[]> producer = transactional(id);
    producer.initTransactions();
    producer.beginTransaction();
    return producer;
  }

  Producer<byte[], byte[]> plain() {
    return keep(clients.plainProducer(name("plain")));
  }

  Consumer<byte[], byte[]> member(String group, String id, ConsumerRebalanceListener listener) {
    return member(group, id, Optional.empty(), List.of("in"), listener);
  }

  Consumer<byte[], byte[]> member(
      String group,
      String id,
      Optional<String> instanceId,
      List<String> topics,
      ConsumerRebalanceListener listener) {
    StageMember report = () -> MemberData.of(id, id, Map.of());
    Consumer<byte[], byte[]> consumer =
        keep(clients.stageConsumer(name(group), id, instanceId.map(this::name), report, 1));
    consumer.subscribe(topics.stream().map(this::name).toList(), listener);
    return consumer;
  }

  Consumer<byte[], byte[]> reader(IsolationLevel isolation) {
    return keep(clients.readerConsumer(name("reader"), isolation));
  }

  private <T extends AutoCloseable> T keep(T client) {
    opened.add(client);
    return client;
  }

  // ------------------------------------------------------------------ looking

  ProducerRecord<byte[], byte[]> record(String topic, int partition, String value) {
    return new ProducerRecord<>(name(topic), partition, null, bytes(value));
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Notes what becomes of a record that is sent. */
  void send(String what, Producer<byte[], byte[]> producer, ProducerRecord<byte[], byte[]> record) {
    call(
        what,
        () -> {
          Future<RecordMetadata> sent = producer.send(record);
          producer.flush();
          return "at " + sent.get().offset();
        });
  }

  /** Notes ends and what can be read, when the reader has got to where it can get. */
  void look(String what, String topic) {
    TopicPartition partition = partition(topic, 0);
    long stable = end(partition, IsolationLevel.READ_COMMITTED);
    note(what + ", last stable offset", stable);
    note(what + ", end", end(partition, IsolationLevel.READ_UNCOMMITTED));
    note(what + ", read committed", read(partition, IsolationLevel.READ_COMMITTED, stable));
    note(
        what + ", read uncommitted",
        read(
            partition,
            IsolationLevel.READ_UNCOMMITTED,
            end(partition, IsolationLevel.READ_UNCOMMITTED)));
  }

  /** Waits for the markers of transactions that have been decided. */
  void awaitStable(String topic) {
    TopicPartition partition = partition(topic, 0);
    until(
        () ->
            end(partition, IsolationLevel.READ_COMMITTED)
                == end(partition, IsolationLevel.READ_UNCOMMITTED));
  }

  long end(TopicPartition partition, IsolationLevel isolation) {
    return await(
            clients
                .admin()
                .listOffsets(
                    Map.of(partition, OffsetSpec.latest()), new ListOffsetsOptions(isolation))
                .all())
        .get(partition)
        .offset();
  }

  List<String> read(TopicPartition partition, IsolationLevel isolation, long upTo) {
    List<String> values = new ArrayList<>();
    try (Consumer<byte[], byte[]> reader = clients.readerConsumer(name("reader"), isolation)) {
      reader.assign(List.of(partition));
      reader.seekToBeginning(List.of(partition));
      until(
          () -> {
            for (ConsumerRecord<byte[], byte[]> record : reader.poll(Duration.ofMillis(20))) {
              values.add(
                  record.offset() + "=" + new String(record.value(), StandardCharsets.UTF_8));
            }
            return reader.position(partition) >= upTo;
          });
    }
    return values;
  }

  Map<TopicPartition, OffsetAndMetadata> offset(TopicPartition partition, long offset) {
    return Map.of(partition, new OffsetAndMetadata(offset, "note"));
  }

  /** Notes the group's offset of the first partition of a topic. */
  void committed(String what, String group, String topic) {
    TopicPartition partition = partition(topic, 0);
    call(
        what,
        () -> {
          OffsetAndMetadata found =
              clients
                  .admin()
                  .listConsumerGroupOffsets(name(group))
                  .partitionsToOffsetAndMetadata()
                  .get()
                  .get(partition);
          return found == null ? "none" : found.offset() + " " + found.metadata();
        });
  }

  static <T> T await(KafkaFuture<T> future) {
    try {
      return future.get();
    } catch (InterruptedException | ExecutionException e) {
      throw new AssertionError(e);
    }
  }

  static void until(BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("Not true within 30 s");
      }
    }
  }

  /** Lets members poll until all partitions are handed out and nobody's share is still changing. */
  static void settle(Collection<Consumer<byte[], byte[]>> members, int partitions) {
    Map<Consumer<byte[], byte[]>, Set<TopicPartition>> before = new TreeMap<>(Scene::byHash);
    int[] quiet = {0};
    until(
        () -> {
          boolean same = true;
          int sum = 0;
          for (Consumer<byte[], byte[]> member : members) {
            member.poll(Duration.ofMillis(20));
            Set<TopicPartition> now = member.assignment();
            same &= now.equals(before.put(member, now));
            sum += now.size();
          }
          quiet[0] = same && sum == partitions ? quiet[0] + 1 : 0;
          return quiet[0] > 10;
        });
  }

  private static int byHash(Object one, Object other) {
    return Integer.compare(System.identityHashCode(one), System.identityHashCode(other));
  }

  @Override
  public void close() {
    for (AutoCloseable client : opened) {
      if (client instanceof Producer<?, ?> producer) {
        producer.close(Duration.ZERO);
      } else if (client instanceof Consumer<?, ?> consumer) {
        consumer.close(CloseOptions.timeout(Duration.ZERO));
      }
    }
  }
}
