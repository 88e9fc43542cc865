package dev.millrace.internal.restore;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.JobConfig;
import dev.millrace.internal.kafka.Offsets;
import dev.millrace.internal.sim.SimClients;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.sim.SimKafka;
import dev.millrace.internal.stage.StageMetrics;
import dev.millrace.internal.state.store.Checkpoint;
import dev.millrace.internal.state.store.FaultyStore;
import dev.millrace.internal.state.store.InMemoryStateStore;
import dev.millrace.internal.state.store.RowIterator;
import dev.millrace.internal.state.store.StateStore;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is in a store when a changelog has been replayed into it. */
final class RestorerTest {

  private static final TopicPartition CHANGELOG = new TopicPartition("job.stage.changelog", 0);
  private static final UUID TOPIC_ID = new UUID(1, 2);
  private static final int STORE = 5;

  private final SimClock clock = new SimClock(Instant.parse("2026-01-01T00:00:00Z"));
  private final SimKafka kafka = new SimKafka(clock);
  private final SimClients clients = kafka.connect(JobConfig.defaults());
  private final StageMetrics metrics = new StageMetrics();
  private final TreeMap<byte[], byte[]> committed = new TreeMap<>(Arrays::compareUnsigned);

  /** The hints that a store was given. */
  private final List<String> hints = new ArrayList<>();

  @BeforeEach
  void createTopic() {
    kafka.createTopic(CHANGELOG.topic(), 1);
  }

  @Test
  void theLastCommittedRecordOfAKeyCounts() {
    for (long seed = 1; seed <= 8; seed++) {
      Random random = new Random(seed);
      write(random, 1 + random.nextInt(30_000), 1 << random.nextInt(16));
      try (StateStore store = new InMemoryStateStore();
          Restorer restorer = restorer(1L << random.nextInt(24))) {
        long end = end();
        restorer.begin(CHANGELOG, store, TOPIC_ID, 3, 0, end);
        replay(restorer);
        assertThat(rows(store)).as("seed %s", seed).isEqualTo(text(committed));
        assertThat(store.checkpoint())
            .as("seed %s", seed)
            .extracting(Checkpoint::topicIdHigh, Checkpoint::topicIdLow, Checkpoint::resetEpoch)
            .containsExactly(1L, 2L, 3);
        assertThat(restorer.remaining()).isZero();
      }
    }
  }

  /** Each slice leaves the store as the changelog was up to the store's checkpoint. */
  @Test
  void aReplayThatIsBrokenOffGoesOnFromTheCheckpoint() {
    write(new Random(7), 60_000, 500);
    try (StateStore store = new InMemoryStateStore()) {
      try (Restorer first = restorer(1)) {
        first.begin(CHANGELOG, store, TOPIC_ID, 0, 0, end());
        assertThat(first.step()).isEmpty();
        assertThat(first.isReplaying()).isTrue();
        first.cancel(CHANGELOG);
      }
      Checkpoint checkpoint = requireNonNull(store.checkpoint());
      assertThat(checkpoint.changelogOffset()).isBetween(1L, end() - 1);
      try (Restorer second = restorer()) {
        second.begin(CHANGELOG, store, TOPIC_ID, 0, checkpoint.changelogOffset(), end());
        replay(second);
      }
      assertThat(rows(store)).isEqualTo(text(committed));
    }
  }

  /** Rows that are not in the store when a replay is broken off are replayed again. */
  @Test
  void rowsAreWrittenManyAtATime() {
    write(new Random(10), 60_000, 500);
    try (StateStore store = new InMemoryStateStore();
        Restorer restorer = restorer(1 << 20)) {
      restorer.begin(CHANGELOG, store, TOPIC_ID, 0, 0, end());
      assertThat(restorer.step()).isEmpty();
      assertThat(store.checkpoint()).isNull();
      assertThat(rows(store)).isEmpty();
      restorer.cancel(CHANGELOG);
      restorer.begin(CHANGELOG, store, TOPIC_ID, 0, 0, end());
      replay(restorer);
      assertThat(rows(store)).isEqualTo(text(committed));
    }
  }

  @Test
  void whatIsNotThereYetIsNoReplay() {
    write(new Random(8), 100, 10);
    try (StateStore store = new InMemoryStateStore();
        Restorer restorer = restorer()) {
      restorer.begin(CHANGELOG, store, TOPIC_ID, 0, 0, end() + 1);
      assertThat(restorer.isReplaying()).isFalse();
      assertThat(restorer.step()).isEmpty();
      assertThat(restorer.isReplaying()).isTrue();
      assertThat(restorer.step()).isEmpty();
      assertThat(restorer.isReplaying()).isFalse();
    }
  }

