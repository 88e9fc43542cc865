package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSource;
import dev.millrace.internal.launch.SteppedInstance;
import dev.millrace.internal.query.LocalQuery;
import dev.millrace.internal.query.Pending;
import dev.millrace.internal.query.Queries;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.query.StateCursor;
import dev.millrace.query.StatePage;
import dev.millrace.query.StateRow;
import dev.millrace.query.StateScan;
import dev.millrace.time.Watermarks;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/** Asks an instance of a job, on the simulated cluster, for its state. */
final class QueryRig {

  static final Instant START = Instant.parse("2026-03-01T12:00:00Z");

  /** A record of the topic {@code in}, in jobs that read it by event time. */
  record Reading(String sensor, Instant at, long value) {}

  private final SimClock clock = new SimClock(START);
  private final TestCluster cluster = new TestCluster(clock);
  private Driver driver;

  /** Kills what runs. */
  void killAll() {
    if (driver != null) {
      driver.killAll();
    }
  }

  /** Starts an instance of a job that reads and writes the topics in, rows, others and out. */
  void start(Job job) {
    for (String topic : List.of("in", "rows", "others", "out")) {
      cluster.createIfMissing(topic, 1);
    }
    JobConfig config = JobTest.builder(job).config();
    driver = Drivers.of(job, config, cluster, clock);
    driver.start();
    driver.run();
  }

  /** Stops the instance in good order. */
  void stop() {
    driver.stop(0);
  }

  /** Sends a record, or a tombstone if there is no value. */
  void send(String topic, String key, @Nullable String value) {
    cluster.send(
        new ProducerRecord<>(
            topic,
            0,
            key.getBytes(StandardCharsets.UTF_8),
            value == null ? null : value.getBytes(StandardCharsets.UTF_8)));
  }

  /** Sends texts and lets them be processed. */
  void sendTexts(String... texts) {
    for (String text : texts) {
      send("in", "", text);
    }
    pass();
  }

  /** Lets the instance work for 300 ms of its clock. */
  void pass() {
    for (int i = 0; i < 60; i++) {
      for (SteppedInstance instance : driver.instances()) {
        instance.workers().forEach(Worker::turn);
      }
      clock.advance(Duration.ofMillis(5));
    }
  }

  /** {@return the questions that the instance takes} */
  Queries queries() {
    return driver.instances().get(0).queries();
  }

  /** {@return the answer to a question, which the instance gives while it works} */
  <A> A answer(Pending<A> pending) {
    for (int i = 0; i < 200 && !pending.isDone(); i++) {
      pass();
    }
    try {
      A answer = pending.await(Duration.ZERO);
      assertThat(answer).isNotNull();
      return answer;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** {@return a store, whatever its types} */
  LocalQuery<Object, Object> store(String name) {
    return queries().of(name, Object.class, Object.class);
  }

  /** {@return the value of a key in a store} */
  Optional<Object> value(String store, Object key) {
    return answer(store(store).got(key)).value();
  }

  /** {@return all rows of a store} */
  <K, V> List<StateRow<K, V>> rows(String store, Class<K> keyType, Class<V> valueType) {
    return scan(queries().of(store, keyType, valueType), StateScan.all());
  }

  /** {@return the rows of a store in a range, which are asked for by pages of three} */
  <K, V> List<StateRow<K, V>> scan(LocalQuery<K, V> query, StateScan scan) {
    return pages(scan.limit(3), query::scanned);
  }

  /** {@return the windows of a key in a range, which are asked for by pages of two} */
  List<StateRow<Object, Object>> windows(String store, Object key, StateScan scan) {
    return pages(scan.limit(2), page -> store(store).windowsLater(key, page));
  }

  private <K, V> List<StateRow<K, V>> pages(
      StateScan first, Function<StateScan, Pending<StatePage<K, V>>> question) {
    List<StateRow<K, V>> rows = new ArrayList<>();
    Optional<StateCursor> next = Optional.empty();
    do {
      StatePage<K, V> page =
          answer(question.apply(next.isPresent() ? first.after(next.get()) : first));
      rows.addAll(page.rows());
      next = page.next().map(cursor -> StateCursor.parse(cursor.token()));
    } while (next.isPresent());
    return rows;
  }

  /** {@return the readings of the topic in, by event time} */
  static DataStream<Reading> timed(Job job) {
    return job.source(
        KafkaSource.json("in", Reading.class)
            .eventTime(Reading::at)
            .watermarks(Watermarks.monotonous()));
  }

  /** Sends a reading of so many seconds after the start. */
  void sendReading(String sensor, long second, long value) {
    send(
        "in",
        "",
        "{\"sensor\":\""
            + sensor
            + "\",\"at\":\""
            + START.plusSeconds(second)
            + "\",\"value\":"
            + value
            + "}");
  }
}
