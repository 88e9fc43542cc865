package dev.millrace.internal.admin;

import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.KafkaClients;
import dev.millrace.internal.kafka.TopicState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntToLongFunction;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/**
 * The topic of a job's dead letters, which several jobs may share.
 *
 * <p><b>Threads.</b> Confined to the caller's thread.
 *
 * @param name its name
 * @param id its id
 * @param partitions how many it has
 */
record LetterTopic(String name, String id, int partitions) {

  /** A reader of letters. */
  @FunctionalInterface
  interface Reader {

    /** {@return whether to go on} */
    boolean read(Letter letter);
  }

  /** {@return the topic as the settings name it; empty while there is none} */
  static Optional<LetterTopic> of(Cluster cluster, String job) {
    String name = nameOf(cluster, job);
    TopicState state = cluster.topics().describe(List.of(name)).get(name);
    return Optional.ofNullable(state)
        .map(found -> new LetterTopic(name, found.id().toString(), found.partitions()));
  }

  static String nameOf(Cluster cluster, String job) {
    return cluster.config().errorsTopic().orElse(job + ".errors");
  }

  /**
   * Reads the letters of a job, in the order of each partition, up to the end of the moment.
   *
   * @param start where to begin in each partition; what is not there any more is passed over
   * @throws dev.millrace.error.KafkaUnreachableException if brokers send nothing for ten seconds
   */
  void read(Cluster cluster, String job, IntToLongFunction start, Reader reader) {
    List<TopicPartition> all = new ArrayList<>();
    for (int i = 0; i < partitions; i++) {
      all.add(new TopicPartition(name, i));
    }
    Map<TopicPartition, Long> ends = cluster.offsets().ends(all, IsolationLevel.READ_COMMITTED);
    Map<TopicPartition, Long> beginnings = cluster.offsets().beginnings(all);
    Consumer<byte[], byte[]> consumer = cluster.clients().refreshConsumer("millrace-letters");
    try {
      consumer.assign(all);
      for (TopicPartition each : all) {
        long beginning = beginnings.getOrDefault(each, 0L);
        consumer.seek(each, Math.max(beginning, start.applyAsLong(each.partition())));
      }
      read(new ScanToEnd(consumer, ends), job, reader);
    } finally {
      KafkaClients.closeReader(consumer);
    }
  }

  private static void read(ScanToEnd scan, String job, Reader reader) {
    while (scan.isBehind()) {
      for (ConsumerRecord<byte[], byte[]> record : scan.poll()) {
        Optional<Letter> letter = Letter.of(record, job);
        if (letter.isPresent() && !letter.get().isLaterPart() && !reader.read(letter.get())) {
          return;
        }
      }
    }
  }
}