  @Test
  void aStoreIsToldOfALoad() {
    write(new Random(9), 150_000, 1_000_000);
    try (StateStore store = noting(new InMemoryStateStore());
        Restorer restorer = restorer()) {
      restorer.begin(CHANGELOG, store, TOPIC_ID, 0, 0, end());
      assertThat(hints).containsExactly("beginLoad");
      replay(restorer);
      assertThat(hints).containsExactly("beginLoad", "endLoad");
      restorer.begin(CHANGELOG, store, TOPIC_ID, 0, end() - 1_000, end());
      replay(restorer);
      assertThat(hints).as("a few records are no load").containsExactly("beginLoad", "endLoad");
    }
  }

  @Test
  void aLoadThatIsBrokenOffHasAnEnd() {
    try (StateStore store = noting(new InMemoryStateStore());
        Restorer restorer = restorer()) {
      restorer.begin(CHANGELOG, store, TOPIC_ID, 0, 0, 1_000_000);
      restorer.cancel(CHANGELOG);
      assertThat(hints).containsExactly("beginLoad", "endLoad");
      restorer.cancel(CHANGELOG);
      assertThat(hints).containsExactly("beginLoad", "endLoad");
    }
  }

  private Restorer restorer() {
    return restorer(1 << 20);
  }

  private Restorer restorer(long heapBytes) {
    return new Restorer(clients, "worker-restore", metrics, clock, heapBytes);
  }

  private long end() {
    return new Offsets(clients.admin(), JobConfig.defaults())
        .ends(Set.of(CHANGELOG), IsolationLevel.READ_UNCOMMITTED)
        .getOrDefault(CHANGELOG, 0L);
  }

  private static void replay(Restorer restorer) {
    int steps = 0;
    while (restorer.remaining() > 0) {
      assertThat(steps++).as("steps of a replay").isLessThan(1_000);
      boolean ignored = restorer.step().isEmpty();
    }
  }

  private StateStore noting(StateStore store) {
    return FaultyStore.over(
        store,
        call -> {
          if (call.endsWith("Load")) {
            hints.add(call);
          }
          return null;
        });
  }

  /** Writes changes in transactions with their frames; some are aborted, but not the last. */
  private void write(Random random, int changes, int keys) {
    try (Producer<byte[], byte[]> producer = clients.transactionalProducer("worker", "worker")) {
      producer.initTransactions();
      int left = changes;
      while (left > 0) {
        int size = Math.min(left, 1 + random.nextInt(20_000));
        boolean aborted = size < left && random.nextInt(5) == 0;
        TreeMap<byte[], byte @Nullable []> changed = new TreeMap<>(Arrays::compareUnsigned);
        producer.beginTransaction();
        for (int i = 0; i < size; i++) {
          byte[] key =
              ByteBuffer.allocate(5).put((byte) STORE).putInt(random.nextInt(keys)).array();
          byte[] value = random.nextInt(4) == 0 ? null : new byte[] {(byte) i, (byte) (i >> 8)};
          send(producer, key, value);
          changed.put(key, value);
        }
        byte[] frame = {(byte) left};
        send(producer, TaskRows.FRAME_KEY, frame);
        changed.put(TaskRows.localKey(TaskRows.FRAME_KEY), frame);
        if (aborted) {
          producer.abortTransaction();
        } else {
          producer.commitTransaction();
          commit(changed);
        }
        left -= size;
      }
    }
  }

  private void commit(TreeMap<byte[], byte @Nullable []> changed) {
    changed.forEach(
        (key, value) -> {
          if (value == null) {
            committed.remove(key);
          } else {
            committed.put(key, value);
          }
        });
  }

  private void send(Producer<byte[], byte[]> producer, byte[] key, byte @Nullable [] value) {
    producer.send(new ProducerRecord<>(CHANGELOG.topic(), CHANGELOG.partition(), key, value));
  }

  private static List<String> rows(StateStore store) {
    List<String> rows = new ArrayList<>();
    try (RowIterator scan = store.scan(new byte[0], null)) {
      while (scan.next()) {
        rows.add(text(scan.key(), scan.value()));
      }
    }
    return rows;
  }

  private static List<String> text(TreeMap<byte[], byte[]> rows) {
    List<String> text = new ArrayList<>();
    rows.forEach((key, value) -> text.add(text(key, value)));
    return text;
  }

  private static String text(byte[] key, byte[] value) {
    return HexFormat.of().formatHex(key) + "=" + HexFormat.of().formatHex(value);
  }
}
