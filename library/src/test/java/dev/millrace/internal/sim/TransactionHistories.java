package dev.millrace.internal.sim;

import dev.millrace.internal.kafka.CommitMarker;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;

/** What producers of transactions do, and what comes of it. */
final class TransactionHistories {

  /** A sequence of calls that notes what it sees. */
  interface History {
    void play(Scene scene) throws Exception;
  }

  private TransactionHistories() {}

  static Map<String, History> all() {
    Map<String, History> all = new LinkedHashMap<>();
    all.put("a committed transaction is read", TransactionHistories::committed);
    all.put("an aborted transaction is skipped", TransactionHistories::aborted);
    all.put("an open transaction holds back what follows", TransactionHistories::heldBack);
    all.put("two open transactions, the later ends first", TransactionHistories::interleaved);
    all.put("a transaction without records commits", TransactionHistories::empty);
    all.put("calls out of order", TransactionHistories::outOfOrder);
    all.put("a newer producer ends what is open", TransactionHistories::endedByNewer);
    all.put("a fenced producer cannot commit", s -> fenced(s, Fenced.COMMIT));
    all.put("a fenced producer cannot abort", s -> fenced(s, Fenced.ABORT));
    all.put("a fenced producer cannot send", s -> fenced(s, Fenced.SEND));
    all.put("a fenced producer cannot go on", s -> fenced(s, Fenced.BEGIN));
    all.put("fencing by an admin client", TransactionHistories::fencedByAdmin);
    all.put("closing without time leaves the transaction", TransactionHistories::closedAtOnce);
    all.put("closing with time ends the transaction", TransactionHistories::closedInOrder);
    all.put("a record that is too large", TransactionHistories::tooLarge);
    all.put("a record for a missing topic", TransactionHistories::missingTopic);
    all.put("what is known of ended transactions", TransactionHistories::described);
    all.put("markers that somebody else writes", TransactionHistories::marked);
    return all;
  }

  private static void committed(Scene scene) {
    scene.topic("out", 1, Map.of());
    Producer<byte[], byte[]> producer = scene.begun("id");
    scene.send("first", producer, scene.record("out", 0, "a"));
    scene.send("second", producer, scene.record("out", 0, "b"));
    scene.act("commit", producer::commitTransaction);
    scene.awaitStable("out");
    scene.look("after", "out");
    producer.beginTransaction();
    scene.send("next transaction", producer, scene.record("out", 0, "c"));
    scene.act("commit again", producer::commitTransaction);
    scene.awaitStable("out");
    scene.look("in the end", "out");
  }

  private static void aborted(Scene scene) {
    scene.topic("out", 1, Map.of());
    Producer<byte[], byte[]> producer = scene.begun("id");
    scene.send("lost", producer, scene.record("out", 0, "a"));
    scene.act("abort", producer::abortTransaction);
    scene.awaitStable("out");
    producer.beginTransaction();
    scene.send("kept", producer, scene.record("out", 0, "b"));
    scene.act("commit", producer::commitTransaction);
    scene.awaitStable("out");
    scene.look("after", "out");
  }

  private static void heldBack(Scene scene) {
    scene.topic("out", 1, Map.of());
    Producer<byte[], byte[]> plain = scene.plain();
    scene.send("before", plain, scene.record("out", 0, "a"));
    Producer<byte[], byte[]> producer = scene.begun("id");
    scene.send("inside", producer, scene.record("out", 0, "b"));
    scene.send("behind", plain, scene.record("out", 0, "c"));
    scene.look("while open", "out");
    scene.act("commit", producer::commitTransaction);
    scene.awaitStable("out");
    scene.look("after", "out");
  }

  private static void interleaved(Scene scene) {
    scene.topic("out", 1, Map.of());
    Producer<byte[], byte[]> one = scene.begun("one");
    Producer<byte[], byte[]> two = scene.begun("two");
    scene.send("one", one, scene.record("out", 0, "a"));
    scene.send("two", two, scene.record("out", 0, "b"));
    scene.send("one again", one, scene.record("out", 0, "c"));
    scene.act("two commits", two::commitTransaction);
    Scene.until(() -> scene.end(scene.partition("out", 0), IsolationLevel.READ_UNCOMMITTED) == 4);
    scene.look("one is open", "out");
    scene.act("one aborts", one::abortTransaction);
    scene.awaitStable("out");
    scene.look("after", "out");
  }

  private static void empty(Scene scene) {
    scene.topic("out", 1, Map.of());
    Producer<byte[], byte[]> producer = scene.begun("id");
    scene.act("commit", producer::commitTransaction);
    producer.beginTransaction();
    scene.act("abort", producer::abortTransaction);
    scene.look("after", "out");
  }

