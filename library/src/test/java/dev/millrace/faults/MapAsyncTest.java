package dev.millrace.faults;

import static dev.millrace.faults.Fixture.assertHealthy;
import static dev.millrace.faults.Fixture.await;
import static dev.millrace.faults.Fixture.awaitFailure;
import static dev.millrace.faults.Fixture.header;
import static dev.millrace.faults.Fixture.text;
import static dev.millrace.faults.Fixture.total;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.RecordException;
import dev.millrace.faults.Fixture.Word;
import dev.millrace.faults.SlowServer.Reply;
import dev.millrace.function.Async;
import dev.millrace.metrics.StageCounters;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Windows;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calls to an HTTP server that is slow, fails, hangs, and answers in any order. */
@WithBroker
final class MapAsyncTest {

  @TempDir Path stateDir;

  @Test
  void answersInAnyOrderBecomeResultsInTheOrderOfInput(TestBroker broker) {
    Fixture fixture = new Fixture(broker, stateDir, 2);
    fixture.produce(3_000, 1);
    try (SlowServer server = new SlowServer(path -> new Reply(200, path, path.hashCode() & 31))) {
      String url = server.url();
      Job job = Job.named(fixture.name);
      job.source(KafkaSource.json(fixture.in, Word.class))
          .mapAsync(
              String.class,
              word -> HttpCalls.get(url + word.id() % 2 + "-" + word.id()),
              Async.inFlight(40))
          .to(KafkaSink.<String>strings(fixture.copies).key(answer -> answer.substring(0, 1)));
      long begun = System.nanoTime();
      try (RunningJob running = Millrace.start(job, fixture.config())) {
        await(
            "all answers",
            () -> {
              assertHealthy(running);
              return broker.consumeAll(fixture.copies).size() >= 3_000;
            });
      }
      System.out.printf(
          "FAULTS mapAsync: 3000 answers of 0 to 31 ms in %d ms, at most %d open of 2 x 40%n",
          (System.nanoTime() - begun) / 1_000_000, server.most());
      // One after the other they would take 23 s for each partition.
      assertThat(server.most()).isBetween(20, 80);
      for (String partition : List.of("0", "1")) {
        List<Long> ids =
            broker.consumeAll(fixture.copies).stream()
                .filter(record -> text(record.key()).equals(partition))
                .map(record -> Long.parseLong(text(record.value()).substring(2)))
                .toList();
        assertThat(ids).hasSize(1_500).isSorted().doesNotHaveDuplicates();
      }
    }
  }

