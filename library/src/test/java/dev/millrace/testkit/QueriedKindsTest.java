package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.Table;
import dev.millrace.aggregate.Aggregates;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.launch.SteppedInstance;
import dev.millrace.internal.query.LocalQuery;
import dev.millrace.internal.query.Pending;
import dev.millrace.internal.query.Queries;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.query.StateAnswer;
import dev.millrace.query.StateCursor;
import dev.millrace.query.StatePage;
import dev.millrace.query.StateQuery;
import dev.millrace.query.StateRow;
import dev.millrace.query.StateScan;
import dev.millrace.query.StateStoreInfo;
import dev.millrace.state.ListState;
import dev.millrace.state.MapState;
import dev.millrace.state.ValueState;
import dev.millrace.time.TimeDomain;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Emission;
import dev.millrace.window.Triggers;
import dev.millrace.window.Window;
import dev.millrace.window.WindowSpec;
import dev.millrace.window.Windows;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What comes out of the stores of each kind of step. */
final class QueriedKindsTest {

  private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");
  private static final Instant LONG_AGO = Instant.EPOCH;
  private static final Instant FAR = START.plus(Duration.ofDays(1));

  record Reading(String sensor, Instant at, long value) {}

  private final SimClock clock = new SimClock(START);
  private final TestCluster cluster = new TestCluster(clock);
  private Driver driver;

  @AfterEach
  void killAll() {
    if (driver != null) {
      driver.killAll();
    }
  }

  private void start(Job job) {
    for (String topic : List.of("in", "rows", "others", "out")) {
      cluster.createIfMissing(topic, 1);
    }
    JobConfig config = JobTest.builder(job).config();
    driver = Drivers.of(job, config, cluster, clock);
    driver.start();
    driver.run();
  }

  private void send(String topic, String key, String value) {
    cluster.send(
        new ProducerRecord<>(
            topic,
            0,
            key.getBytes(StandardCharsets.UTF_8),
            value == null ? null : value.getBytes(StandardCharsets.UTF_8)));
  }

  /** Sends texts and lets them be processed. */
  private void sendTexts(String... texts) {
    for (String text : texts) {
      send("in", "", text);
    }
    pass();
  }

  private void pass() {
    for (int i = 0; i < 60; i++) {
      for (SteppedInstance instance : driver.instances()) {
        instance.workers().forEach(Worker::turn);
      }
      clock.advance(Duration.ofMillis(5));
    }
  }

  private Queries queries() {
    return driver.instances().get(0).queries();
  }

  private <A> A answer(Pending<A> pending) {
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

  private <K> Optional<Object> value(String store, K key) {
    StateAnswer<Object> answer = answer(queries().of(store, Object.class, Object.class).got(key));
    return answer.value();
  }

  /** The windows of a key, by how they begin and end in seconds since the start. */
  private Map<String, Object> windows(String store, String key, Instant from, Instant to) {
    Map<String, Object> shown = new LinkedHashMap<>();
    Optional<StateCursor> next = Optional.empty();
    do {
      StateScan scan = StateScan.all().between(from, to).limit(2);
      StatePage<Object, Object> page =
          answer(
              queries()
                  .of(store, Object.class, Object.class)
                  .windowsLater(key, next.isPresent() ? scan.after(next.get()) : scan));
      for (StateRow<Object, Object> row : page.rows()) {
        assertThat(row.key()).isEqualTo(key);
        shown.put(shown(row.window().orElseThrow()), row.value());
      }
      next = page.next();
    } while (next.isPresent());
    return shown;
  }

  private static String shown(Window window) {
    return Duration.between(START, window.start()).toSeconds()
        + "-"
        + Duration.between(START, window.end()).toSeconds();
  }

  private Map<String, Object> windows(String store, String key) {
    return windows(store, key, LONG_AGO, FAR);
  }

  /** All rows of a store, by pages of three. */
  private <K, V> List<StateRow<K, V>> scan(LocalQuery<K, V> query, StateScan scan) {
    List<StateRow<K, V>> rows = new ArrayList<>();
    Optional<StateCursor> next = Optional.empty();
    do {
      StateScan page = next.isPresent() ? scan.after(next.get()) : scan;
      StatePage<K, V> got = answer(query.scanned(page.limit(3)));
      rows.addAll(got.rows());
      next = got.next().map(cursor -> StateCursor.parse(cursor.token()));
    } while (next.isPresent());
    return rows;
  }

  // ------------------------------------------------------------------ tables

  @Test
  void aRunningAggregateHasItsResult() {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("in"))
        .keyBy(text -> text.substring(0, 1))
        .parallelism(2)
        .count()
        .name("counts")
        .to(KafkaSink.upsert("out"));
    start(job);
    sendTexts("a1", "a2", "b1", "c1", "d1", "e1");
    assertThat(value("counts", "a")).contains(2L);
    assertThat(value("counts", "z")).isEmpty();
    LocalQuery<String, Long> query = queries().of("counts", String.class, Long.class);
    Map<String, Long> all = new TreeMap<>();
    scan(query, StateScan.all()).forEach(row -> all.put(row.key(), row.value()));
    assertThat(all).isEqualTo(Map.of("a", 2L, "b", 1L, "c", 1L, "d", 1L, "e", 1L));
    assertThat(scan(query, StateScan.all().prefix("b")))
        .extracting(StateRow::key)
        .containsExactly("b");
    assertThat(scan(query, StateScan.all().task(query.taskOf("a").orElseThrow())))
        .extracting(StateRow::key)
        .contains("a")
        .isSorted();
    assertThat(query.tasks()).isEqualTo(2);
    assertThat(query.localTasks()).containsExactly(0, 1);
    assertThat(query.stage()).isEqualTo("counts");
  }

