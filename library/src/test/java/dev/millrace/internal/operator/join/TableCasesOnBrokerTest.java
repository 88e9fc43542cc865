package dev.millrace.internal.operator.join;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.DataStream;
import dev.millrace.ForeignKeyTableJoin;
import dev.millrace.Job;
import dev.millrace.KeyedStreamTableJoin;
import dev.millrace.Table;
import dev.millrace.TableJoin;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.function.JoinFunction;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.table.Change;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * All cases of lookups in a table as it is now, of joins of tables and of joins by foreign keys, on
 * a real broker with four partitions and two instances. All scripts run at once, side by side in
 * one job, step by step; the right rows are those of a topic, with its tombstones.
 */
@WithBroker
final class TableCasesOnBrokerTest {

  private static final int PARTITIONS = 4;

  private static final long AGE_MS = 600_000;

  /** The time 0 of the cases, which are all before now. */
  private static final long EPOCH_MS = System.currentTimeMillis() - AGE_MS;

  /** How much too far ahead a time is: by more than the hour that a source allows. */
  private static final long FAR_MS = Duration.ofHours(2).toMillis();

  /** The function of each join; it fails once in each. */
  private static final Map<String, FailingPairs> FUNCTIONS = new ConcurrentHashMap<>();

  @TempDir Path stateDir;

  /** The joins that are tested here; scripts and keys begin with their names. */
  private enum Family {
    LOOKUP,
    TABLE,
    FOREIGN_KEY;

    String join(JoinKind kind) {
      return name().toLowerCase(Locale.ROOT).replace('_', '-') + "-" + kind.verb();
    }
  }

  /** A left row or a record, of one script. */
  record Row(Family family, int number, String key, String value, long timeMs) {

    String text() {
      return family + "|" + number + "|" + key + "|" + value + "|" + timeMs;
    }

    static Row parsed(String text) {
      String[] parts = text.split("\\|");
      return new Row(
          Family.valueOf(parts[0]),
          Integer.parseInt(parts[1]),
          parts[2],
          parts[3],
          Long.parseLong(parts[4]));
    }

    /** {@return its key among all scripts} */
    String place() {
      return place(key);
    }

    String place(String any) {
      return family + "/" + number + "/" + any;
    }

    boolean deletes() {
      return value.equals("-");
    }
  }

  /** A right row of one script; a dash deletes it. */
  private record RightRow(Family family, int number, String key, String value, long timeMs) {}

  // ------------------------------------------------------------------ the job

  private static Job job(String name, String left, String right, String out) {
    Job job = Job.named(name);
    DataStream<Row> lefts =
        job.source(
                KafkaSource.strings(left)
                    .eventTime(text -> Instant.ofEpochMilli(EPOCH_MS + Row.parsed(text).timeMs())))
            .map(Row::parsed);
    Table<String, String> rights = job.table(KafkaTable.strings(right, String.class));
    lookups(lefts, rights, out);
    tables(lefts, rights, out);
    foreignKeys(lefts, rights, out);
    return job;
  }

  private static FailingPairs function(String join) {
    String none = join.startsWith("lookup") ? "null" : "-";
    return FUNCTIONS.computeIfAbsent(join, any -> new FailingPairs(none));
  }

  private static DataStream<Row> of(Family family, DataStream<Row> all) {
    return all.filter(row -> row.family() == family);
  }

  private static Table<String, String> of(Family family, Table<String, String> all) {
    return all.filter((key, row) -> key.startsWith(family + "/"));
  }

  private static void lookups(DataStream<Row> lefts, Table<String, String> rights, String out) {
    for (JoinKind kind : LookupCases.KINDS) {
      String name = Family.LOOKUP.join(kind);
      KeyedStreamTableJoin<String, Row, String> join =
          of(Family.LOOKUP, lefts)
              .join(of(Family.LOOKUP, rights))
              .on(Row::place)
              .parallelism(PARTITIONS);
      JoinFunction<Row, @Nullable String, String> function =
          (row, other) ->
              result(name, row.place(), function(name).joined(row.place(), row.value(), other));
      DataStream<String> results =
          kind == JoinKind.LEFT ? join.left(function) : join.inner(function);
      results.name(name).to(sink(out));
    }
  }

