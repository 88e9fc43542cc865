package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables joined by key and by foreign key, on a real broker with topics of four partitions. */
@WithBroker
final class TableJoinsOnBrokerTest {

  private static final Duration GENEROUS = Duration.ofSeconds(60);
  private static final int PARTITIONS = 4;

  @TempDir Path stateDir;

  /** An employee as the topic has it: {@code id department name}; one without a name is gone. */
  private record Employee(String id, String department, String name) {
    static Employee of(String line) {
      String[] parts = line.split(" ", -1);
      return new Employee(parts[0], parts[1], parts[2]);
    }
  }

  @Test
  void resultsAreThoseOfTheFinalRowsThoughACopyLeavesAndComesBackWithoutItsState(
      TestBroker broker) {
    String employees = broker.createTopic(broker.uniqueName("employees"), PARTITIONS);
    String rooms = broker.createTopic(broker.uniqueName("rooms"), PARTITIONS);
    String departments = broker.createTopic(broker.uniqueName("departments"), PARTITIONS);
    String out = broker.createTopic(broker.uniqueName("staff"), 1);
    Job job = Job.named(broker.uniqueName("staff"));
    Table<String, Employee> people =
        job.source(KafkaSource.strings(employees))
            .map(Employee::of)
            .keyBy(Employee::id)
            .parallelism(PARTITIONS)
            .latest(Employee.class, each -> each.name().isEmpty() ? null : each)
            .name("people");
    people
        .onForeignKey(each -> each.department().equals("none") ? null : each.department())
        .join(job.table(KafkaTable.strings(departments, String.class)))
        .left((each, department) -> each.name() + " in " + department)
        .name("placed")
        .join(job.table(KafkaTable.strings(rooms, String.class)))
        .left((placed, room) -> placed + " at " + room)
        .name("staff")
        .to(KafkaSink.upsert(out));
    Rows rows = new Rows(broker, employees, rooms, departments);
    try (RunningJob stays = start(broker, job, "a")) {
      try (RunningJob leaves = start(broker, job, "b")) {
        rows.send(200);
        await().atMost(GENEROUS).until(() -> !table(broker, out).isEmpty());
        assertThat(leaves.failure()).isEmpty();
      }
      rows.send(200);
      try (RunningJob comesBack = start(broker, job, "c")) {
        rows.send(200);
        await().atMost(GENEROUS).until(() -> table(broker, out).equals(rows.expected()));
        assertThat(comesBack.failure()).isEmpty();
      }
      assertThat(stays.failure()).isEmpty();
    }
    assertThat(table(broker, out)).as("seed %d", rows.seed).isEqualTo(rows.expected());
  }

  /** Random changes of the rows of three topics. */
  private static final class Rows {
    private final TestBroker broker;
    private final String employees;
    private final String rooms;
    private final String departments;
    private final long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    private final Random random = new Random(seed);
    private final Map<String, Employee> people = new TreeMap<>();
    private final Map<String, String> roomOf = new TreeMap<>();
    private final Map<String, String> departmentOf = new TreeMap<>();

    Rows(TestBroker broker, String employees, String rooms, String departments) {
      this.broker = broker;
      this.employees = employees;
      this.rooms = rooms;
      this.departments = departments;
    }

    void send(int count) {
      List<ProducerRecord<byte[], byte[]>> ofEmployees = new ArrayList<>();
      List<ProducerRecord<byte[], byte[]>> ofRooms = new ArrayList<>();
      List<ProducerRecord<byte[], byte[]>> ofDepartments = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        int number = random.nextInt(40);
        String id = "e" + number;
        if (random.nextInt(4) > 0) {
          int department = random.nextInt(6);
          String name = random.nextInt(5) == 0 ? "" : "n" + i;
          Employee each = new Employee(id, department == 5 ? "none" : "d" + department, name);
          ofEmployees.add(
              record(employees, number, null, id + " " + each.department() + " " + name));
          people.compute(id, (any, before) -> name.isEmpty() ? null : each);
        } else if (random.nextBoolean()) {
          String room = random.nextInt(4) == 0 ? null : "r" + i;
          ofRooms.add(record(rooms, number, id, room));
          roomOf.compute(id, (any, before) -> room);
        } else {
          int which = random.nextInt(5);
          String title = random.nextInt(4) == 0 ? null : "t" + i;
          ofDepartments.add(record(departments, which, "d" + which, title));
          departmentOf.compute("d" + which, (any, before) -> title);
        }
      }
      broker.produce(employees, ofEmployees);
      broker.produce(rooms, ofRooms);
      broker.produce(departments, ofDepartments);
    }

    private static ProducerRecord<byte[], byte[]> record(
        String topic, int number, @Nullable String key, @Nullable String value) {
      return new ProducerRecord<>(topic, number % PARTITIONS, bytes(key), bytes(value));
    }

    private static byte @Nullable [] bytes(@Nullable String text) {
      return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    Map<String, String> expected() {
      Map<String, String> expected = new TreeMap<>();
      people.forEach(
          (id, each) ->
              expected.put(
                  id,
                  each.name()
                      + " in "
                      + departmentOf.get(each.department())
                      + " at "
                      + roomOf.get(id)));
      return expected;
    }
  }

  private static Map<String, String> table(TestBroker broker, String topic) {
    Map<String, String> table = broker.consumeTable(topic);
    table.replaceAll((key, json) -> json.replace("\"", ""));
    return table;
  }

  private RunningJob start(TestBroker broker, Job job, String copy) {
    return OneWorker.start(broker, job, stateDir.resolve(copy));
  }
}