  @Test
  void groupsHaveTheirResultsWhetherTheyAreInOneRowOrInMany() {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("in"))
        .keyBy(text -> text)
        .count()
        .groupBy((text, count) -> text.substring(0, 1))
        .parallelism(1)
        .aggregate(Aggregates.max(Long.class, count -> count))
        .name("largest")
        .to(KafkaSink.upsert("out"));
    start(job);
    sendTexts("a1", "a1", "a2", "b1");
    for (int i = 0; i < 200; i++) {
      send("in", "", "c" + i);
    }
    sendTexts("c7", "c7");
    assertThat(value("largest", "a")).contains(2L);
    assertThat(value("largest", "b")).contains(1L);
    assertThat(value("largest", "c")).contains(3L);
  }

  @Test
  void aTableOfATopicIsAskedInAllTasks() {
    Job job = Job.named("job");
    Table<String, String> rows = job.table(KafkaTable.strings("rows", String.class)).name("rows");
    rows.mapValues(row -> row + "!").to(KafkaSink.upsert("out"));
    start(job);
    send("rows", "k", "v");
    send("rows", "gone", "v");
    send("rows", "gone", null);
    pass();
    LocalQuery<String, String> query = queries().of("rows", String.class, String.class);
    assertThat(query.taskOf("k")).isEmpty();
    assertThat(scan(query, StateScan.all()))
        .containsExactly(new StateRow<>("k", Optional.empty(), "v"));
  }

  @Test
  void joinedTablesHaveTheRowsOfEach() {
    Job job = Job.named("job");
    job.table(KafkaTable.strings("rows", String.class))
        .join(job.table(KafkaTable.strings("others", String.class)))
        .outer((row, other) -> row + "/" + other)
        .name("joined")
        .to(KafkaSink.upsert("out"));
    start(job);
    send("rows", "k", "v");
    send("others", "k", "w");
    pass();
    String left =
        queries().stores().stream()
            .map(StateStoreInfo::name)
            .filter(name -> name.endsWith(".table-1"))
            .findFirst()
            .orElseThrow();
    assertThat(scan(queries().of(left, String.class, String.class), StateScan.all()))
        .extracting(StateRow::value)
        .containsExactly("v");
  }

  // ------------------------------------------------------------------ windows

  private Job windowed(WindowSpec<Object> windows) {
    Job job = Job.named("job");
    timed(job)
        .keyBy(Reading::sensor)
        .window(windows)
        .sum(Reading::value)
        .name("sums")
        .map(result -> result.key())
        .to(KafkaSink.strings("out"));
    return job;
  }

  private static DataStream<Reading> timed(Job job) {
    return job.source(
        KafkaSource.json("in", Reading.class)
            .eventTime(Reading::at)
            .watermarks(Watermarks.monotonous()));
  }

  private void sendReading(String sensor, long second, long value) {
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

  @Test
  void windowsThatDoNotOverlapHaveWhatIsInThemSoFar() {
    start(windowed(Windows.tumbling(Duration.ofSeconds(10))));
    sendReading("a", 1, 1);
    sendReading("a", 2, 2);
    sendReading("b", 3, 4);
    sendReading("a", 15, 8);
    pass();
    assertThat(windows("sums", "a")).isEqualTo(Map.of("10-20", 8L));
    sendReading("a", 31, 16);
    sendReading("b", 31, 16);
    sendReading("a", 2031, 32);
    pass();
    // The last one has made the others final.
    assertThat(windows("sums", "a")).isEqualTo(Map.of("2030-2040", 32L));
    assertThat(windows("sums", "b")).isEmpty();
    assertThat(windows("sums", "a", LONG_AGO, START.plusSeconds(2030))).isEmpty();
    assertThat(windows("sums", "a", START.plusSeconds(2030), START.plusSeconds(2031))).hasSize(1);
    assertThat(windows("sums", "a", START.plusSeconds(2031), FAR)).isEmpty();
    assertThatThrownBy(() -> value("sums", "a"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("windows(key, from, to)");
  }

  @Test
  void manyWindowsAreReadPageByPage() {
    Job job = Job.named("job");
    timed(job)
        .keyBy(Reading::sensor)
        .window(Windows.tumbling(Duration.ofSeconds(10)))
        .allowedLateness(Duration.ofDays(10))
        .sum(Reading::value)
        .name("sums")
        .to(KafkaSink.upsert("out"));
    start(job);
    Map<String, Object> expected = new LinkedHashMap<>();
    for (int i = 0; i < 300; i++) {
      boolean gap = i > 100 && i < 250;
      if (!gap) {
        sendReading("a", 10L * i, i);
        expected.put(10 * i + "-" + 10 * (i + 1), (long) i);
      }
      sendReading("b", 10L * i, i);
    }
    pass();
    assertThat(windows("sums", "a")).containsExactlyEntriesOf(expected);
    LocalQuery<String, Long> query = queries().of("sums", String.class, Long.class);
    assertThat(scan(query, StateScan.all().prefix("a"))).hasSize(expected.size());
    assertThat(scan(query, StateScan.all().between(START.plusSeconds(20), START.plusSeconds(40))))
        .hasSize(4);
    assertThat(windows("sums.emitted", "a")).hasSize(expected.size() - 1);
  }

  @Test
  void windowsThatOverlapArePutTogetherAndGoWhenTheyFire() {
    start(windowed(Windows.sliding(Duration.ofSeconds(20), Duration.ofSeconds(10))));
    sendReading("a", 1, 1);
    sendReading("a", 12, 2);
    sendReading("a", 25, 4);
    pass();
    // Event time is at 25: two windows have fired, whose slices are there for a third.
    assertThat(windows("sums", "a")).isEqualTo(Map.of("10-30", 6L, "20-40", 4L));
    assertThat(windows("sums", "a", START.plusSeconds(15), FAR)).isEqualTo(Map.of("20-40", 4L));
    assertThatThrownBy(
            () -> queries().of("sums", String.class, Long.class).scanned(StateScan.all()))
        .isInstanceOf(ConfigurationException.class);
  }

  @Test
  void windowsThatOverlapAndCanBeCorrectedStayUntilTheirLatenessIsOver() {
    Job job = Job.named("job");
    timed(job)
        .keyBy(Reading::sensor)
        .window(Windows.sliding(Duration.ofSeconds(20), Duration.ofSeconds(10)))
        .allowedLateness(Duration.ofSeconds(10))
        .emit(Emission.onUpdate())
        .sum(Reading::value)
        .name("sums")
        .to(KafkaSink.upsert("out"));
    start(job);
    sendReading("a", 1, 1);
    sendReading("a", 12, 2);
    sendReading("a", 25, 4);
    pass();
    assertThat(windows("sums", "a")).isEqualTo(Map.of("0-20", 3L, "10-30", 6L, "20-40", 4L));
    assertThat(windows("sums.emitted", "a"))
        .isEqualTo(Map.of("0-20", 3L, "10-30", 6L, "20-40", 4L));
  }

  /** Their slices went with the lateness of the version before. */
  @Test
  void windowsThatWereGoneWhenTheirLatenessWasRaisedStayGone() {
    start(corrected(Duration.ofSeconds(5)));
    sendReading("a", 1, 1);
    sendReading("a", 12, 2);
    sendReading("a", 25, 4);
    sendReading("a", 35, 8);
    pass();
    Map<String, Object> open = Map.of("20-40", 12L, "30-50", 8L);
    assertThat(windows("sums", "a")).isEqualTo(open);
    driver.stop(0);

    start(corrected(Duration.ofSeconds(60)));
    pass();
    assertThat(windows("sums", "a")).isEqualTo(open);
    sendReading("a", 61, 16);
    pass();
    assertThat(windows("sums", "a"))
        .as("what is kept for longer now")
        .isEqualTo(Map.of("20-40", 12L, "30-50", 8L, "50-70", 16L, "60-80", 16L));
  }

  private Job corrected(Duration lateness) {
    Job job = Job.named("job");
    timed(job)
        .keyBy(Reading::sensor)
        .window(Windows.sliding(Duration.ofSeconds(20), Duration.ofSeconds(10)))
        .allowedLateness(lateness)
        .sum(Reading::value)
        .name("sums")
        .to(KafkaSink.upsert("out"));
    return job;
  }

  @Test
  void sessionsAreWindowsOfTheirOwn() {
    start(windowed(Windows.session(Duration.ofSeconds(5))));
    sendReading("a", 1, 1);
    sendReading("a", 3, 2);
    sendReading("b", 5, 4);
    pass();
    assertThat(windows("sums", "a")).isEqualTo(Map.of("1-8", 3L));
    assertThat(scan(queries().of("sums", String.class, Long.class), StateScan.all()))
        .extracting(StateRow::key)
        .containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void panesRunFromTheirFirstRecordToTheirLast() {
    Job job = Job.named("job");
    timed(job)
        .keyBy(Reading::sensor)
        .window(Windows.global(Triggers.count(3)))
        .sum(Reading::value)
        .name("sums")
        .map(result -> result.key())
        .to(KafkaSink.strings("out"));
    start(job);
    sendReading("a", 1, 1);
    sendReading("a", 3, 2);
    pass();
    assertThat(windows("sums", "a")).containsValue(3L).hasSize(1);
  }

  // ------------------------------------------------------------------ process functions

  private static final class Shop extends KeyedProcessFunction<String, Reading, String> {
    private final ValueState<Long> last = state.value("last", Long.class);
    private final ListState<Long> all = state.list("all", Long.class);
    private final MapState<Long, Instant> times = state.map("times", Long.class, Instant.class);
    private final ValueState<Long> brief =
        state.value("brief", Long.class).expireAfter(Duration.ofSeconds(10), TimeDomain.EVENT);
    private final ListState<Long> briefs =
        state.list("briefs", Long.class).expireAfter(Duration.ofSeconds(10), TimeDomain.EVENT);

    @Override
    public void onRecord(Reading reading, Context context) {
      last.set(reading.value());
      all.add(reading.value());
      times.put(reading.value(), reading.at());
      if (reading.value() < 10) {
        brief.set(reading.value());
        briefs.add(reading.value());
      }
    }
  }

  @Test
  void statesOfFunctionsAreAskedByTheirNames() {
    Job job = Job.named("job");
    timed(job).keyBy(Reading::sensor).process(Shop::new).name("shop").to(KafkaSink.strings("out"));
    start(job);
    sendReading("a", 1, 1);
    sendReading("a", 2, 2);
    sendReading("b", 3, 3);
    pass();
    assertThat(value("shop.last", "a")).contains(2L);
    assertThat(value("shop.all", "a")).contains(List.of(1L, 2L));
    assertThat(value("shop.times", "a"))
        .contains(Map.of(1L, START.plusSeconds(1), 2L, START.plusSeconds(2)));
    assertThat(value("shop.brief", "a")).contains(2L);
    assertThat(value("shop.briefs", "a")).contains(List.of(1L, 2L));
    assertThat(value("shop.all", "none")).isEmpty();
    assertThat(value("shop.times", "none")).isEmpty();
    sendReading("b", 100, 10);
    pass();
    assertThat(value("shop.brief", "a")).isEmpty();
    assertThat(value("shop.briefs", "a")).isEmpty();
    assertThat(value("shop.last", "a")).contains(2L);
    assertThat(scan(queries().of("shop.last", String.class, Long.class), StateScan.all()))
        .extracting(StateRow::value)
        .containsExactlyInAnyOrder(2L, 10L);
    assertThatThrownBy(() -> queries().of("shop.@timers", Object.class, Object.class))
        .isInstanceOf(ConfigurationException.class);
    assertThatThrownBy(
            () -> queries().of("shop.all", Object.class, Object.class).scanned(StateScan.all()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("single keys");
    assertThat(answer(queries().json("shop.times").got("a")).value())
        .contains("{\"1\":\"2026-03-01T12:00:01Z\",\"2\":\"2026-03-01T12:00:02Z\"}");
  }

  // ------------------------------------------------------------------ forms of keys and values

  record Place(String street, int number) {}

  enum Colour {
    RED,
    GREEN
  }

  private <K> void checkJson(Class<K> type, Function<String, K> key, K one, String shown) {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("in"))
        .keyBy(type, key::apply)
        .latest()
        .name("newest")
        .changes()
        .map(change -> "changed")
        .to(KafkaSink.strings("out"));
    start(job);
    sendTexts("x");
    LocalQuery<String, String> json = queries().json("newest");
    StateAnswer<String> answer = answer(json.got(shown));
    assertThat(answer.value()).contains("\"x\"");
    assertThat(scan(json, StateScan.all())).extracting(StateRow::key).containsExactly(shown);
    assertThat(value("newest", one)).contains("x");
  }

  @Test
  void keysThatAreStringsInJsonHaveNoQuotes() {
    checkJson(String.class, text -> "it's \"so\"", "it's \"so\"", "it's \"so\"");
  }

  @Test
  void keysThatAreTimesHaveNoQuotes() {
    checkJson(Instant.class, text -> START, START, "2026-03-01T12:00:00Z");
  }

  @Test
  void keysThatAreIdentifiersHaveNoQuotes() {
    UUID id = new UUID(7, 8);
    checkJson(UUID.class, text -> id, id, id.toString());
  }

  @Test
  void keysThatAreEnumsHaveNoQuotes() {
    checkJson(Colour.class, text -> Colour.GREEN, Colour.GREEN, "GREEN");
  }

  @Test
  void keysThatAreNumbersAreNumbersInJson() {
    checkJson(Long.class, text -> -5L, -5L, "-5");
  }

  @Test
  void keysThatAreRecordsAreObjectsInJson() {
    Place place = new Place("Mill Lane", 7);
    checkJson(Place.class, text -> place, place, "{\"street\":\"Mill Lane\",\"number\":7}");
  }

  @Test
  void questionsThatDoNotFitAreRefusedWithAReason() {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("in"))
        .keyBy(text -> (long) text.length())
        .count()
        .name("counts")
        .to(KafkaSink.upsert("out"));
    start(job);
    refused(() -> queries().of("none", Object.class, Object.class), "[counts]");
    refused(() -> queries().of("counts", String.class, Long.class), "keys of java.lang.String");
    refused(() -> queries().of("counts", Long.class, String.class), "values of java.lang.String");
    LocalQuery<Object, Object> query = queries().of("counts", Object.class, Object.class);
    refused(() -> query.got("text"), "its keys are Long");
    refused(() -> query.windowsLater(5L, StateScan.all()), "it has none");
    refused(() -> query.scanned(StateScan.all().prefix("a")), "no strings");
    refused(() -> query.scanned(StateScan.all().task(99)), "tasks, numbered from 0");
    refused(() -> queries().json("counts").got("five"), "no Long in JSON");
    refused(() -> queries().json("counts").got("null"), "no Long in JSON");
    refused(() -> StateScan.all().limit(0), "1 to 10000");
    refused(() -> StateCursor.parse("?"), "no cursor");
    refused(() -> query.maxAge(Duration.ofSeconds(-1)), "negative");
    refused(() -> query.timeout(Duration.ZERO), "more than zero");
  }

  private static void refused(Supplier<?> question, String reason) {
    assertThatThrownBy(question::get)
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void storesAreListedWithWhatTheyHave() {
    start(windowed(Windows.session(Duration.ofSeconds(5))));
    assertThat(queries().stores())
        .extracting(StateStoreInfo::name, StateStoreInfo::kind)
        .containsExactly(
            tuple("sums", StateStoreInfo.Kind.WINDOWS),
            tuple("sums.timers", StateStoreInfo.Kind.INTERNAL));
    StateQuery<Object, Object> query = queries().of("sums/sums", Object.class, Object.class);
    assertThat(query.store()).isEqualTo("sums");
  }
}
