package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.output.OutputTag;
import dev.millrace.testkit.JobTest;
import dev.millrace.window.Windows;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Records come as often as there are ways for them, be they between the same two steps. */
final class UnionTest {

  private static final OutputTag<String> SIDE = OutputTag.of("side", String.class);

  private static void lines(DataStream<String> stream) {
    stream.to(KafkaSink.strings("out"));
  }

  /** Each way of writing it, and how often a value comes out. */
  static Stream<Arguments> programs() {
    return Stream.of(
        program("a stream with itself", 2, s -> lines(s.union(s))),
        program("three times", 3, s -> lines(s.union(s, s))),
        program("a union with itself", 4, s -> lines(twice(s.union(s)))),
        program("ahead of a step", 2, s -> lines(s.union(s).map(x -> x))),
        program("behind a step", 2, s -> lines(twice(s.map(x -> x)))),
        program("by way of two steps", 2, s -> lines(s.map(x -> x).union(s.map(x -> x)))),
        program("with a part of itself", 2, s -> lines(s.union(s.filter(x -> true)))),
        program(
            "a case of a branch", 2, s -> lines(twice(s.branch("all", x -> true).stream("all")))),
        program("a side output", 2, s -> lines(twice(split(s).sideOutput(SIDE)))),
        program(
            "two readings of a side output",
            2,
            s -> {
              DataStream<String> split = split(s);
              lines(split.sideOutput(SIDE).union(split.sideOutput(SIDE)));
            }),
        program("spread evenly", 2, s -> lines(s.union(s).rebalance())),
        program("with other tasks", 2, s -> lines(s.union(s).map(x -> x).parallelism(3))),
        program("behind a shuffle", 2, s -> lines(twice(s.rebalance()))),
        program(
            "in windows",
            1,
            s ->
                lines(
                    s.union(s)
                        .keyBy(x -> x)
                        .window(Windows.count(2))
                        .count()
                        .map(result -> result.key()))),
        program(
            "by key",
            1,
            s ->
                lines(
                    s.union(s, s)
                        .keyBy(x -> x)
                        .count()
                        .changes()
                        .filter(change -> change.value() == 3)
                        .map(change -> change.key()))),
        program(
            "by key on both sides of it",
            2,
            s -> {
              DataStream<String> keys =
                  s.keyBy(x -> x).count().changes().map(change -> change.key());
              lines(
                  keys.union(
                      s.keyBy(x -> x).count().name("again").changes().map(change -> change.key())));
            }),
        program(
            "two keyed streams by key",
            1,
            s -> {
              DataStream<String> keys =
                  s.keyBy(x -> x).count().changes().map(change -> change.key());
              lines(
                  keys.union(
                          s.keyBy(x -> x)
                              .count()
                              .name("again")
                              .changes()
                              .map(change -> change.key()))
                      .keyBy(x -> x)
                      .window(Windows.count(2))
                      .count()
                      .map(result -> result.key()));
            }));
  }

  private static DataStream<String> twice(DataStream<String> stream) {
    return stream.union(stream);
  }

  private static DataStream<String> split(DataStream<String> stream) {
    return stream.filter(
        (value, outputs) -> {
          outputs.emit(SIDE, value);
          return false;
        },
        SIDE);
  }

  private static Arguments program(String name, int times, Consumer<DataStream<String>> program) {
    return Arguments.of(name, times, program);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("programs")
  void eachWayBringsEachRecord(String name, int times, Consumer<DataStream<String>> program) {
    Job job = Job.named("union");
    program.accept(job.source(KafkaSource.strings("in")));
    try (JobTest test = JobTest.builder(job).build()) {
      test.topic("in", String.class).partitions(2).send(0, "a", "b").send(1, "c");
      test.run();
      List<String> out = test.output("out", String.class);
      assertThat(out)
          .as(name)
          .hasSize(3 * times)
          .satisfies(
              values ->
                  Map.of("a", times, "b", times, "c", times)
                      .forEach(
                          (value, count) ->
                              assertThat(values.stream().filter(value::equals))
                                  .as(value)
                                  .hasSize(count)));
    }
  }
}