  private static void tables(DataStream<Row> lefts, Table<String, String> rights, String out) {
    Table<String, String> rows =
        of(Family.TABLE, lefts)
            .toTable(Row::place, row -> row.deletes() ? null : row.value())
            .name("table-rows");
    for (JoinKind kind : JoinKind.values()) {
      String name = Family.TABLE.join(kind);
      TableJoin<String, String, String> join = rows.join(of(Family.TABLE, rights));
      JoinFunction<@Nullable String, @Nullable String, String> function =
          (left, right) -> function(name).joined("", left, right);
      Table<String, String> results =
          switch (kind) {
            case INNER -> join.inner(function);
            case LEFT -> join.left(function);
            case RIGHT -> join.right(function);
            case OUTER -> join.outer(function);
          };
      write(name, results.name(name), out);
    }
  }

  private static void foreignKeys(DataStream<Row> lefts, Table<String, String> rights, String out) {
    Table<String, Row> rows =
        of(Family.FOREIGN_KEY, lefts)
            .toTable(Row::place, row -> row.deletes() ? null : row)
            .name("foreign-key-lefts");
    for (JoinKind kind : ForeignKeyCases.KINDS) {
      String name = Family.FOREIGN_KEY.join(kind);
      ForeignKeyTableJoin<String, Row, String> join =
          rows.onForeignKey(
                  row -> {
                    String foreignKey = ForeignKeyCases.foreignKey(row.place(), row.value());
                    return foreignKey == null ? null : row.place(foreignKey);
                  })
              .join(of(Family.FOREIGN_KEY, rights));
      JoinFunction<Row, @Nullable String, String> function =
          (row, other) ->
              function(name).joined(row.place(), ForeignKeyCases.withoutKey(row.value()), other);
      Table<String, String> results =
          kind == JoinKind.LEFT ? join.left(function) : join.inner(function);
      write(name, results.name(name), out);
    }
  }

  private static void write(String name, Table<String, String> table, String out) {
    table
        .changes()
        .map(change -> result(name, change.key(), change.kind() + "\t" + change.value()))
        .to(sink(out));
  }

  /** {@return the join and the key of a result, which keep their order} */
  private static String keyOf(String result) {
    return result.substring(0, result.indexOf('\t', result.indexOf('\t') + 1));
  }

  private static String result(String join, String place, String text) {
    return join + "\t" + place + "\t" + text;
  }

  private static KafkaSink<String> sink(String out) {
    return KafkaSink.<String>strings(out).key(TableCasesOnBrokerTest::keyOf);
  }

  // ------------------------------------------------------------------ the scripts

  /** What one step of all scripts sends. */
  private static final class Sent {
    final List<Row> lefts = new ArrayList<>();
    final List<RightRow> rights = new ArrayList<>();

    /** How the places of scripts begin that are amid what is one transaction for them. */
    final Set<String> unfinished = new HashSet<>();
  }

  private static List<Sent> moments() {
    List<Sent> moments = new ArrayList<>();
    for (int number = 0; number < LookupCases.ALL.size(); number++) {
      List<String> steps = LookupCases.ALL.get(number).steps();
      for (int i = 0; i < steps.size(); i++) {
        lookupStep(at(moments, i), number, steps.get(i));
      }
    }
    for (int number = 0; number < TableJoinCases.ALL.size(); number++) {
      int i = 0;
      for (List<String> transaction : TableJoinCases.ALL.get(number).transactions()) {
        for (int step = 0; step < transaction.size(); step++, i++) {
          tableStep(at(moments, i), number, transaction.get(step));
          if (step < transaction.size() - 1) {
            at(moments, i).unfinished.add(place(Family.TABLE, number, ""));
          }
        }
      }
    }
    for (int number = 0; number < ForeignKeyCases.ALL.size(); number++) {
      List<ForeignKeyCases.Step> steps = ForeignKeyCases.ALL.get(number).steps();
      for (int i = 0; i < steps.size(); i++) {
        foreignKeyStep(at(moments, i), number, steps.get(i));
      }
    }
    return moments;
  }

  private static Sent at(List<Sent> moments, int i) {
    if (moments.size() == i) {
      moments.add(new Sent());
    }
    return moments.get(i);
  }

  private static void lookupStep(Sent sent, int number, String step) {
    String[] parts = step.split("[ /=@]");
    switch (parts[0]) {
      case "S", "S!" -> {
        long timeMs = Long.parseLong(parts[3]) + (parts[0].equals("S!") ? FAR_MS : 0);
        sent.lefts.add(new Row(Family.LOOKUP, number, parts[1], parts[2], timeMs));
      }
      case "T" -> sent.rights.add(new RightRow(Family.LOOKUP, number, parts[1], parts[2], 7));
      default -> assertThat(parts[0]).as("the watermark, which there is none of").isEqualTo("W");
    }
  }

