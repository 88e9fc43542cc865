package dev.millrace.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Instances are killed while a process function counts and sets timers. */
@WithBroker
final class CountingKillTest {

  private static final int KILLS = 8;
  private static final int KEYS = 50;
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  @TempDir Path directory;

  @Test
  @Tag("slow")
  void countsHaveNeitherGapNorRepeatAndTimersFireOnceAcrossKills(TestBroker broker) {
    long seed = Seeds.next("CountingKillTest");
    Random random = new Random(seed);
    String in = broker.createTopic(broker.uniqueName("lines"), 3);
    String out = broker.createTopic(broker.uniqueName("counts"), 2);
    Map<String, Integer> written = new TreeMap<>();
    Map<String, String> settings = new TreeMap<>();
    settings.put("bootstrap.servers", broker.bootstrapServers());
    settings.put("workers", "2");
    settings.put("state.memory", "8MB");
    ChildInstance.Spec spec =
        new ChildInstance.Spec(
            CountingJob.class, settings, List.of("--job", in + "-job", "--in", in, "--out", out));
    try (Copies copies = Copies.start(spec, directory, 2, seed)) {
      for (int kill = 0; kill < KILLS; kill++) {
        write(broker, in, random, written, 1_500);
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(1_500)));
        copies.crash(copies.any(random));
      }
      write(broker, in, random, written, 1_500);
      long total = written.values().stream().mapToInt(count -> count).sum();
      Awaitility.await("all counts")
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(300))
          .until(() -> counts(broker, out).values().stream().mapToInt(List::size).sum() >= total);
      copies.awaitReady();
      // What is set last fires half a second later.
      LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(2));
      copies.stopAll();
    }
    Map<String, List<Integer>> expected = new TreeMap<>();
    written.forEach(
        (key, count) -> {
          List<Integer> all = new ArrayList<>();
          for (int i = 1; i <= count; i++) {
            all.add(i);
          }
          expected.put(key, all);
        });
    assertThat(counts(broker, out)).as("seed %d", seed).isEqualTo(expected);
    Set<String> fired = new HashSet<>();
    for (ConsumerRecord<byte[], byte[]> record : broker.consumeAll(out)) {
      String line = new String(record.value(), StandardCharsets.UTF_8);
      if (line.startsWith("timer ")) {
        assertThat(fired.add(line)).as("%s comes once (seed %d)", line, seed).isTrue();
      }
    }
    int tens = written.values().stream().mapToInt(count -> count / 10).sum();
    System.out.printf(
        "CHAOS CountingKillTest: %d kills, %d records, %d timers fired for %d set (seed %d)%n",
        KILLS, written.values().stream().mapToInt(count -> count).sum(), fired.size(), tens, seed);
    assertThat(fired).hasSize(tens);
  }

  private static void write(
      TestBroker broker, String in, Random random, Map<String, Integer> written, int count) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String key = "k" + random.nextInt(KEYS);
      written.merge(key, 1, Integer::sum);
      records.add(new ProducerRecord<>(in, i % 3, null, key.getBytes(StandardCharsets.UTF_8)));
    }
    broker.produce(in, records);
  }

  private static Map<String, List<Integer>> counts(TestBroker broker, String out) {
    Map<String, List<Integer>> counts = new TreeMap<>();
    for (ConsumerRecord<byte[], byte[]> record : broker.consumeAll(out)) {
      String[] line = new String(record.value(), StandardCharsets.UTF_8).split(" ", 3);
      if (line[0].equals("count")) {
        counts.computeIfAbsent(line[1], key -> new ArrayList<>()).add(Integer.valueOf(line[2]));
      }
    }
    return counts;
  }
}
