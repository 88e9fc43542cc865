package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A stream that looks up a table on a real broker, while a copy of the job leaves and comes back.
 */
@WithBroker
final class TableLookupOnBrokerTest {

  private static final Duration GENEROUS = Duration.ofSeconds(60);
  private static final int KEYS = 100;

  @TempDir Path stateDir;

  /** Values are {@code key:number}, rows {@code key=version}, deleted by version 3. */
  private static Job job(TestBroker broker, String stream, String rows, String out) {
    Job job = Job.named(broker.uniqueName("lookup"));
    Table<String, String> table =
        job.source(KafkaSource.strings(rows))
            .toTable(
                line -> line.substring(0, 3),
                line -> line.endsWith("=3") ? null : line.substring(4));
    job.source(KafkaSource.strings(stream))
        .join(table)
        .on(value -> value.substring(0, 3))
        .parallelism(4)
        .left((value, row) -> value + "+" + row)
        .to(KafkaSink.strings(out));
    return job;
  }

  @Test
  void eachRecordFindsARowOnceThoughACopyLeavesAndComesBack(TestBroker broker) {
    String stream = broker.createTopic(broker.uniqueName("stream"), 4);
    String rows = broker.createTopic(broker.uniqueName("rows"), 2);
    String out = broker.createTopic(broker.uniqueName("out"), 1);
    Job job = job(broker, stream, rows, out);
    Probes probes = new Probes(broker, stream, out);
    try (RunningJob stays = start(broker, job, "a")) {
      try (RunningJob leaves = start(broker, job, "b")) {
        sendRows(broker, rows, 1);
        probes.untilAllFind("1");
        assertThat(leaves.failure()).isEmpty();
      }
      sendRows(broker, rows, 2);
      probes.untilAllFind("2");
      try (RunningJob comesBack = start(broker, job, "b")) {
        probes.untilAllFind("2");
        sendRows(broker, rows, 3);
        probes.untilAllFind("null");
        assertThat(comesBack.failure()).isEmpty();
      }
      assertThat(stays.failure()).isEmpty();
    }
    probes.checkOrder(List.of("null", "1", "2", "null"));
  }

  private static String key(int number) {
    return String.valueOf(100 + number);
  }

  private static void sendRows(TestBroker broker, String topic, int version) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < KEYS; i++) {
      byte[] value = (key(i) + "=" + version).getBytes(StandardCharsets.UTF_8);
      records.add(new ProducerRecord<>(topic, i % 2, null, value));
    }
    broker.produce(topic, records);
  }

  /** Records of all keys, again and again. */
  private static final class Probes {
    private final TestBroker broker;
    private final String stream;
    private final String out;
    private int rounds;

    Probes(TestBroker broker, String stream, String out) {
      this.broker = broker;
      this.stream = stream;
      this.out = out;
    }

    void untilAllFind(String row) {
      await()
          .atMost(GENEROUS)
          .until(
              () -> {
                int round = send();
                await().atMost(GENEROUS).until(() -> found().size() >= (round + 1) * KEYS);
                return found().stream()
                    .filter(line -> line.contains(":" + round + "+"))
                    .allMatch(line -> line.endsWith("+" + row));
              });
    }

    private int send() {
      int round = rounds++;
      List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
      for (int i = 0; i < KEYS; i++) {
        byte[] value = (key(i) + ":" + round).getBytes(StandardCharsets.UTF_8);
        records.add(new ProducerRecord<>(stream, i % 4, null, value));
      }
      broker.produce(stream, records);
      return round;
    }

    private List<String> found() {
      return broker.consumeTexts(out);
    }

    /** Each record has one result, and none goes back to an older row of its key. */
    void checkOrder(List<String> versions) {
      Map<String, Integer> next = new HashMap<>();
      Map<String, Integer> at = new HashMap<>();
      for (String line : found()) {
        String key = line.substring(0, 3);
        int round = Integer.parseInt(line.substring(4, line.indexOf('+')));
        assertThat(round).as(line).isEqualTo(next.getOrDefault(key, 0));
        next.put(key, round + 1);
        int version = at.getOrDefault(key, 0);
        while (!line.endsWith("+" + versions.get(version))) {
          version++;
        }
        at.put(key, version);
      }
      assertThat(next).hasSize(KEYS);
      assertThat(next.values()).containsOnly(rounds);
    }
  }

  private RunningJob start(TestBroker broker, Job job, String copy) {
    return OneWorker.start(broker, job, stateDir.resolve(copy));
  }
}
