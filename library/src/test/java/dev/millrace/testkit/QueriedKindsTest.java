package dev.millrace.testkit;

import static dev.millrace.testkit.QueryRig.START;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.Table;
import dev.millrace.aggregate.Aggregates;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.query.LocalQuery;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.query.StateAnswer;
import dev.millrace.query.StateCursor;
import dev.millrace.query.StateRow;
import dev.millrace.query.StateScan;
import dev.millrace.state.ListState;
import dev.millrace.state.MapState;
import dev.millrace.state.ValueState;
import dev.millrace.testkit.QueryRig.Reading;
import dev.millrace.time.TimeDomain;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What comes out of the stores of each kind of step, but windows ({@link QueriedWindowsTest}). */
final class QueriedKindsTest {

  private final QueryRig rig = new QueryRig();

  @AfterEach
  void killAll() {
    rig.killAll();
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
    rig.start(job);
    rig.sendTexts("a1", "a2", "b1", "c1", "d1", "e1");
    assertThat(rig.value("counts", "a")).contains(2L);
    assertThat(rig.value("counts", "z")).isEmpty();
    LocalQuery<String, Long> query = rig.queries().of("counts", String.class, Long.class);
    Map<String, Long> all = new TreeMap<>();
    rig.scan(query, StateScan.all()).forEach(row -> all.put(row.key(), row.value()));
    assertThat(all).isEqualTo(Map.of("a", 2L, "b", 1L, "c", 1L, "d", 1L, "e", 1L));
    assertThat(rig.scan(query, StateScan.all().prefix("b")))
        .extracting(StateRow::key)
        .containsExactly("b");
    assertThat(rig.scan(query, StateScan.all().task(query.taskOf("a").orElseThrow())))
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
    rig.start(job);
    rig.sendTexts("a1", "a1", "a2", "b1");
    for (int i = 0; i < 200; i++) {
      rig.send("in", "", "c" + i);
    }
    rig.sendTexts("c7", "c7");
    assertThat(rig.value("largest", "a")).contains(2L);
    assertThat(rig.value("largest", "b")).contains(1L);
    assertThat(rig.value("largest", "c")).contains(3L);
  }

  @Test
  void aTableOfATopicIsAskedInAllTasks() {
    Job job = Job.named("job");
    Table<String, String> rows = job.table(KafkaTable.strings("rows", String.class)).name("rows");
    rows.mapValues(row -> row + "!").to(KafkaSink.upsert("out"));
    rig.start(job);
    rig.send("rows", "k", "v");
    rig.send("rows", "gone", "v");
    rig.send("rows", "gone", null);
    rig.pass();
    LocalQuery<String, String> query = rig.queries().of("rows", String.class, String.class);
    assertThat(query.taskOf("k")).isEmpty();
    assertThat(rig.scan(query, StateScan.all()))
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
    rig.start(job);
    rig.send("rows", "k", "v");
    rig.send("others", "k", "w");
    rig.pass();
    assertThat(rig.value("joined.table-1", "k")).contains("v");
    assertThat(rig.value("joined.table-2", "k")).contains("w");
    assertThat(rig.rows("joined.table-1", String.class, String.class))
        .extracting(StateRow::value)
        .containsExactly("v");
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
    QueryRig.timed(job)
        .keyBy(Reading::sensor)
        .process(Shop::new)
        .name("shop")
        .to(KafkaSink.strings("out"));
    rig.start(job);
    rig.sendReading("a", 1, 1);
    rig.sendReading("a", 2, 2);
    rig.sendReading("b", 3, 3);
    rig.pass();
    assertThat(rig.value("shop.last", "a")).contains(2L);
    assertThat(rig.value("shop.all", "a")).contains(List.of(1L, 2L));
    assertThat(rig.value("shop.times", "a"))
        .contains(Map.of(1L, START.plusSeconds(1), 2L, START.plusSeconds(2)));
    assertThat(rig.value("shop.brief", "a")).contains(2L);
    assertThat(rig.value("shop.briefs", "a")).contains(List.of(1L, 2L));
    assertThat(rig.value("shop.all", "none")).isEmpty();
    assertThat(rig.value("shop.times", "none")).isEmpty();
    rig.sendReading("b", 100, 10);
    rig.pass();
    assertThat(rig.value("shop.brief", "a")).isEmpty();
    assertThat(rig.value("shop.briefs", "a")).isEmpty();
    assertThat(rig.value("shop.last", "a")).contains(2L);
    assertThat(rig.rows("shop.last", String.class, Long.class))
        .extracting(StateRow::value)
        .containsExactlyInAnyOrder(2L, 10L);
    assertThatThrownBy(() -> rig.store("shop.@timers")).isInstanceOf(ConfigurationException.class);
    assertThatThrownBy(() -> rig.store("shop.all").scanned(StateScan.all()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("single keys");
    assertThat(rig.answer(rig.queries().json("shop.times").got("a")).value())
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
    rig.start(job);
    rig.sendTexts("x");
    LocalQuery<String, String> json = rig.queries().json("newest");
    StateAnswer<String> answer = rig.answer(json.got(shown));
    assertThat(answer.value()).contains("\"x\"");
    assertThat(rig.scan(json, StateScan.all())).extracting(StateRow::key).containsExactly(shown);
    assertThat(rig.value("newest", one)).contains("x");
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
    rig.start(job);
    refused(() -> rig.store("none"), "[counts]");
    refused(() -> rig.queries().of("counts", String.class, Long.class), "keys of java.lang.String");
    refused(
        () -> rig.queries().of("counts", Long.class, String.class), "values of java.lang.String");
    LocalQuery<Object, Object> query = rig.store("counts");
    refused(() -> query.got("text"), "its keys are Long");
    refused(() -> query.windowsLater(5L, StateScan.all()), "it has none");
    refused(() -> query.scanned(StateScan.all().prefix("a")), "no strings");
    refused(() -> query.scanned(StateScan.all().task(99)), "tasks, numbered from 0");
    refused(() -> rig.queries().json("counts").got("five"), "no Long in JSON");
    refused(() -> rig.queries().json("counts").got("null"), "no Long in JSON");
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
}
