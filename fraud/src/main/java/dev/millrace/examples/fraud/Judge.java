package dev.millrace.examples.fraud;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Prints alerts as they come, and at the end how good they were: a consumer like any other, with
 * nothing of Millrace in it.
 *
 * <pre>
 *   java -cp fraud.jar:runner.jar dev.millrace.examples.fraud.Judge BROKERS TOPIC SEED SECONDS
 * </pre>
 *
 * <p>It ends when all that was planted has had its time, or two minutes after that should have
 * been.
 *
 * <p>Exit codes: 0 if each fraud was found that can be found and no alert came twice, 1 if not, 2
 * for wrong arguments.
 */
public final class Judge {

  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private Judge() {}

  /** Watches the alerts. */
  public static void main(String[] args) {
    if (args.length != 4
        || !args[2].matches("[0-9]{1,18}")
        || !args[3].matches("[1-9][0-9]{0,6}")) {
      System.err.println("Usage: Judge BROKERS TOPIC SEED SECONDS");
      System.exit(2);
    }
    int seconds = Integer.parseInt(args[3]);
    Verdict verdict = new Verdict(new FraudPlan(Long.parseLong(args[2]), seconds));
    Map<String, Object> settings =
        Map.of(
            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
            args[0],
            ConsumerConfig.ISOLATION_LEVEL_CONFIG,
            "read_committed");
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds) + PATIENCE.toNanos();
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(args[1]).stream()
              .map(info -> new TopicPartition(info.topic(), info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      while (!verdict.isOver() && System.nanoTime() - end < 0) {
        for (ConsumerRecord<String, String> record : consumer.poll(POLL)) {
          String line = verdict.take(record.value());
          if (line != null) {
            System.out.println(line);
          }
        }
      }
    }
    System.out.println(verdict.text());
    System.exit(verdict.isSound() ? 0 : 1);
  }
}
