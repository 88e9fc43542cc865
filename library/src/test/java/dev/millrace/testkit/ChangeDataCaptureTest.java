package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.Table;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.internal.sim.SimKafka.Tombstones;
import dev.millrace.serde.TypeRef;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tables from topics of change events, in the form that Debezium writes: the row before and after,
 * the kind of the change, and a tombstone after each deletion.
 */
final class ChangeDataCaptureTest {

  record CustomerId(long id) {}

  record Customer(long id, String name, String city) {}

  /** A change event; what else is in it (source, time, transaction) is not read. */
  record Event(@Nullable Customer before, @Nullable Customer after, String op) {}

  private static final String TOPIC = "shop.customers";

  private final Job job = Job.named("job");

  private Table<CustomerId, Customer> customers() {
    return job.table(KafkaTable.json(TOPIC, CustomerId.class, Event.class))
        .filter((id, event) -> event.after() != null)
        .mapValues(Event::after);
  }

  private static String json(@Nullable Customer customer) {
    return customer == null
        ? "null"
        : "{\"id\":%d,\"name\":\"%s\",\"city\":\"%s\"}"
            .formatted(customer.id(), customer.name(), customer.city());
  }

  /** The database and its connector. */
  private static final class Database {
    private final TestTopic<byte[]> topic;
    private final Map<Long, Customer> rows = new TreeMap<>();

    Database(JobTest test, int partitions) {
      topic = test.topic(TOPIC, byte[].class).partitions(partitions);
    }

    void write(Customer after) {
      Customer before = rows.put(after.id(), after);
      event(before, after, before == null ? "c" : "u");
    }

    void delete(long id) {
      Customer before = rows.remove(id);
      if (before != null) {
        event(before, null, "d");
        topic.sendTombstone(key(id));
      }
    }

    /** A changed primary key is a deletion and an insertion. */
    void rename(long from, long to) {
      Customer before = rows.get(from);
      if (before != null && !rows.containsKey(to)) {
        delete(from);
        write(new Customer(to, before.name(), before.city()));
      }
    }

    void snapshot() {
      rows.values().forEach(row -> event(null, row, "r"));
    }

    /** A connector that was not shut down in good order repeats its last events. */
    void repeat(long id) {
      if (rows.containsKey(id)) {
        event(rows.get(id), rows.get(id), "u");
      }
    }

    private void event(@Nullable Customer before, @Nullable Customer after, String op) {
      String json =
          """
          {"before":%s,"after":%s,"source":{"connector":"postgresql","table":"customers"},\
          "transaction":null,"op":"%s","ts_ms":1767225600000}"""
              .formatted(json(before), json(after), op);
      long id = after == null ? before.id() : after.id();
      topic.send(TestRecord.of(json.getBytes(StandardCharsets.UTF_8)).key(key(id)));
    }

    private static String key(long id) {
      return "{\"id\":" + id + "}";
    }
  }

  private static void writeChanges(Table<CustomerId, Customer> table) {
    table
        .changes()
        .map(change -> change.kind() + " " + change.key().id() + " " + change.value().city())
        .to(KafkaSink.strings("changes"));
  }

  private static final class Log {
    private final JobTest test;

    Log(JobTest test) {
      this.test = test;
    }

    /** {@return the changes since the last call} */
    List<String> next() {
      test.run();
      return test.drain("changes", String.class);
    }
  }

  @Test
  void eachKindOfEventMakesTheChangeOfTheRow() {
    writeChanges(customers());
    try (JobTest test = JobTest.of(job)) {
      Database database = new Database(test, 3);
      Log log = new Log(test);
      database.rows.put(1L, new Customer(1, "Ann", "Rome"));
      database.snapshot();
      assertThat(log.next()).as("read by the snapshot").containsExactly("INSERT 1 Rome");
      database.write(new Customer(2, "Bob", "Oslo"));
      assertThat(log.next()).as("created").containsExactly("INSERT 2 Oslo");
      database.write(new Customer(1, "Ann", "Paris"));
      assertThat(log.next())
          .as("updated")
          .containsExactly("UPDATE_BEFORE 1 Rome", "UPDATE_AFTER 1 Paris");
      database.snapshot();
      database.repeat(2);
      assertThat(log.next()).as("read once more").isEmpty();
      database.rename(1, 7);
      assertThat(log.next())
          .as("with another primary key")
          .containsExactlyInAnyOrder("DELETE 1 Paris", "INSERT 7 Paris");
      database.delete(2);
      assertThat(log.next()).as("deleted, and its tombstone").containsExactly("DELETE 2 Oslo");
    }
  }