  private static void tableStep(Sent sent, int number, String step) {
    String[] parts = step.split("[ @]");
    String[] row = (parts[1].contains("/") ? parts[1] : "k/" + parts[1]).split("/");
    long timeMs = Long.parseLong(parts[2]);
    if (parts[0].equals("L")) {
      sent.lefts.add(new Row(Family.TABLE, number, row[0], row[1], timeMs));
    } else {
      sent.rights.add(new RightRow(Family.TABLE, number, row[0], row[1], timeMs));
    }
  }

  private static void foreignKeyStep(Sent sent, int number, ForeignKeyCases.Step step) {
    if (step.isLeft()) {
      sent.lefts.add(new Row(Family.FOREIGN_KEY, number, step.key(), step.row(), step.timeMs()));
    } else {
      sent.rights.add(
          new RightRow(Family.FOREIGN_KEY, number, step.key(), step.row(), step.timeMs()));
    }
  }

  private static void send(TestBroker broker, String left, String right, Sent sent) {
    List<ProducerRecord<byte[], byte[]>> lefts = new ArrayList<>();
    for (Row row : sent.lefts) {
      int partition = Math.floorMod(row.place().hashCode(), PARTITIONS);
      lefts.add(new ProducerRecord<>(left, partition, null, bytes(row.text())));
    }
    List<ProducerRecord<byte[], byte[]>> rights = new ArrayList<>();
    for (RightRow row : sent.rights) {
      String key = row.family() + "/" + row.number() + "/" + row.key();
      byte[] value = row.value().equals("-") ? null : bytes(row.value());
      int partition = Math.floorMod(key.hashCode(), PARTITIONS);
      rights.add(
          new ProducerRecord<>(right, partition, EPOCH_MS + row.timeMs(), bytes(key), value));
    }
    broker.produce(left, lefts);
    broker.produce(right, rights);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  // ------------------------------------------------------------------ what comes out

  /**
   * What happened to one key of one table in the steps that are one transaction for its script, as
   * one change of it: the job commits after each.
   */
  private static final class Netted {
    @Nullable String before;
    @Nullable String after;
    long timeMs;

    static Netted from(@Nullable String row) {
      Netted netted = new Netted();
      netted.before = row;
      netted.after = row;
      return netted;
    }

    /** Takes a change, which has to begin with the row that is there. */
    void take(Change.Kind kind, String row, long atMs) {
      switch (kind) {
        case INSERT -> {
          assertThat(after).as("before the insertion of %s", row).isNull();
          after = row;
        }
        case UPDATE_BEFORE, DELETE -> {
          assertThat(after).as("%s", kind).isEqualTo(row);
          after = null;
        }
        case UPDATE_AFTER -> after = row;
      }
      timeMs = atMs;
    }

    boolean isNothing() {
      return Objects.equals(before, after);
    }

    @Override
    public String toString() {
      return (before == null ? "." : before)
          + " -> "
          + (after == null ? "." : after)
          + "@"
          + timeMs;
    }
  }

  @Test
  void resultsAreThoseOfTheTables(TestBroker broker) {
    String left = broker.createTopic(broker.uniqueName("left"), PARTITIONS);
    String right = broker.createTopic(broker.uniqueName("right"), PARTITIONS);
    String out = broker.createTopic(broker.uniqueName("joined"), PARTITIONS);
    String errors = broker.createTopic(broker.uniqueName("errors"), 1);
    String name = broker.uniqueName("cases");
    Map<String, String> settings = SteppedJob.withDeadLetters(errors);
    KeyedLists found = new KeyedLists();
    KeyedLists letters = new KeyedLists();
    Map<String, String> rows = new HashMap<>();
    Map<String, Netted> changes = new TreeMap<>();
    try (SteppedJob stepped =
        new SteppedJob(
            broker, job(name, left, right, out), name, stateDir, settings, List.of(out, errors))) {
      for (Sent sent : moments()) {
        send(broker, left, right, sent);
        stepped.awaitTaken();
        for (ConsumerRecord<byte[], byte[]> record : stepped.more()) {
          if (record.topic().equals(errors)) {
            DeadLetters.Letter letter = DeadLetters.parsed(record);
            letters.add(letter.join(), letter.place(), letter.rows());
          } else {
            take(record, found, rows, changes);
          }
        }
        for (String changed : List.copyOf(changes.keySet())) {
          String[] parts = changed.split(" ");
          if (sent.unfinished.stream().noneMatch(parts[1]::startsWith)) {
            Netted change = changes.remove(changed);
            if (!change.isNothing()) {
              found.add(parts[0], parts[1], change.toString());
            }
          }
        }
      }
    }
    assertThat(found.differences(expected())).isEmpty();
    assertThat(letters.differences(expectedLetters())).as("letters").isEmpty();
  }

  private static void take(
      ConsumerRecord<byte[], byte[]> record,
      KeyedLists found,
      Map<String, String> rows,
      Map<String, Netted> changes) {
    String[] parts = new String(record.value(), StandardCharsets.UTF_8).split("\t");
    long timeMs = record.timestamp() - EPOCH_MS;
    if (parts.length == 3) {
      // A timestamp that brokers do not take is not the result's.
      found.add(parts[0], parts[1], parts[2] + "@" + (timeMs > AGE_MS / 2 ? "!" : timeMs));
      return;
    }
    String place = parts[0] + " " + parts[1];
    Netted netted = changes.computeIfAbsent(place, any -> Netted.from(rows.get(place)));
    netted.take(Change.Kind.valueOf(parts[2]), parts[3], timeMs);
    if (netted.after == null) {
      rows.remove(place);
    } else {
      rows.put(place, netted.after);
    }
  }

  // ------------------------------------------------------------------ what should come out

  private static KeyedLists expected() {
    KeyedLists expected = new KeyedLists();
    for (int number = 0; number < LookupCases.ALL.size(); number++) {
      LookupCases.Case each = LookupCases.ALL.get(number);
      for (JoinKind kind : LookupCases.KINDS) {
        for (String result : each.expected(kind)) {
          String value = result.substring(0, result.indexOf('+'));
          expected.add(
              Family.LOOKUP.join(kind),
              place(Family.LOOKUP, number, keyOf(each, value)),
              result.endsWith("!") ? result.replaceFirst("@.*", "@!") : result);
        }
      }
    }
    for (int number = 0; number < TableJoinCases.ALL.size(); number++) {
      for (JoinKind kind : JoinKind.values()) {
        add(expected, Family.TABLE, number, kind, TableJoinCases.ALL.get(number).expected(kind));
      }
    }
    for (int number = 0; number < ForeignKeyCases.ALL.size(); number++) {
      for (JoinKind kind : ForeignKeyCases.KINDS) {
        add(
            expected,
            Family.FOREIGN_KEY,
            number,
            kind,
            ForeignKeyCases.ALL.get(number).expected(kind));
      }
    }
    return expected;
  }

  private static void add(
      KeyedLists expected, Family family, int number, JoinKind kind, List<String> changes) {
    for (String change : changes) {
      String[] parts = change.split(": ");
      expected.add(family.join(kind), place(family, number, parts[0]), parts[1]);
    }
  }

  private static KeyedLists expectedLetters() {
    KeyedLists expected = new KeyedLists();
    for (int number = 0; number < LookupCases.ALL.size(); number++) {
      LookupCases.Case each = LookupCases.ALL.get(number);
      for (JoinKind kind : LookupCases.KINDS) {
        for (String letter : each.failures(kind)) {
          String value = letter.substring(0, letter.indexOf('+'));
          expected.add(
              Family.LOOKUP.join(kind), place(Family.LOOKUP, number, keyOf(each, value)), letter);
        }
      }
    }
    for (int number = 0; number < TableJoinCases.ALL.size(); number++) {
      for (JoinKind kind : JoinKind.values()) {
        for (String letter : TableJoinCases.ALL.get(number).letters(kind)) {
          expected.add(Family.TABLE.join(kind), place(Family.TABLE, number, "k"), letter);
        }
      }
    }
    for (int number = 0; number < ForeignKeyCases.ALL.size(); number++) {
      for (JoinKind kind : ForeignKeyCases.KINDS) {
        for (String letter : ForeignKeyCases.ALL.get(number).letters(kind)) {
          expected.add(
              Family.FOREIGN_KEY.join(kind), place(Family.FOREIGN_KEY, number, "k"), letter);
        }
      }
    }
    return expected;
  }

  private static String place(Family family, int number, String key) {
    return family + "/" + number + "/" + key;
  }

  /** {@return the key of the record with a value} */
  private static String keyOf(LookupCases.Case each, String value) {
    return each.steps().stream()
        .map(step -> step.split("[ /@]"))
        .filter(parts -> parts[0].startsWith("S") && parts[2].equals(value))
        .map(parts -> parts[1])
        .findFirst()
        .orElseThrow();
  }

  /** {@return how many cases run here} */
  static int count() {
    return LookupCases.ALL.size() * LookupCases.KINDS.size()
        + TableJoinCases.ALL.size() * JoinKind.values().length
        + ForeignKeyCases.ALL.size() * ForeignKeyCases.KINDS.size();
  }
}
