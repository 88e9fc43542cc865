package dev.millrace.internal.broadcast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaTable;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.JobStateException;
import dev.millrace.internal.codec.InMemorySchemaBook;
import dev.millrace.internal.codec.SchemaBook;
import dev.millrace.internal.codec.StoredValues;
import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.codec.ValueCodecs;
import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.codec.key.KeyCodecs;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.plan.Broadcast;
import dev.millrace.internal.sim.AdminFault;
import dev.millrace.internal.sim.ClusterFaults;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.sim.SimKafka;
import dev.millrace.internal.spec.KafkaTableSpec;
import dev.millrace.internal.spec.Specs;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.testkit.Logged;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The reading of a table step by step, while its topic changes. */
final class BroadcastReaderTest {

  private static final TopicPartition FIRST = new TopicPartition("rows", 0);

  private final SimClock clock = new SimClock(Instant.parse("2030-01-01T00:00:00Z"));
  private final SimKafka kafka = new SimKafka(clock);
  private final JobConfig config = JobConfig.defaults();
  private final Cluster cluster = Cluster.through(kafka.connect(config), config, clock);
  private Runnable beforeUse = () -> {};
  private final BroadcastReader reader =
      new BroadcastReader("job", "job-tables", cluster, clock, List.of(), () -> beforeUse.run());

  BroadcastReaderTest() {
    kafka.createTopic("rows", 1);
  }

  @AfterEach
  void close() {
    reader.close();
    cluster.close();
  }

  @SuppressWarnings("unchecked") // as the engine does, which knows values as objects
  private BroadcastRows table(TableEnd end) {
    KafkaTableSpec topic = Specs.of(KafkaTable.strings("rows", String.class), KafkaTableSpec.class);
    return reader.add(
        new Broadcast(
            "table", "rows", String.class, String.class, Optional.of(topic), ErrorPolicy.fail()),
        (KeyCodec<Object>) KeyCodecs.forType(String.class),
        (ValueCodec<Object>) ValueCodecs.forType(String.class, new InMemorySchemaBook()),
        cluster.topics().describe(List.of("rows")).get("rows"),
        end);
  }

  private void send(String key, String row) {
    sendAt(0, 0, key, row);
  }

  /** Sends a row, or its deletion, with a timestamp so many seconds after the beginning. */
  private void sendAt(int partition, int second, String key, @Nullable String row) {
    Producer<byte[], byte[]> producer = cluster.clients().plainProducer("test");
    producer.send(
        new ProducerRecord<>(
            "rows", partition, second * 1_000L, utf8(key), row == null ? null : utf8(row)));
  }

  /** Sends rows in a transaction that is left open. */
  private Producer<byte[], byte[]> begun(String key, String... rows) {
    Producer<byte[], byte[]> producer =
        kafka
            .connect(config.with("transaction.timeout", "15m"))
            .transactionalProducer("feed", "feed");
    producer.initTransactions();
    producer.beginTransaction();
    for (String row : rows) {
      producer.send(new ProducerRecord<>("rows", 0, utf8(key), utf8(row)));
    }
    return producer;
  }

