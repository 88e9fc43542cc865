package dev.millrace.realdata;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.KeyedStream;
import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.Table;
import dev.millrace.aggregate.Aggregation;
import dev.millrace.chaos.CommittedReader;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.output.OutputTag;
import dev.millrace.realdata.Catalogue.Quake;
import dev.millrace.serde.TypeRef;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Late;
import dev.millrace.window.Window;
import dev.millrace.window.WindowResult;
import dev.millrace.window.Windowed;
import dev.millrace.window.Windows;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/**
 * Earthquakes per network and hour, replayed in the order of their reports, some of which come days
 * after the event: nothing is lost and nothing counts twice, whether it is on time, corrects a
 * result or is late.
 */
@WithBroker
final class EarthquakesTest {

  private static final int PARTITIONS = 4;
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration LATENESS = Duration.ofHours(12);
  private static final String END = "end";
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** How many there were, and the strongest of them, as far as that is known. */
  record Tally(long count, @Nullable Double strongest) {

    static final Tally NONE = new Tally(0, null);

    Tally plus(Tally other) {
      Double stronger =
          strongest == null || (other.strongest != null && other.strongest > strongest)
              ? other.strongest
              : strongest;
      return new Tally(count + other.count, stronger);
    }

    static Tally of(Quake quake) {
      return new Tally(1, quake.magnitude());
    }
  }

  /** A line of an output topic: a tally, taken back or not. */
  record Row(String net, long startMs, boolean retracted, Tally tally) {

    static Row of(String net, Window window, boolean retracted, Tally tally) {
      return new Row(net, window.start().toEpochMilli(), retracted, tally);
    }

    String hour() {
      return net + " " + Instant.ofEpochMilli(startMs);
    }
  }

  /** Counts and takes the maximum in one go. */
  static final class Tallying implements Aggregation<Quake, Tally, Tally> {
    private static final long serialVersionUID = 1;

    @Override
    public Tally create() {
      return Tally.NONE;
    }

    @Override
    public Tally add(Tally tally, Quake quake) {
      return tally.plus(Tally.of(quake));
    }

    @Override
    public Tally merge(Tally left, Tally right) {
      return left.plus(right);
    }

    @Override
    public Tally finish(Tally tally) {
      return tally;
    }

    @Override
    public TypeRef<Tally> accumulatorType() {
      return TypeRef.of(Tally.class);
    }

    @Override
    public TypeRef<Tally> resultType() {
      return TypeRef.of(Tally.class);
    }
  }

  /** The topics of a run. */
  private record Topics(String in, String finals, String late, String revised, String tooLate) {}

  @TempDir Path directory;

  @Test
  void aWeekOfRealEarthquakesAddsUp(TestBroker broker) throws Exception {
    Optional<List<Quake>> quakes = Catalogue.real();
    Assumptions.assumeTrue(quakes.isPresent(), "../shared/data/earthquakes.geojson is not there");
    replay(broker, quakes.get(), HOUR.multipliedBy(2), "real");
  }

  @Test
  void aMadeUpWeekWithUnknownMagnitudesAddsUp(TestBroker broker) {
    List<Quake> quakes = Catalogue.madeUp(20_261_121, 500);
    replay(broker, quakes, HOUR.multipliedBy(6), "made up, seed 20261121");
  }

  private void replay(TestBroker broker, List<Quake> quakes, Duration step, String what) {
    Topics topics =
        new Topics(
            broker.createTopic(broker.uniqueName("quakes"), PARTITIONS),
            broker.createTopic(broker.uniqueName("quakes-final"), 1),
            broker.createTopic(broker.uniqueName("quakes-late"), 1),
            broker.createTopic(broker.uniqueName("quakes-revised"), 1),
            broker.createTopic(broker.uniqueName("quakes-too-late"), 1));
    try (RunningJob one = start(broker, topics, "one");
        RunningJob two = start(broker, topics, "two");
        CommittedReader finals = new CommittedReader(broker, topics.finals());
        CommittedReader late = new CommittedReader(broker, topics.late());
        CommittedReader revised = new CommittedReader(broker, topics.revised());
        CommittedReader tooLate = new CommittedReader(broker, topics.tooLate())) {
      feed(broker, topics.in(), quakes, step, List.of(one, two));
      Sums onTime = new Sums(finals);
      Sums behind = new Sums(late);
      Sums corrected = new Sums(revised);
      Sums lost = new Sums(tooLate);
      Awaitility.await("all earthquakes are in a result or late")
          .atMost(PATIENCE)
          .until(
              () ->
                  onTime.read() + behind.read() >= quakes.size()
                      && corrected.read() + lost.read() >= quakes.size());
      System.out.printf(
          "EARTHQUAKES (%s): %d on time, %d corrected a result, %d late, %d in all%n",
          what,
          onTime.count(),
          corrected.count() - onTime.count(),
          lost.count(),
          onTime.count() + corrected.count() - onTime.count() + lost.count());
      Map<String, Tally> direct = direct(quakes);
      assertThat(onTime.and(behind)).as(what).isEqualTo(direct);
      assertThat(corrected.and(lost)).as(what).isEqualTo(direct);
      assertThat(onTime.count()).isPositive().isLessThan(corrected.count());
      assertThat(lost.count()).isPositive();
    }
  }

  private static Map<String, Tally> direct(List<Quake> quakes) {
    Map<String, Tally> tallies = new TreeMap<>();
    for (Quake quake : quakes) {
      long start = quake.timeMs() - quake.timeMs() % HOUR.toMillis();
      tallies.merge(
          new Row(quake.net(), start, false, Tally.NONE).hour(), Tally.of(quake), Tally::plus);
    }
    return tallies;
  }

