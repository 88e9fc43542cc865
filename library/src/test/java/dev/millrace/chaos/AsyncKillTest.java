package dev.millrace.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.faults.SlowServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Instances are killed while calls to an HTTP server are under way. */
@WithBroker
final class AsyncKillTest {

  private static final int PARTITIONS = 4;
  private static final int RECORDS = 16_000;
  private static final int KILLS = 6;

  @TempDir Path directory;

  @Test
  @Tag("slow")
  void everyAnswerCountsOnceAndInOrderAcrossKills(TestBroker broker) {
    long seed = Seeds.next("AsyncKillTest");
    Random random = new Random(seed);
    String in = broker.createTopic(broker.uniqueName("lines"), PARTITIONS);
    String out = broker.createTopic(broker.uniqueName("answers"), 2);
    List<ProducerRecord<byte[], byte[]>> lines = new ArrayList<>();
    for (int i = 0; i < RECORDS; i++) {
      int partition = i % PARTITIONS;
      byte[] line = (partition + "-" + i / PARTITIONS).getBytes(StandardCharsets.UTF_8);
      lines.add(new ProducerRecord<>(in, partition, null, line));
    }
    broker.produce(in, lines);
    Set<String> failed = ConcurrentHashMap.newKeySet();
    try (SlowServer server =
        new SlowServer(
            path ->
                new SlowServer.Reply(
                    path.hashCode() % 97 == 0 && failed.add(path) ? 500 : 200,
                    path,
                    path.hashCode() & 31))) {
      ChildInstance.Spec spec =
          new ChildInstance.Spec(
              AsyncJob.class,
              Map.of("bootstrap.servers", broker.bootstrapServers(), "workers", "2"),
              List.of("--job", in + "-job", "--in", in, "--out", out, "--url", server.url()));
      try (Copies copies = Copies.start(spec, directory, 2, seed)) {
        for (int kill = 0; kill < KILLS; kill++) {
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(2_000)));
          copies.crash(copies.any(random));
        }
        Awaitility.await("all answers")
            .atMost(Duration.ofSeconds(90))
            .pollInterval(Duration.ofMillis(300))
            .until(() -> broker.consumeAll(out).size() >= RECORDS);
        copies.stopAll();
      }
      System.out.printf(
          "CHAOS AsyncKillTest: %d kills, %d records, %d requests, at most %d open (seed %d)%n",
          KILLS, RECORDS, server.requests(), server.most(), seed);
      assertThat(server.requests()).isGreaterThanOrEqualTo(RECORDS);
    }
    Map<String, List<Integer>> answers = new TreeMap<>();
    for (ConsumerRecord<byte[], byte[]> record : broker.consumeAll(out)) {
      String[] answer = new String(record.value(), StandardCharsets.UTF_8).split("-", 2);
      answers.computeIfAbsent(answer[0], key -> new ArrayList<>()).add(Integer.valueOf(answer[1]));
    }
    assertThat(answers).hasSize(PARTITIONS);
    assertThat(answers.values())
        .as("seed %d", seed)
        .allSatisfy(
            of -> assertThat(of).isSorted().doesNotHaveDuplicates().hasSize(RECORDS / PARTITIONS));
  }
}