  private static void outOfOrder(Scene scene) {
    scene.topic("out", 1, Map.of());
    Producer<byte[], byte[]> producer = scene.transactional("id");
    scene.act("begin ahead of init", producer::beginTransaction);
    scene.act("init", producer::initTransactions);
    scene.act("commit outside", producer::commitTransaction);
    scene.act("abort outside", producer::abortTransaction);
    scene.act("begin", producer::beginTransaction);
    scene.act("begin twice", producer::beginTransaction);
    scene.send("send", producer, scene.record("out", 0, "b"));
    scene.act("commit", producer::commitTransaction);
    scene.act("commit twice", producer::commitTransaction);
    scene.awaitStable("out");
    scene.look("after", "out");
    producer.close(Duration.ZERO);
    scene.act("begin when closed", producer::beginTransaction);
  }

  private static void endedByNewer(Scene scene) {
    scene.topic("out", 1, Map.of());
    Producer<byte[], byte[]> old = scene.begun("id");
    scene.send("old", old, scene.record("out", 0, "a"));
    Producer<byte[], byte[]> newer = scene.transactional("id");
    scene.act("init", newer::initTransactions);
    scene.awaitStable("out");
    scene.look("after init", "out");
    newer.beginTransaction();
    scene.send("new", newer, scene.record("out", 0, "b"));
    scene.act("new commits", newer::commitTransaction);
    scene.awaitStable("out");
    scene.look("in the end", "out");
  }

  private enum Fenced {
    COMMIT,
    ABORT,
    SEND,
    BEGIN
  }

  private static void fenced(Scene scene, Fenced what) {
    scene.topic("out", 1, Map.of());
    Producer<byte[], byte[]> old = scene.begun("id");
    scene.send("old", old, scene.record("out", 0, "a"));
    if (what == Fenced.BEGIN) {
      scene.act("old commits", old::commitTransaction);
    }
    scene.transactional("id").initTransactions();
    switch (what) {
      case COMMIT -> scene.act("commit", old::commitTransaction);
      case ABORT -> scene.act("abort", old::abortTransaction);
      case SEND -> {
        scene.send("send", old, scene.record("out", 0, "b"));
        scene.act("commit", old::commitTransaction);
        scene.act("abort", old::abortTransaction);
      }
      case BEGIN -> {
        scene.act("begin", old::beginTransaction);
        scene.send("send", old, scene.record("out", 0, "b"));
        scene.act("commit", old::commitTransaction);
      }
    }
    scene.awaitStable("out");
    scene.look("after", "out");
    scene.act("begin again", old::beginTransaction);
  }

  private static void fencedByAdmin(Scene scene) {
    scene.topic("out", 1, Map.of());
    Producer<byte[], byte[]> producer = scene.begun("id");
    scene.send("send", producer, scene.record("out", 0, "a"));
    scene.act(
        "fence",
        () -> scene.clients().admin().fenceProducers(List.of(scene.name("id"))).all().get());
    scene.act("commit", producer::commitTransaction);
    scene.awaitStable("out");
    scene.look("after", "out");
    Producer<byte[], byte[]> newer = scene.begun("id");
    scene.send("new", newer, scene.record("out", 0, "b"));
    scene.act("new commits", newer::commitTransaction);
    scene.awaitStable("out");
    scene.look("in the end", "out");
  }

  private static void closedAtOnce(Scene scene) {
    scene.topic("out", 1, Map.of());
    Producer<byte[], byte[]> producer = scene.begun("id");
    scene.send("send", producer, scene.record("out", 0, "a"));
    producer.close(Duration.ZERO);
    scene.look("while open", "out");
    scene.transactional("id").initTransactions();
    scene.awaitStable("out");
    scene.look("after init", "out");
  }

  private static void closedInOrder(Scene scene) {
    scene.topic("out", 1, Map.of());
    Producer<byte[], byte[]> producer = scene.begun("id");
    scene.send("send", producer, scene.record("out", 0, "a"));
    producer.close(Duration.ofSeconds(5));
    scene.awaitStable("out");
    scene.look("after", "out");
  }

  private static void tooLarge(Scene scene) {
    scene.topic("out", 1, Map.of("max.message.bytes", "1000"));
    Producer<byte[], byte[]> producer = scene.begun("id");
    scene.send("small", producer, scene.record("out", 0, "a"));
    scene.send("large", producer, scene.record("out", 0, incompressible()));
    scene.act("commit", producer::commitTransaction);
    scene.act("abort", producer::abortTransaction);
    producer.beginTransaction();
    scene.send("small again", producer, scene.record("out", 0, "b"));
    scene.act("commit again", producer::commitTransaction);
    scene.awaitStable("out");
    scene.look("after", "out");
  }

  private static String incompressible() {
    StringBuilder text = new StringBuilder();
    new Random(1).ints(4_000, 'a', 'z').forEach(letter -> text.append((char) letter));
    return text.toString();
  }

