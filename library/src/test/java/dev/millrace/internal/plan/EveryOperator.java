package dev.millrace.internal.plan;

import dev.millrace.Branches;
import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.Table;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.Async;
import dev.millrace.internal.compile.Compiler;
import dev.millrace.output.OutputTag;
import dev.millrace.pattern.Pattern;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.state.MapState;
import dev.millrace.testkit.TestSink;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A job with steps of every kind, each of which turns topic {@code in} into a topic of its own. A
 * new kind of operation belongs here; tests of all that has to know the kinds run this job.
 */
public final class EveryOperator {

  private static final OutputTag<String> SIDE = OutputTag.of("side", String.class);

  private final Job job = Job.named("every");
  private final DataStream<String> in =
      job.source(KafkaSource.strings("in").watermarks(Watermarks.monotonous()));
  private final Map<String, List<String>> results = new LinkedHashMap<>();
  private final TestSink<String> collected = TestSink.collect();

  /** Creates the job. */
  public EveryOperator() {
    expect("mapped", in.map(word -> word + "!"), "a!", "bc!");
    expect("filtered", in.filter(word -> word.length() == 1), "a");
    expect(
        "split-up",
        in.flatMap(String.class, (word, out) -> word.chars().forEach(c -> out.emit("" + (char) c))),
        "a",
        "b",
        "c");
    expect("peeked", in.peek(word -> {}), "a", "bc");
    expect(
        "asked",
        in.mapAsync(
            String.class, word -> CompletableFuture.completedFuture(word + "?"), Async.inFlight(2)),
        "a?",
        "bc?");
    expect("united", in.union(in.map(word -> "same " + word)), "a", "bc", "same a", "same bc");
    expect("spread", in.rebalance(), "a", "bc");

    Branches<String> branches = in.branch("short", word -> word.length() == 1).otherwise("long");
    expect("short", branches.stream("short"), "a");
    expect("long", branches.stream("long"), "bc");

    DataStream<String> kept =
        in.filter(
            (word, out) -> {
              out.emit(SIDE, "aside " + word);
              return true;
            },
            SIDE);
    expect("kept", kept, "a", "bc");
    expect("aside", kept.sideOutput(SIDE), "aside a", "aside bc");

    expect(
        "counted",
        in.keyBy(word -> word).count().changes().map(change -> change.key() + "=" + change.value()),
        "a=1",
        "bc=1");
    Table<String, Integer> lengths =
        in.keyBy(word -> word).reduce((left, right) -> right).mapValues(String::length);
    expect("mapped-rows", shown(lengths), "a=1", "bc=2");
    expect("filtered-rows", shown(lengths.filter((word, length) -> length > 1)), "bc=2");
    expect("grouped", shown(lengths.groupBy((word, length) -> length % 2).count()), "1=1", "0=1");
    expect(
        "collected",
        in.keyBy(String::length)
            .window(Windows.tumbling(Duration.ofSeconds(1)))
            .count()
            .name("lengths")
            .map(result -> result.key() + ":" + result.value()),
        "1:1",
        "2:1");
    expect(
        "processed", in.keyBy(word -> word.charAt(0) + "").process(Seen::new), "a new", "bc new");
    expect(
        "matched",
        in.keyBy(String::length)
            .match(Pattern.<String>begin("any"))
            .select(match -> match.first("any") + " found")
            .name("matched"),
        "a found",
        "bc found");
    expect(
        "rows",
        shown(job.table(KafkaTable.strings("in", String.class)).name("rows")),
        "A=a",
        "BC=bc");
    expect(
        "joined",
        in.join(in.map(word -> word + "'"))
            .on(word -> word.substring(0, 1), word -> word.substring(0, 1))
            .within(Duration.ZERO, Duration.ZERO)
            .left((word, other) -> word + " with " + other)
            .name("joined"),
        "a with a'",
        "bc with bc'");
    expect(
        "co-grouped",
        in.keyBy(word -> word.substring(0, 1))
            .coGroup(in.map(word -> word + "'").keyBy(word -> word.substring(0, 1)))
            .within(Windows.tumbling(Duration.ofSeconds(1)))
            .apply(
                String.class,
                (letter, window, words, others, out) ->
                    out.emit(letter + " has " + words.toList() + others.toList()))
            .name("co-grouped"),
        "a has [a][a']",
        "b has [bc][bc']");
    expect(
        "joined-rows",
        shown(
            lengths
                .join(in.keyBy(word -> word + "").count().name("counts"))
                .leftJoin(in.keyBy(word -> word).latest(String.class, EveryOperator::single))
                .inner((length, count, single) -> length + " " + count + " " + single)),
        "a=1 1 a",
        "bc=2 1 null");
    expect(
        "looked-up",
        in.join(lengths)
            .on(word -> "none " + word)
            .left((word, length) -> word + " has " + length)
            .name("looked-up"),
        "a has null",
        "bc has null");
    expect(
        "looked-up-whole",
        in.join(job.table(KafkaTable.strings("in", String.class)).name("whole").broadcast())
            .on(String::toUpperCase)
            .left((word, row) -> word + " is " + row)
            .name("looked-up-whole"),
        "a is a",
        "bc is bc");
    expect(
        "looked-up-whole-lengths",
        in.rebalance()
            .name("mixed")
            .join(lengths.broadcast())
            .on(word -> "none " + word)
            .left((word, length) -> word + " has " + length + " here")
            .name("looked-up-whole-lengths"),
        "a has null here",
        "bc has null here");
    expect(
        "referred-rows",
        shown(
            lengths
                .onForeignKey(length -> length == 2 ? "a" : null)
                .join(
                    in.keyBy(word -> word)
                        .latest(String.class, EveryOperator::single)
                        .name("singles"))
                .left((length, word) -> length + " " + word)
                .name("referred")),
        "a=1 null",
        "bc=2 a");
    expect(
        "looked-up-in-time",
        in.join(in.toTable(word -> word.substring(0, 1)))
            .on(word -> word.substring(0, 1))
            .asOfEventTime()
            .left((word, row) -> word + " was " + row)
            .name("looked-up-in-time"),
        "a was a",
        "bc was bc");
    in.to(collected);
  }