  @Test
  void failuresAreRetriedAndHopelessRecordsBecomeDeadLettersOfTheirOwn(TestBroker broker) {
    Fixture fixture = new Fixture(broker, stateDir, 2);
    fixture.produce(2_000, 2);
    Set<String> seen = ConcurrentHashMap.newKeySet();
    Set<Long> hopeless = new HashSet<>();
    for (long id = 0; id < 2_000; id++) {
      if (id % 173 == 5) {
        hopeless.add(id);
      }
    }
    try (SlowServer server =
        new SlowServer(
            path -> {
              long id = Long.parseLong(path);
              long afterMs = path.hashCode() & 15;
              if (hopeless.contains(id)) {
                return id % 2 == 0 ? new Reply(500, "", afterMs) : new Reply(200, path, 10_000);
              }
              // The first call for some fails, for others it hangs.
              boolean first = seen.add(path);
              return first && id % 7 == 0
                  ? new Reply(503, "", afterMs)
                  : new Reply(200, path, first && id % 101 == 0 ? 10_000 : afterMs);
            })) {
      String url = server.url();
      Job job = Job.named(fixture.name);
      job.source(KafkaSource.json(fixture.in, Word.class))
          .mapAsync(
              String.class,
              word -> HttpCalls.get(url + word.id()),
              Async.inFlight(50)
                  .timeout(Duration.ofMillis(400))
                  .retries(2, Duration.ofMillis(20))
                  .unordered())
          .name("ask")
          .onError(ErrorPolicy.deadLetter())
          .to(KafkaSink.strings(fixture.copies));
      try (RunningJob running = Millrace.start(job, fixture.config())) {
        await(
            "all answers",
            () -> {
              assertHealthy(running);
              return broker.consumeAll(fixture.copies).size() >= 2_000 - hopeless.size()
                  && letters(fixture).size() >= hopeless.size();
            });
        assertThat(total(running, StageCounters::retries)).isGreaterThan(2_000 / 7);
        assertThat(total(running, StageCounters::deadLetters)).isEqualTo(hopeless.size());
      }
    }
    Set<Long> answered = new TreeSet<>();
    for (ConsumerRecord<byte[], byte[]> record : broker.consumeAll(fixture.copies)) {
      assertThat(answered.add(Long.parseLong(text(record.value())))).isTrue();
    }
    assertThat(answered).hasSize(2_000 - hopeless.size()).doesNotContainAnyElementsOf(hopeless);
    Map<String, Long> idAt = new HashMap<>();
    for (ConsumerRecord<byte[], byte[]> record : broker.consumeAll(fixture.in)) {
      idAt.put(record.partition() + "/" + record.offset(), Fixture.number(record, "id"));
    }
    Set<Long> dead = new HashSet<>();
    for (ConsumerRecord<byte[], byte[]> letter : letters(fixture)) {
      long id = Fixture.number(letter, "id");
      dead.add(id);
      String at = header(letter, "millrace.partition") + "/" + header(letter, "millrace.offset");
      assertThat(idAt.get(at)).as("the letter at %s", at).isEqualTo(id);
      assertThat(header(letter, "millrace.operator")).isEqualTo("ask");
      assertThat(header(letter, "millrace.exception"))
          .contains(id % 2 == 0 ? "IllegalStateException" : "TimeoutException");
    }
    assertThat(dead).isEqualTo(hopeless);
  }

  @Test
  void failNamesTheRecordOfTheCallAndTheNextStartGoesOnFromThere(TestBroker broker)
      throws Exception {
    Fixture fixture = new Fixture(broker, stateDir, 1);
    fixture.produce(1_000, 3);
    try (SlowServer server =
        new SlowServer(path -> new Reply(path.equals("437") ? 500 : 200, path, 5))) {
      String url = server.url();
      Job job = Job.named(fixture.name);
      job.source(KafkaSource.json(fixture.in, Word.class))
          .mapAsync(String.class, word -> HttpCalls.get(url + word.id()), Async.inFlight(100))
          .to(KafkaSink.<String>strings(fixture.copies).key(answer -> "all"));
      try (RunningJob running = Millrace.start(job, fixture.config())) {
        assertThat(awaitFailure(running))
            .isInstanceOf(RecordException.class)
            .hasMessageContaining("status 500")
            .hasMessageContaining("offset 437");
      }
      server.script(path -> new Reply(200, path, 5));
      try (RunningJob running = Millrace.start(job, fixture.config())) {
        await("all", () -> broker.consumeAll(fixture.copies).size() >= 1_000);
        assertHealthy(running);
      }
    }
    assertThat(broker.consumeAll(fixture.copies))
        .extracting(record -> Long.parseLong(text(record.value())))
        .doesNotHaveDuplicates()
        .isSorted()
        .hasSize(1_000);
  }