  /** Gives the topic another partition, and the reader the time in which it looks for such. */
  private void grow(int partitions) {
    kafka.grow("rows", partitions);
    clock.advance(Duration.ofSeconds(11));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private boolean step() {
    return reader.step(Duration.ZERO);
  }

  private void stepUntilQuiet() {
    while (step()) {
      // There may be more.
    }
  }

  private Object row(BroadcastRows rows, String key) {
    return String.valueOf(rows.view(rows.values()).row(key));
  }

  @Test
  void aTableIsLoadedWhenItHasWhatWasThere() {
    for (int i = 0; i < 12_000; i++) {
      send("k" + i % 100, "v" + i);
    }
    BroadcastRows rows = table(new TableEnd.AtStart());
    assertThat(step()).isTrue();
    assertThat(rows.isLoaded()).as("after the first of several polls").isFalse();
    assertThat(rows.awaitLoaded(Duration.ZERO)).isFalse();
    assertThat(rows.lag()).isPositive();
    stepUntilQuiet();
    assertThat(rows.isLoaded()).isTrue();
    assertThat(rows.size()).isEqualTo(100);
    assertThat(rows.lag()).isZero();
    assertThat(row(rows, "k7")).isEqualTo("v11907");
  }

  @Test
  void nothingLooksUpATableOfAnInstanceThatMustNotTakePart() {
    send("a", "x");
    BroadcastRows rows = table(new TableEnd.AtStart());
    beforeUse =
        () -> {
          throw new JobStateException("another version");
        };
    assertThatThrownBy(this::stepUntilQuiet).hasMessage("another version");
    assertThat(rows.isLoaded()).isFalse();
  }

  @Test
  void anEmptyTableIsLoadedAtOnce() {
    BroadcastRows rows = table(new TableEnd.AtStart());
    stepUntilQuiet();
    assertThat(rows.isLoaded()).isTrue();
    assertThat(rows.size()).isZero();
  }

  @Test
  void whatIsDeletedWhileATableIsLoadedIsNoPartOfIt() {
    for (int i = 0; i < 12_000; i++) {
      send("k" + i, "v" + i);
    }
    BroadcastRows rows = table(new TableEnd.AtStart());
    assertThat(step()).isTrue();
    kafka.deleteBefore(FIRST, 11_999);
    stepUntilQuiet();
    assertThat(rows.isLoaded()).isTrue();
    assertThat(row(rows, "k11998")).isEqualTo("null");
    assertThat(row(rows, "k11999")).isEqualTo("v11999");
  }

  @Test
  void aLogThatIsCutOffStopsTheReader() {
    send("a", "x");
    send("a", "y");
    table(new TableEnd.AtStart());
    stepUntilQuiet();
    kafka.truncate(FIRST, 1);
    assertThatThrownBy(this::step)
        .isInstanceOf(JobStateException.class)
        .hasMessageContaining("Cannot read broadcast table 'table' of job 'job' on")
        .hasMessageContaining("the log was cut off");
  }

  static List<TableEnd> ends() {
    return List.of(
        new TableEnd.AtStart(),
        new TableEnd.Agreed(Map.of(0, 12_000L)),
        new TableEnd.OfStage(() -> true));
  }

  /** A leader was lost with what the others did not have, and that was still to be read. */
  @ParameterizedTest
  @MethodSource("ends")
  void whatIsCutOffWhileATableIsLoadedIsNotAwaited(TableEnd end) {
    for (int i = 0; i < 12_000; i++) {
      send("k" + i % 100, "v" + i);
    }
    BroadcastRows rows = table(end);
    assertThat(step()).isTrue();
    kafka.truncate(FIRST, 11_000);
    stepUntilQuiet();
    assertThat(rows.isLoaded()).isTrue();
    assertThat(row(rows, "k99")).isEqualTo("v10999");
  }

  /** The topic ends there for a consumer, but the records are part of what there is to be. */
  @Test
  void anOpenTransactionIsNoEndThatIsCutOff() {
    send("a", "x");
    Producer<byte[], byte[]> producer = begun("a", "y");
    BroadcastRows rows = table(new TableEnd.Agreed(Map.of(0, 2L)));
    for (int i = 0; i < 5; i++) {
      stepUntilQuiet();
      clock.advance(Duration.ofSeconds(2));
    }
    assertThat(rows.isLoaded()).isFalse();
    producer.commitTransaction();
    stepUntilQuiet();
    assertThat(rows.isLoaded()).isTrue();
    assertThat(row(rows, "a")).isEqualTo("y");
  }

  @Test
  void recordsOfAnOpenTransactionCountAsLagAndTheirOwnerIsNamed() {
    send("a", "x");
    BroadcastRows rows = table(new TableEnd.AtStart());
    stepUntilQuiet();
    Producer<byte[], byte[]> producer = begun("a", "y", "z");
    assertThat(logged(Duration.ofSeconds(11))).isEmpty();
    assertThat(rows.lag()).isEqualTo(2);
    assertThat(logged(Duration.ofSeconds(50))).isEmpty();
    assertThat(logged(Duration.ofSeconds(30)))
        .singleElement()
        .asString()
        .contains("partition=rows-0", "transactionalId=feed", "startOffset=1", "records=2")
        .contains("kafka-transactions.sh abort");
    assertThat(logged(Duration.ofMinutes(10))).isEmpty();
    assertThat(row(rows, "a")).isEqualTo("x");
    producer.commitTransaction();
    stepUntilQuiet();
    assertThat(rows.lag()).isZero();
    assertThat(row(rows, "a")).isEqualTo("z");
  }

  @Test
  void aTransactionThatGoesOnIsNoneThatHoldsUp() {
    table(new TableEnd.AtStart());
    for (int i = 0; i < 20; i++) {
      Producer<byte[], byte[]> producer = begun("a", "v" + i);
      assertThat(logged(Duration.ofSeconds(11))).isEmpty();
      producer.commitTransaction();
    }
  }

  /** The lines about open transactions while some time passes. */
  private List<String> logged(Duration time) {
    return Logged.lines(
        "an open transaction holds its topic up",
        () -> {
          for (Duration left = time;
              left.compareTo(Duration.ZERO) > 0;
              left = left.minusSeconds(1)) {
            clock.advance(Duration.ofSeconds(1));
            stepUntilQuiet();
          }
        });
  }

  // ------------------------------------------------------------------ topics that grow

  /** What stood in the former partition when the topic grew is read after what came then. */
  @Test
  void theNewestRowsCountInATopicThatGrowsWhileItIsLoaded() {
    for (int i = 0; i < 12_000; i++) {
      sendAt(0, 1, "k" + i % 100, "v" + i);
    }
    BroadcastRows rows = table(new TableEnd.AtStart());
    assertThat(step()).isTrue();
    for (int i = 0; i < 12_000; i++) {
      sendAt(0, 1, "others" + i, "x");
    }
    sendAt(0, 2, "moved", "old");
    sendAt(0, 2, "gone", "old");
    grow(2);
    sendAt(1, 3, "moved", "new");
    sendAt(1, 3, "gone", null);
    stepUntilQuiet();
    assertThat(rows.isLoaded()).isTrue();
    assertThat(row(rows, "moved")).isEqualTo("new");
    assertThat(row(rows, "gone")).isEqualTo("null");
    assertThat(row(rows, "k7")).isEqualTo("v11907");
  }

  /** So that a table is what any other instance makes of the same topic. */
  @Test
  void theNewestRowsCountInATopicThatGrowsLater() {
    sendAt(0, 1, "a", "first");
    sendAt(0, 1, "b", "first");
    BroadcastRows rows = table(new TableEnd.AtStart());
    stepUntilQuiet();
    grow(2);
    sendAt(1, 3, "a", "moved");
    sendAt(1, 3, "b", "moved");
    sendAt(0, 2, "a", "of a producer that knew of one partition");
    sendAt(0, 4, "b", "of a producer that knew of one partition");
    stepUntilQuiet();
    assertThat(row(rows, "a")).isEqualTo("moved");
    assertThat(row(rows, "b")).isEqualTo("of a producer that knew of one partition");
    sendAt(1, 5, "b", "newer");
    sendAt(1, 4, "b", "in the order of a partition");
    stepUntilQuiet();
    assertThat(row(rows, "b")).isEqualTo("in the order of a partition");
  }

  /** Its rows are looked up all the while. */
  @Test
  void aTableThatIsLoadedStaysSoWhenItsTopicGrows() {
    sendAt(0, 1, "a", "x");
    BroadcastRows rows = table(new TableEnd.AtStart());
    stepUntilQuiet();
    for (int i = 0; i < 12_000; i++) {
      sendAt(0, 2, "others" + i, "x");
    }
    grow(3);
    sendAt(2, 3, "b", "y");
    assertThat(step()).isTrue();
    assertThat(rows.isLoaded()).isTrue();
    stepUntilQuiet();
    assertThat(row(rows, "b")).isEqualTo("y");
    assertThat(rows.lag()).isZero();
  }

  // ------------------------------------------------------------------ brokers

  @Test
  void aTopicThatIsCreatedAgainStopsTheReader() {
    BroadcastRows rows = table(new TableEnd.AtStart());
    stepUntilQuiet();
    cluster.clients().admin().deleteTopics(List.of("rows"));
    clock.advance(Duration.ofSeconds(11));
    assertThat(step()).as("a broker may not know a topic for a moment").isFalse();
    kafka.createTopic("rows", 1);
    clock.advance(Duration.ofSeconds(11));
    assertThatThrownBy(this::step)
        .isInstanceOf(JobStateException.class)
        .hasMessageContaining("its topic rows was deleted and created again");
    assertThat(rows.size()).isZero();
  }

  @Test
  void aCallThatIsNotAnsweredIsRepeated() {
    send("a", "x");
    AtomicBoolean isCutOff = new AtomicBoolean(true);
    kafka.injectFaults(
        new ClusterFaults() {
          @Override
          public AdminFault ofAdminCall(String name) {
            return isCutOff.get() && name.equals("listOffsets")
                ? AdminFault.NOT_DONE
                : AdminFault.NONE;
          }
        });
    AtomicBoolean isFinished = new AtomicBoolean();
    BroadcastRows rows = table(new TableEnd.OfStage(isFinished::get));
    stepUntilQuiet();
    assertThat(rows.isLoaded()).as("before the stage has finished").isFalse();
    assertThat(row(rows, "a")).isEqualTo("x");
    isFinished.set(true);
    assertThat(step()).isFalse();
    assertThat(rows.isLoaded()).as("before its end is known").isFalse();
    isCutOff.set(false);
    stepUntilQuiet();
    assertThat(rows.isLoaded()).isTrue();
    send("a", "y");
    assertThat(step()).as("nothing comes after the end").isFalse();
  }

  @Test
  @SuppressWarnings("unchecked") // as the engine does, which knows values as objects
  void noRecordIsPassedOverWhileTheSchemaOfItsRowCannotBeHad() {
    InMemorySchemaBook written = new InMemorySchemaBook();
    StoredValues<Former> former =
        new StoredValues<>(
            (ValueCodec<Former>) (ValueCodec<?>) ValueCodecs.forType(Former.class, written));
    Producer<byte[], byte[]> producer = cluster.clients().plainProducer("test");
    for (String key : List.of("a", "b", "c")) {
      ByteWriter bytes = new ByteWriter();
      ((KeyCodec<Object>) KeyCodecs.forType(String.class)).encode(key, bytes);
      byte[] row = former.toBytes(new Former("of " + key));
      producer.send(new ProducerRecord<>("rows", 0, bytes.toByteArray(), row));
    }
    AtomicInteger outages = new AtomicInteger(2);
    SchemaBook book =
        new SchemaBook() {
          private final SchemaBook own = new InMemorySchemaBook();

          @Override
          public void register(int schemaId, byte[] schema) {
            own.register(schemaId, schema);
          }

          @Override
          public byte @Nullable [] lookup(int schemaId) {
            if (outages.getAndDecrement() > 0) {
              throw new TimeoutException("no answer");
            }
            return written.lookup(schemaId);
          }
        };
    BroadcastRows rows =
        reader.add(
            new Broadcast(
                "table", "rows", String.class, Row.class, Optional.empty(), ErrorPolicy.fail()),
            (KeyCodec<Object>) KeyCodecs.forType(String.class),
            (ValueCodec<Object>) (ValueCodec<?>) ValueCodecs.forType(Row.class, book),
            cluster.topics().describe(List.of("rows")).get("rows"),
            new TableEnd.AtStart());
    for (int i = 0; i < 2; i++) {
      assertThat(step()).isFalse();
      assertThat(rows.isLoaded()).isFalse();
    }
    stepUntilQuiet();
    assertThat(rows.isLoaded()).isTrue();
    assertThat(rows.size()).isEqualTo(3);
    assertThat(row(rows, "a")).isEqualTo("Row[text=of a, added=0]");
  }

  record Former(String text) {}

  record Row(String text, int added) {}

  @Test
  void anAgreedEndIsTheEnd() {
    send("a", "x");
    send("b", "x");
    send("a", "y");
    BroadcastRows rows = table(new TableEnd.Agreed(Map.of(0, 2L)));
    stepUntilQuiet();
    assertThat(rows.isLoaded()).isTrue();
    assertThat(row(rows, "a")).isEqualTo("x");
    assertThat(row(rows, "b")).isEqualTo("x");
    assertThatNothingMoreIsRead(rows);
  }

  private void assertThatNothingMoreIsRead(BroadcastRows rows) {
    send("a", "z");
    assertThat(step()).isFalse();
    assertThat(row(rows, "a")).isEqualTo("x");
  }

  @Test
  void memoryIsThatOfTheRowsThatAreThere() {
    BroadcastRows rows = table(new TableEnd.AtStart());
    send("a", "x".repeat(1_000));
    stepUntilQuiet();
    long ofOne = rows.bytes();
    assertThat(ofOne).isBetween(1_000L, 10_000L);
    send("a", "y".repeat(1_000));
    stepUntilQuiet();
    assertThat(rows.bytes()).as("replaced").isEqualTo(ofOne);
    send("b", "y".repeat(1_000));
    stepUntilQuiet();
    assertThat(rows.bytes()).as("one more").isEqualTo(2 * ofOne);
    Producer<byte[], byte[]> producer = cluster.clients().plainProducer("test");
    producer.send(new ProducerRecord<>("rows", 0, utf8("a"), null));
    producer.send(new ProducerRecord<>("rows", 0, utf8("b"), null));
    stepUntilQuiet();
    assertThat(rows.bytes()).as("deleted").isZero();
  }
}