  private static @Nullable String single(String word) {
    return word.length() == 1 ? word : null;
  }

  private static DataStream<String> shown(Table<?, ?> table) {
    return table.changes().map(String.class, change -> change.key() + "=" + change.value());
  }

  /** A function with each kind of rows that a key may have. */
  private static final class Seen extends KeyedProcessFunction<String, String, String> {
    private final MapState<String, Long> words = state.map("words", String.class, Long.class);

    @Override
    public void onRecord(String word, Context context) {
      if (words.value(word) == null) {
        words.put(word, 1L);
        context.timers().setEventTime(context.eventTime().plusMillis(1));
        context.emit(word + " new");
      }
    }
  }

  private void expect(String topic, DataStream<String> stream, String... expected) {
    stream.to(KafkaSink.strings(topic));
    results.put(topic, List.of(expected));
  }

  /** {@return the job} */
  public Job job() {
    return job;
  }

  /**
   * {@return what the topics receive if {@code a} and {@code bc} were sent by the keys {@code A}
   * and {@code BC}, in any order}
   */
  public Map<String, List<String>> results() {
    return results;
  }

  /** {@return the sink of a kind of its own, which receives what was sent} */
  public TestSink<String> collected() {
    return collected;
  }

  /** {@return the plan of the job} */
  public static LogicalPlan logical() {
    return PlanAccess.of(new EveryOperator().job());
  }

  /** {@return the plan of how it runs} */
  public static PhysicalPlan physical() {
    return Compiler.compile(logical(), ErrorPolicy.fail());
  }

  /** {@return the steps of the job} */
  public static List<Step> steps() {
    return physical().stages().stream().flatMap(stage -> stage.steps().stream()).toList();
  }

  /** {@return the names of all kinds that a type permits, also through others} */
  public static Set<String> kinds(Class<?> sealed) {
    return leaves(sealed).map(EveryOperator::name).collect(Collectors.toCollection(TreeSet::new));
  }

  private static Stream<Class<?>> leaves(Class<?> type) {
    return type.isSealed()
        ? Arrays.stream(type.getPermittedSubclasses()).flatMap(EveryOperator::leaves)
        : Stream.of(type);
  }

  /** {@return the name of a kind, with the type around it} */
  public static String name(Class<?> kind) {
    return kind.getName().substring(kind.getPackageName().length() + 1);
  }

  /** {@return the name of an object's kind} */
  public static String kind(Object object) {
    return name(object.getClass());
  }
}