  /** Runs with failures in between, whatever the cleaner has removed. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void tableAndGroupsAreThoseOfTheDatabase(long seed) {
    Table<CustomerId, Customer> table = customers();
    table.mapValues(Customer::city).to(KafkaSink.upsert("cities"));
    table.groupBy((id, customer) -> customer.city()).count().to(KafkaSink.upsert("per-city"));
    Random random = new Random(seed);
    try (JobTest test = JobTest.builder(job).seed(seed).instances(2).build()) {
      Database database = new Database(test, 2);
      for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 8; i++) {
          long id = random.nextInt(6);
          switch (random.nextInt(8)) {
            case 0, 1 -> database.delete(id);
            case 2 -> database.rename(id, random.nextInt(6));
            case 3 -> database.snapshot();
            case 4 -> database.repeat(id);
            default -> database.write(new Customer(id, "n", "city" + random.nextInt(3)));
          }
        }
        for (int partition = 0; partition < 2 && random.nextBoolean(); partition++) {
          test.kafka().compact(new TopicPartition(TOPIC, partition), Tombstones.KEPT);
        }
        if (random.nextInt(3) == 0) {
          test.restart(random.nextBoolean() ? LocalState.LOST : LocalState.KEPT);
        } else {
          test.run();
        }
      }
      Map<String, String> cities = new TreeMap<>();
      Map<String, Long> perCity = new TreeMap<>();
      database.rows.forEach(
          (id, row) -> {
            cities.put("{\"id\":" + id + "}", "\"" + row.city() + "\"");
            perCity.merge(row.city(), 1L, Long::sum);
          });
      assertThat(new TreeMap<>(test.table("cities", String.class))).isEqualTo(cities);
      assertThat(new TreeMap<>(test.table("per-city", Long.class))).isEqualTo(perCity);
    }
  }

  record Enveloped(Event payload) {}

  record EnvelopedId(CustomerId payload) {}

  /** Connectors write the schema with each record unless they are told not to. */
  @Test
  void eventsWithTheirSchemasAreReadThroughTheirPayload() {
    writeChanges(
        job.source(KafkaSource.json(TOPIC, Enveloped.class))
            .map(Enveloped::payload)
            .toTable(
                event ->
                    new CustomerId((event.after() == null ? event.before() : event.after()).id()),
                Event::after));
    job.table(KafkaTable.json(TOPIC, EnvelopedId.class, Enveloped.class))
        .name("in-place")
        .filter((id, event) -> event.payload().after() != null)
        .map((id, event) -> event.payload().after().city())
        .changes()
        .map(change -> change.kind() + " " + change.key().payload().id() + " " + change.value())
        .to(KafkaSink.strings("changes"));
    try (JobTest test = JobTest.of(job)) {
      TestTopic<Map<String, Object>> topic =
          test.topic(TOPIC, new TypeRef<Map<String, Object>>() {});
      String key = "{\"schema\":{\"type\":\"struct\"},\"payload\":{\"id\":1}}";
      Map<String, Object> rome = Map.of("id", 1, "name", "Ann", "city", "Rome");
      topic.send(TestRecord.of(event(Map.of("op", "c", "after", rome))).key(key));
      Log log = new Log(test);
      List<String> expected = new ArrayList<>(List.of("INSERT 1 Rome", "INSERT 1 Rome"));
      assertThat(log.next()).isEqualTo(expected);
      topic.send(TestRecord.of(event(Map.of("op", "d", "before", rome))).key(key));
      topic.sendTombstone(key);
      assertThat(log.next()).containsExactly("DELETE 1 Rome", "DELETE 1 Rome");
    }
  }

  private static Map<String, Object> event(Map<String, Object> payload) {
    return Map.of("schema", Map.of("type", "struct"), "payload", payload);
  }
}
