package dev.millrace.internal.sim;

import dev.millrace.internal.sim.TransactionHistories.History;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.LogTruncationException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;

/** What can be done with topics and logs, and what readers see. */
final class LogHistories {

  private LogHistories() {}

  static Map<String, History> all() {
    Map<String, History> all = new LinkedHashMap<>();
    all.put("records with everything", LogHistories::everything);
    all.put("timestamps of the log", LogHistories::logAppendTime);
    all.put("keys choose partitions", LogHistories::partitioning);
    all.put("reading from where nothing is", LogHistories::outOfRange);
    all.put("deleted records", LogHistories::deletedRecords);
    all.put("pausing and seeking", LogHistories::pausing);
    all.put("partitions that are not assigned", LogHistories::notAssigned);
    all.put("topics that are not there, or are", LogHistories::topics);
    all.put("a topic of the same name", LogHistories::recreated);
    all.put("who has transactions open", LogHistories::openTransactions);
    all.put("where fetches end", LogHistories::fetchEnds);
    all.put("positions with epochs", LogHistories::epochs);
    return all;
  }

  private static void everything(Scene scene) throws Exception {
    scene.topic("log", 1, Map.of());
    Producer<byte[], byte[]> plain = scene.plain();
    RecordHeaders headers = new RecordHeaders();
    headers.add("one", Scene.bytes("1")).add("none", null);
    plain
        .send(
            new ProducerRecord<>(
                scene.name("log"), 0, 1_234L, Scene.bytes("key"), Scene.bytes("value"), headers))
        .get();
    plain.send(new ProducerRecord<>(scene.name("log"), 0, 1_235L, null, null, List.of())).get();
    for (ConsumerRecord<byte[], byte[]> record : read(scene, 2)) {
      scene.note("offset", record.offset());
      scene.note("timestamp", record.timestamp() + " " + record.timestampType());
      scene.note("key", record.key() == null ? "none" : new String(record.key(), "UTF-8"));
      scene.note("value", record.value() == null ? "none" : new String(record.value(), "UTF-8"));
      scene.note("sizes", record.serializedKeySize() + " " + record.serializedValueSize());
      record
          .headers()
          .forEach(
              header ->
                  scene.note(
                      "header " + header.key(),
                      header.value() == null ? "none" : header.value().length));
      scene.note("epoch", record.leaderEpoch());
    }
  }

  private static List<ConsumerRecord<byte[], byte[]>> read(Scene scene, int count) {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    Consumer<byte[], byte[]> reader = scene.reader(IsolationLevel.READ_COMMITTED);
    reader.assign(List.of(scene.partition("log", 0)));
    reader.seekToBeginning(reader.assignment());
    Scene.until(
        () -> {
          reader.poll(Duration.ofMillis(20)).forEach(records::add);
          return records.size() >= count;
        });
    return records;
  }

  private static void logAppendTime(Scene scene) throws Exception {
    scene.topic("log", 1, Map.of("message.timestamp.type", "LogAppendTime"));
    Producer<byte[], byte[]> plain = scene.plain();
    plain
        .send(new ProducerRecord<>(scene.name("log"), 0, 1_234L, null, Scene.bytes("value")))
        .get();
    ConsumerRecord<byte[], byte[]> record = read(scene, 1).get(0);
    scene.note("type", record.timestampType());
    scene.note("as sent", record.timestamp() == 1_234L);
  }

  private static void partitioning(Scene scene) throws Exception {
    scene.topic("log", 7, Map.of());
    Producer<byte[], byte[]> plain = scene.plain();
    for (String key : List.of("a", "b", "wheel", "mill", "", "stone")) {
      scene.note(
          "partition of '" + key + "'",
          plain
              .send(new ProducerRecord<>(scene.name("log"), Scene.bytes(key), Scene.bytes("value")))
              .get()
              .partition());
    }
  }

  private static void outOfRange(Scene scene) {
    scene.topic("log", 1, Map.of());
    Consumer<byte[], byte[]> reader = scene.reader(IsolationLevel.READ_COMMITTED);
    TopicPartition partition = scene.partition("log", 0);
    reader.assign(List.of(partition));
    scene.call("without a position", () -> pollUntilThrown(reader));
    reader.seek(partition, 5);
    scene.note("position", reader.position(partition));
    scene.call("behind the end", () -> pollUntilThrown(reader));
    scene.act("a negative position", () -> reader.seek(partition, -1));
  }

  private static Object pollUntilThrown(Consumer<byte[], byte[]> reader) {
    Scene.until(() -> !reader.poll(Duration.ofMillis(20)).isEmpty());
    return "records";
  }

