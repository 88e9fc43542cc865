package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.admin.InstanceState;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.error.StateUnavailableException;
import dev.millrace.error.StateUnavailableException.Reason;
import dev.millrace.query.StateAnswer;
import dev.millrace.query.StateCursor;
import dev.millrace.query.StatePage;
import dev.millrace.query.StateQuery;
import dev.millrace.query.StateScan;
import dev.millrace.query.TaskCheckpoint;
import dev.millrace.testkit.Tally;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Questions about the state of instances on a real broker, while it changes and moves. */
@WithBroker
final class StateQueryOnBrokerTest {

  private static final Duration GENEROUS = Duration.ofSeconds(60);
  private static final int KEYS = 20;
  private static final int PARTITIONS = 2;

  @TempDir Path stateDir;

  private final Map<String, Long> sent = new TreeMap<>();
  private final Map<String, Long> seen = new HashMap<>();

  private static Job tallies(TestBroker broker, String in) {
    Job job = Job.named(broker.uniqueName("tallies"));
    job.source(KafkaSource.strings(in))
        .map(Tally::of)
        .keyBy(Tally::key)
        .parallelism(4)
        .reduce(Tally::with)
        .name("tallies")
        .mapValues(Tally::count)
        .to(KafkaSink.upsert(broker.createTopic(broker.uniqueName("out"), 1)));
    return job;
  }

  @Test
  void answersAreOfCommittedStateAndNeverGoBackWhileTasksMove(TestBroker broker) {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    Random random = new Random(seed);
    String in = broker.createTopic(broker.uniqueName("numbers"), PARTITIONS);
    Job job = tallies(broker, in);
    try (RunningJob stays = OneWorker.start(broker, job, stateDir.resolve("a"))) {
      await().atMost(GENEROUS).until(() -> stays.state() == InstanceState.RUNNING);
      askWhileSending(broker, in, random, List.of(stays));
      try (RunningJob leaves = OneWorker.start(broker, job, stateDir.resolve("b"))) {
        await().atMost(GENEROUS).until(() -> !query(leaves).localTasks().isEmpty());
        askWhileSending(broker, in, random, List.of(stays, leaves));
        String elsewhere = keyOf(query(leaves));
        await().atMost(GENEROUS).until(() -> !isHere(query(stays), elsewhere));
        assertThatThrownBy(() -> query(stays).get(elsewhere))
            .isInstanceOfSatisfying(
                StateUnavailableException.class,
                e -> {
                  assertThat(e.reason()).isEqualTo(Reason.ELSEWHERE);
                  assertThat(e.place().task()).isEqualTo(query(stays).taskOf(elsewhere));
                });
      }
      askWhileSending(broker, in, random, List.of(stays));
      await().atMost(GENEROUS).until(() -> query(stays).localTasks().size() == 4);
      await().atMost(GENEROUS).untilAsserted(() -> checkAll(stays));
      assertThat(stays.failure()).isEmpty();
    } catch (AssertionError e) {
      throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
    }
  }

  @Test
  void aCheckpointHasAllThatWasThere(TestBroker broker) {
    String in = broker.createTopic(broker.uniqueName("numbers"), PARTITIONS);
    Job job = tallies(broker, in);
    try (RunningJob running = OneWorker.start(broker, job, stateDir)) {
      await().atMost(GENEROUS).until(() -> running.state() == InstanceState.RUNNING);
      broker.produce(
          in, List.of(TestBroker.text(in, 0, 1, "k:1"), TestBroker.text(in, 1, 1, "l:1")));
      await()
          .atMost(GENEROUS)
          .until(
              () ->
                  running.checkpoint(GENEROUS).stream()
                          .filter(task -> task.offsets().getOrDefault(in, 0L) == 1)
                          .count()
                      == PARTITIONS);
      List<TaskCheckpoint> all = running.checkpoint(GENEROUS);
      assertThat(all).hasSize(PARTITIONS + 4);
      running.close();
      assertThatThrownBy(() -> running.checkpoint(GENEROUS))
          .isInstanceOfSatisfying(
              StateUnavailableException.class,
              e -> assertThat(e.reason()).isEqualTo(Reason.STOPPED));
    }
  }

  private static StateQuery<String, Tally> query(RunningJob job) {
    return job.query("tallies", String.class, Tally.class);
  }

  private static boolean isHere(StateQuery<String, Tally> query, String key) {
    return query.localTasks().contains(query.taskOf(key).orElseThrow());
  }

  private static String keyOf(StateQuery<String, Tally> query) {
    for (int key = 0; key < KEYS; key++) {
      if (isHere(query, "k" + key)) {
        return "k" + key;
      }
    }
    throw new AssertionError("no key is in " + query.localTasks());
  }

  private void askWhileSending(
      TestBroker broker, String topic, Random random, List<RunningJob> instances) {
    for (int round = 0; round < 40; round++) {
      List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        String key = "k" + random.nextInt(KEYS);
        long number = sent.merge(key, 1L, Long::sum);
        records.add(
            new ProducerRecord<>(
                topic,
                Math.floorMod(key.hashCode(), PARTITIONS),
                null,
                (key + ":" + number).getBytes(StandardCharsets.UTF_8)));
      }
      broker.produce(topic, records);
      String key = "k" + random.nextInt(KEYS);
      for (RunningJob instance : instances) {
        ask(query(instance), key);
      }
    }
  }

  private void ask(StateQuery<String, Tally> query, String key) {
    StateAnswer<Tally> fresh;
    StateAnswer<Tally> old;
    try {
      fresh = query.get(key);
      old = query.maxAge(Duration.ofSeconds(30)).get(key);
    } catch (StateUnavailableException e) {
      assertThat(e.reason()).isIn(Reason.ELSEWHERE, Reason.RESTORING);
      return;
    }
    check(key, fresh);
    check(key, old);
    assertThat(fresh.position().task()).isEqualTo(query.taskOf(key).orElseThrow());
  }

  private void check(String key, StateAnswer<Tally> answer) {
    long count = answer.value().map(Tally::count).orElse(0L);
    answer.value().ifPresent(tally -> assertThat(tally.isOfPrefix()).as("%s", tally).isTrue());
    assertThat(count).isBetween(seen.getOrDefault(key, 0L), sent.getOrDefault(key, 0L));
    seen.put(key, count);
  }

  private void checkAll(RunningJob job) {
    Map<String, Long> all = new TreeMap<>();
    Optional<StateCursor> next = Optional.of(StateCursor.ofTask(0));
    while (next.isPresent()) {
      StatePage<String, Tally> page = query(job).scan(StateScan.all().limit(3).after(next.get()));
      page.rows().forEach(row -> all.put(row.key(), row.value().count()));
      next = page.next();
    }
    assertThat(all).isEqualTo(sent);
    StateQuery<String, String> json = job.queryJson("tallies");
    String key = sent.keySet().iterator().next();
    assertThat(json.get(key).value().orElseThrow())
        .startsWith("{\"key\":\"" + key + "\",\"count\":" + sent.get(key) + ",");
  }
}