  @Test
  void noWatermarkOvertakesAResultBehindAWindow(TestBroker broker) {
    Fixture fixture = new Fixture(broker, stateDir, 2);
    fixture.produce(6_000, 4);
    try (SlowServer server = new SlowServer(path -> new Reply(200, path, path.hashCode() & 63))) {
      String url = server.url();
      Job job = Job.named(fixture.name);
      job.source(
              KafkaSource.json(fixture.in, Word.class)
                  .eventTime(word -> Instant.ofEpochMilli(word.id() * 10))
                  .watermarks(Watermarks.boundedOutOfOrderness(Duration.ofSeconds(10))))
          .keyBy(Word::word)
          .parallelism(2)
          .window(Windows.tumbling(Duration.ofSeconds(1)))
          .count()
          .name("first")
          .mapAsync(
              Long.class,
              result -> HttpCalls.get(url + result.value()).thenApply(Long::valueOf),
              Async.inFlight(64).unordered())
          .name("ask")
          .keyBy(String.class, count -> "all")
          .parallelism(1)
          .window(Windows.tumbling(Duration.ofSeconds(10)))
          .sum(count -> count)
          .name("second")
          .map(r -> r.window().start().toEpochMilli() + "=" + r.value())
          .to(KafkaSink.strings(fixture.copies));
      try (RunningJob running = Millrace.start(job, fixture.config().with("until.end", "true"))) {
        assertThat(running.awaitTermination(Duration.ofSeconds(90))).isTrue();
        assertThat(running.failure()).isEmpty();
        assertThat(total(running, StageCounters::lateRecords)).isZero();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      expected.add(i * 10_000 + "=1000");
    }
    assertThat(broker.consumeAll(fixture.copies))
        .extracting(record -> text(record.value()))
        .containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void aWorkerThatWaitsForAnswersPollsButDoesNotSpin(TestBroker broker) {
    Fixture fixture = new Fixture(broker, stateDir, 1);
    fixture.produce(50, 5);
    try (SlowServer server = new SlowServer(path -> new Reply(200, path, 4_000))) {
      String url = server.url();
      Job job = Job.named(fixture.name);
      job.source(KafkaSource.json(fixture.in, Word.class))
          .mapAsync(
              String.class,
              word -> HttpCalls.get(url + word.id()),
              Async.inFlight(10).timeout(Duration.ofSeconds(9)))
          .to(KafkaSink.strings(fixture.copies));
      try (RunningJob running = Millrace.start(job, fixture.config())) {
        await("calls", () -> server.requests() >= 10);
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(500));
        long before = cpuNanos(fixture.name);
        LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(2));
        long usedMs = (cpuNanos(fixture.name) - before) / 1_000_000;
        System.out.printf("FAULTS mapAsync: %d ms of CPU in 2 s of waiting for answers%n", usedMs);
        assertThat(usedMs).isLessThan(500);
        assertThat(server.most()).isEqualTo(10);
        assertHealthy(running);
        assertThat(broker.consumeAll(fixture.copies)).isEmpty();
        long stopping = System.nanoTime();
        running.close();
        // The calls are not waited for longer than the shutdown timeout; their records come again.
        assertThat(System.nanoTime() - stopping).isLessThan(TimeUnit.SECONDS.toNanos(15));
      }
      server.script(path -> new Reply(200, path, 1));
      try (RunningJob running = Millrace.start(job, fixture.config())) {
        await("all", () -> broker.consumeAll(fixture.copies).size() >= 50);
        assertHealthy(running);
      }
      assertThat(broker.consumeAll(fixture.copies))
          .extracting(record -> text(record.value()))
          .doesNotHaveDuplicates()
          .hasSize(50);
    }
  }

  @Test
  void callsThatMayOutlastATransactionAreRefused(TestBroker broker) {
    Fixture fixture = new Fixture(broker, stateDir, 1);
    Job job = Job.named(fixture.name);
    job.source(KafkaSource.json(fixture.in, Word.class))
        .mapAsync(
            String.class,
            word -> HttpCalls.get(word.word()),
            Async.inFlight(10).timeout(Duration.ofSeconds(4)).retries(2))
        .name("ask")
        .to(KafkaSink.strings(fixture.copies));
    assertThatThrownBy(() -> Millrace.start(job, fixture.config()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("'ask'")
        .hasMessageContaining("PT12.3S")
        .hasMessageContaining("transaction.timeout");
  }

  private static long cpuNanos(String job) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long nanos = 0;
    for (long id : threads.getAllThreadIds()) {
      ThreadInfo info = threads.getThreadInfo(id);
      if (info != null && info.getThreadName().startsWith(job + "-")) {
        nanos += Math.max(0, threads.getThreadCpuTime(id));
      }
    }
    return nanos;
  }

  private static List<ConsumerRecord<byte[], byte[]>> letters(Fixture fixture) {
    return fixture.broker.consumeAll(fixture.name + ".errors");
  }
}