  // ------------------------------------------------------------------ the job

  private RunningJob start(TestBroker broker, Topics topics, String instance) {
    return Millrace.start(
        job(topics),
        JobConfig.defaults()
            .with("bootstrap.servers", broker.bootstrapServers())
            .with("commit.interval", "20ms")
            .with("workers", "1")
            .with("state.dir", directory.resolve(topics.in() + "-" + instance).toString()));
  }

  /** Both kinds of windows are behind one shuffle, so that they see the same watermark. */
  private static Job job(Topics topics) {
    OutputTag<Late<Quake>> late = Late.tag("late", Quake.class);
    OutputTag<Late<Quake>> tooLate = Late.tag("too-late", Quake.class);
    Job job = Job.named(topics.in() + "-job");
    KeyedStream<String, Quake> byNet =
        job.source(
                KafkaSource.json(topics.in(), Quake.class)
                    .eventTime(quake -> Instant.ofEpochMilli(quake.timeMs()))
                    .watermarks(
                        Watermarks.boundedOutOfOrderness(HOUR).idleness(Duration.ofHours(1))))
            .keyBy(Quake::net)
            .parallelism(PARTITIONS);
    DataStream<WindowResult<String, Tally>> hours =
        byNet.window(Windows.tumbling(HOUR)).lateTo(late).aggregate(new Tallying()).name("hours");
    Table<Windowed<String>, Tally> revised =
        byNet
            .window(Windows.tumbling(HOUR))
            .allowedLateness(LATENESS)
            .lateTo(tooLate)
            .aggregate(new Tallying())
            .name("revised-hours");
    hours
        .map(Row.class, each -> Row.of(each.key(), each.window(), false, each.value()))
        .to(KafkaSink.json(topics.finals()));
    revised
        .changes()
        .map(
            Row.class,
            each ->
                Row.of(each.key().key(), each.key().window(), each.kind().retracts(), each.value()))
        .to(KafkaSink.json(topics.revised()));
    rows(hours.sideOutput(late)).to(KafkaSink.json(topics.late()));
    rows(revised.sideOutput(tooLate)).to(KafkaSink.json(topics.tooLate()));
    return job;
  }

  private static DataStream<Row> rows(DataStream<Late<Quake>> late) {
    return late.map(
        Row.class,
        each ->
            new Row(
                each.value().net(),
                each.value().timeMs() - each.value().timeMs() % HOUR.toMillis(),
                false,
                Tally.of(each.value())));
  }

  // ------------------------------------------------------------------ input and output

  /** The reports of some hours at a time, when those before have been counted. */
  private static void feed(
      TestBroker broker,
      String topic,
      List<Quake> quakes,
      Duration step,
      List<RunningJob> instances) {
    long stepMs = step.toMillis();
    int next = 0;
    while (next < quakes.size()) {
      long untilMs = quakes.get(next).updatedMs() / stepMs * stepMs + stepMs;
      List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
      while (next < quakes.size() && quakes.get(next).updatedMs() < untilMs) {
        Quake quake = quakes.get(next++);
        records.add(record(topic, Math.floorMod(quake.id().hashCode(), PARTITIONS), quake));
      }
      broker.produce(topic, records);
      int fed = next;
      Awaitility.await("what was reported so far is counted")
          .atMost(PATIENCE)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(5))
          .until(() -> counted(instances) >= fed);
    }
    long end = quakes.get(next - 1).updatedMs() + Duration.ofDays(30).toMillis();
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int partition = 0; partition < PARTITIONS; partition++) {
      records.add(record(topic, partition, new Quake(END, END, end, end, null)));
    }
    broker.produce(topic, records);
  }

  private static long counted(List<RunningJob> instances) {
    return instances.stream()
        .peek(instance -> assertThat(instance.failure()).isEmpty())
        .flatMap(instance -> instance.metrics().stages().entrySet().stream())
        .filter(stage -> stage.getKey().endsWith("-key-by"))
        .mapToLong(stage -> stage.getValue().recordsIn())
        .sum();
  }

  private static ProducerRecord<byte[], byte[]> record(String topic, int partition, Quake quake) {
    return new ProducerRecord<>(topic, partition, null, JSON.writeValueAsBytes(quake));
  }

  /** What the rows of a topic come to. */
  private static final class Sums {
    private final CommittedReader reader;
    private final Map<String, Tally> tallies = new TreeMap<>();

    Sums(CommittedReader reader) {
      this.reader = reader;
    }

    /** Reads on; returns how many earthquakes there are. */
    long read() {
      for (ConsumerRecord<byte[], byte[]> record : reader.more()) {
        Row row = JSON.readValue(new String(record.value(), StandardCharsets.UTF_8), Row.class);
        if (row.retracted()) {
          assertThat(tallies.remove(row.hour())).isEqualTo(row.tally());
        } else {
          // Late records come one by one, results replace what was taken back.
          tallies.merge(row.hour(), row.tally(), Tally::plus);
        }
      }
      return count();
    }

    long count() {
      return tallies.values().stream().mapToLong(Tally::count).sum();
    }

    Map<String, Tally> and(Sums other) {
      Map<String, Tally> both = new TreeMap<>(tallies);
      other.tallies.forEach((hour, tally) -> both.merge(hour, tally, Tally::plus));
      return both;
    }
  }
}