  private static void missingTopic(Scene scene) {
    scene.topic("out", 1, Map.of());
    Producer<byte[], byte[]> producer = scene.begun("id");
    scene.send("present", producer, scene.record("out", 0, "a"));
    scene.send("missing", producer, scene.record("nowhere", 0, "b"));
    scene.act("commit", producer::commitTransaction);
    scene.act("abort", producer::abortTransaction);
    scene.awaitStable("out");
    scene.look("after", "out");
  }

  private static void described(Scene scene) throws Exception {
    scene.topic("out", 1, Map.of());
    Producer<byte[], byte[]> producer = scene.begun("id");
    describe(scene, "initialised");
    scene.send("first", producer, scene.record("out", 0, "a"));
    describe(scene, "open");
    scene.act("commit", producer::commitTransaction);
    describe(scene, "committed");
    producer.beginTransaction();
    scene.send("second", producer, scene.record("out", 0, "b"));
    describe(scene, "open again");
    scene.act("abort", producer::abortTransaction);
    describe(scene, "aborted");
    Producer<byte[], byte[]> newer = scene.begun("id");
    describe(scene, "initialised anew");
    scene.send("third", newer, scene.record("out", 0, "c"));
    describe(scene, "open for the third time");
    scene.act(
        "fence",
        () -> scene.clients().admin().fenceProducers(List.of(scene.name("id"))).all().get());
    describe(scene, "fenced");
  }

  /** Notes the coordinator's state and epoch, and the epoch of what is open in the partition. */
  private static void describe(Scene scene, String what) throws Exception {
    TransactionDescription[] found = new TransactionDescription[1];
    Scene.until(
        () -> {
          found[0] =
              Scene.await(
                  scene
                      .clients()
                      .admin()
                      .describeTransactions(List.of(scene.name("id")))
                      .description(scene.name("id")));
          return !found[0].state().name().startsWith("PREPARE");
        });
    scene.note(what + ", state", found[0].state());
    scene.note(what + ", epoch", found[0].producerEpoch());
    scene.note(what + ", open", open(scene).stream().map(ProducerState::producerEpoch).toList());
  }

  private static List<ProducerState> open(Scene scene) {
    TopicPartition partition = scene.partition("out", 0);
    return Scene.await(
            scene
                .clients()
                .admin()
                .describeProducers(List.of(partition))
                .partitionResult(partition))
        .activeProducers()
        .stream()
        .filter(producer -> producer.currentTransactionStartOffset().orElse(-1) >= 0)
        .toList();
  }

  private static void marked(Scene scene) throws Exception {
    scene.topic("out", 1, Map.of());
    Producer<byte[], byte[]> one = scene.begun("one");
    scene.send("before", one, scene.record("out", 0, "-"));
    scene.act("commit before", one::commitTransaction);
    scene.awaitStable("out");
    one.beginTransaction();
    scene.send("one", one, scene.record("out", 0, "a"));
    scene.act("commit of another epoch", () -> commit(scene, -1));
    scene.act("abort of another epoch", () -> abort(scene, -1));
    scene.look("nothing has changed", "out");
    scene.act("commit", () -> commit(scene, 0));
    scene.look("committed", "out");
    scene.act("the owner commits", one::commitTransaction);
    Producer<byte[], byte[]> two = scene.begun("two");
    scene.send("two", two, scene.record("out", 0, "b"));
    scene.act("abort", () -> abort(scene, 0));
    Scene.until(() -> open(scene).isEmpty());
    scene.act("the owner aborts", two::abortTransaction);
    scene.call("read", () -> scene.read(partition(scene), IsolationLevel.READ_COMMITTED, 3));
  }

  private static TopicPartition partition(Scene scene) {
    return scene.partition("out", 0);
  }

  private static void commit(Scene scene, int epochsLater) throws Exception {
    Node leader =
        scene
            .clients()
            .admin()
            .describeTopics(List.of(scene.name("out")))
            .topicNameValues()
            .get(scene.name("out"))
            .get()
            .partitions()
            .get(0)
            .leader();
    ProducerState open = open(scene).get(0);
    scene
        .clients()
        .writeCommitMarkers(
            leader,
            List.of(
                new CommitMarker(
                    partition(scene),
                    open.producerId(),
                    open.producerEpoch() + epochsLater,
                    open.coordinatorEpoch().orElse(0))));
  }

  private static void abort(Scene scene, int epochsLater) throws Exception {
    ProducerState open = open(scene).get(0);
    scene
        .clients()
        .admin()
        .abortTransaction(
            new AbortTransactionSpec(
                partition(scene),
                open.producerId(),
                (short) (open.producerEpoch() + epochsLater),
                open.coordinatorEpoch().orElse(0)))
        .all()
        .get();
  }
}