  private static void deletedRecords(Scene scene) {
    scene.topic("log", 1, Map.of());
    Producer<byte[], byte[]> plain = scene.plain();
    for (String value : List.of("a", "b", "c")) {
      scene.send(value, plain, scene.record("log", 0, value));
    }
    TopicPartition partition = scene.partition("log", 0);
    scene.call(
        "delete",
        () ->
            scene
                .clients()
                .admin()
                .deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(2)))
                .lowWatermarks()
                .get(partition)
                .get()
                .lowWatermark());
    scene.call(
        "earliest",
        () ->
            scene
                .clients()
                .admin()
                .listOffsets(Map.of(partition, OffsetSpec.earliest()))
                .all()
                .get()
                .get(partition)
                .offset());
    scene.look("after", "log");
    Consumer<byte[], byte[]> reader = scene.reader(IsolationLevel.READ_COMMITTED);
    reader.assign(List.of(partition));
    scene.note("beginning", reader.beginningOffsets(List.of(partition)).get(partition));
    scene.note("end", reader.endOffsets(List.of(partition)).get(partition));
    reader.seek(partition, 1);
    scene.call("from what was deleted", () -> pollUntilThrown(reader));
  }

  private static void pausing(Scene scene) {
    scene.topic("log", 2, Map.of());
    Producer<byte[], byte[]> plain = scene.plain();
    TopicPartition first = scene.partition("log", 0);
    TopicPartition second = scene.partition("log", 1);
    scene.send("first", plain, scene.record("log", 0, "a"));
    scene.send("second", plain, scene.record("log", 1, "b"));
    Consumer<byte[], byte[]> reader = scene.reader(IsolationLevel.READ_COMMITTED);
    reader.assign(List.of(first, second));
    reader.seekToBeginning(List.of(first, second));
    reader.pause(List.of(first));
    scene.note("paused", reader.paused().size());
    List<String> seen = new ArrayList<>();
    readInto(reader, seen, 1);
    scene.note("seen", seen);
    reader.resume(List.of(first));
    readInto(reader, seen, 2);
    scene.note("seen then", seen);
    reader.seek(second, 0);
    readInto(reader, seen, 3);
    scene.note("seen again", seen);
    reader.assign(List.of(second));
    scene.note("position that stays", reader.position(second));
    scene.note("assigned", reader.assignment().size());
  }

  private static void readInto(Consumer<byte[], byte[]> reader, List<String> seen, int size) {
    Scene.until(
        () -> {
          for (ConsumerRecord<byte[], byte[]> record : reader.poll(Duration.ofMillis(20))) {
            seen.add(record.partition() + "@" + record.offset());
          }
          return seen.size() >= size;
        });
  }

  private static void notAssigned(Scene scene) {
    scene.topic("log", 1, Map.of());
    TopicPartition partition = scene.partition("log", 0);
    Consumer<byte[], byte[]> reader = scene.reader(IsolationLevel.READ_COMMITTED);
    scene.act("seek", () -> reader.seek(partition, 0));
    scene.act("pause", () -> reader.pause(List.of(partition)));
    scene.act("resume", () -> reader.resume(List.of(partition)));
    scene.act("position", () -> reader.position(partition));
    scene.act("lag", () -> reader.currentLag(partition));
    scene.act("poll", () -> reader.poll(Duration.ZERO));
    scene.act("committed", () -> reader.committed(Set.of(partition)));
  }

  private static void topics(Scene scene) {
    scene.topic("log", 1, Map.of());
    scene.act(
        "create again",
        () ->
            scene
                .clients()
                .admin()
                .createTopics(List.of(new NewTopic(scene.name("log"), 1, (short) 1)))
                .all()
                .get());
    scene.act(
        "describe nothing",
        () ->
            scene
                .clients()
                .admin()
                .describeTopics(List.of(scene.name("nothing")))
                .allTopicNames()
                .get());
    scene.act(
        "delete nothing",
        () -> scene.clients().admin().deleteTopics(List.of(scene.name("nothing"))).all().get());
    scene.act(
        "describe a group that never was",
        () ->
            scene
                .clients()
                .admin()
                .describeConsumerGroups(List.of(scene.name("never")))
                .all()
                .get());
    scene.call(
        "offsets of a group that never was",
        () ->
            scene
                .clients()
                .admin()
                .listConsumerGroupOffsets(scene.name("never"))
                .partitionsToOffsetAndMetadata()
                .get());
  }

  private static void recreated(Scene scene) throws Exception {
    scene.topic("log", 1, Map.of());
    var first = id(scene);
    Scene.await(scene.clients().admin().deleteTopics(List.of(scene.name("log"))).all());
    Scene.until(
        () -> {
          try {
            return id(scene) == null;
          } catch (Exception e) {
            return true;
          }
        });
    scene.topic("log", 2, Map.of());
    scene.note("same id", first.equals(id(scene)));
    scene.look("new", "log");
  }

  private static Object id(Scene scene) throws Exception {
    return scene
        .clients()
        .admin()
        .describeTopics(List.of(scene.name("log")))
        .allTopicNames()
        .get()
        .get(scene.name("log"))
        .topicId();
  }

  private static void openTransactions(Scene scene) throws Exception {
    scene.topic("log", 1, Map.of());
    Producer<byte[], byte[]> producer = scene.begun("id");
    scene.send("inside", producer, scene.record("log", 0, "a"));
    TopicPartition partition = scene.partition("log", 0);
    scene.note("open", open(scene, partition));
    scene.note("listed", listed(scene));
    scene.act("commit", producer::commitTransaction);
    scene.awaitStable("log");
    scene.note("open then", open(scene, partition));
  }

  private static void fetchEnds(Scene scene) {
    scene.topic("log", 1, Map.of());
    TopicPartition partition = scene.partition("log", 0);
    Consumer<byte[], byte[]> reader = scene.reader(IsolationLevel.READ_COMMITTED);
    reader.assign(List.of(partition));
    reader.seekToBeginning(List.of(partition));
    Producer<byte[], byte[]> producer = scene.begun("id");
    scene.send("committed", producer, scene.record("log", 0, "a"));
    scene.act("commit", producer::commitTransaction);
    scene.note("after a marker", endOfFetch(reader, partition, 2));
    scene.act("begin", producer::beginTransaction);
    scene.send("aborted", producer, scene.record("log", 0, "b"));
    scene.act("abort", producer::abortTransaction);
    scene.note("after aborted records", endOfFetch(reader, partition, 4));
    Producer<byte[], byte[]> plain = scene.plain();
    scene.send("plain", plain, scene.record("log", 0, "c"));
    scene.note("after a record", endOfFetch(reader, partition, 5));
  }

  /** Polls until it ends at an offset, also if there is no record in what was fetched last. */
  private static OffsetAndMetadata endOfFetch(
      Consumer<byte[], byte[]> reader, TopicPartition partition, long offset) {
    AtomicReference<OffsetAndMetadata> end = new AtomicReference<>(new OffsetAndMetadata(0));
    Scene.until(
        () -> {
          OffsetAndMetadata next = reader.poll(Duration.ofMillis(20)).nextOffsets().get(partition);
          if (next != null) {
            end.set(next);
          }
          return end.get().offset() >= offset;
        });
    return end.get();
  }

  private static void epochs(Scene scene) {
    scene.topic("log", 1, Map.of());
    Producer<byte[], byte[]> plain = scene.plain();
    for (String value : List.of("a", "b", "c")) {
      scene.send(value, plain, scene.record("log", 0, value));
    }
    TopicPartition partition = scene.partition("log", 0);
    Consumer<byte[], byte[]> reader = scene.reader(IsolationLevel.READ_COMMITTED);
    reader.assign(List.of(partition));
    reader.seek(partition, new OffsetAndMetadata(1, Optional.of(0), ""));
    List<String> seen = new ArrayList<>();
    readInto(reader, seen, 2);
    scene.note("within the epoch", seen.size());
    reader.seek(partition, new OffsetAndMetadata(3, Optional.of(0), ""));
    scene.note("at its end", reader.position(partition));
    // A client that has found a truncation asks again after half a minute only, or after a seek.
    OffsetAndMetadata afterItsEnd = new OffsetAndMetadata(5, Optional.of(0), "");
    reader.seek(partition, afterItsEnd);
    try {
      pollUntilThrown(reader);
    } catch (LogTruncationException e) {
      scene.note("position", e.offsetOutOfRangePartitions().get(partition));
      scene.note("divergence", e.divergentOffsets().get(partition));
    }
    reader.pause(List.of(partition));
    reader.seek(partition, afterItsEnd);
    scene.call("also when paused", () -> pollUntilThrown(reader));
    reader.seek(partition, afterItsEnd);
    scene.act("nor is there a position", () -> reader.position(partition));
    reader.seek(partition, 3);
    scene.note("without an epoch", reader.position(partition));
  }

  private static List<Long> open(Scene scene, TopicPartition partition) throws Exception {
    return scene
        .clients()
        .admin()
        .describeProducers(List.of(partition))
        .partitionResult(partition)
        .get()
        .activeProducers()
        .stream()
        .map(producer -> producer.currentTransactionStartOffset().orElse(-1))
        .filter(start -> start >= 0)
        .toList();
  }

  private static List<String> listed(Scene scene) throws Exception {
    return scene.clients().admin().listTransactions().all().get().stream()
        .filter(listing -> listing.transactionalId().equals(scene.name("id")))
        .map(listing -> listing.state().toString())
        .toList();
  }
}
