package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ConfigurationException;
import dev.millrace.output.OutputTag;
import dev.millrace.pattern.Overflow;
import dev.millrace.pattern.Pattern;
import dev.millrace.pattern.Unfinished;
import dev.millrace.testkit.JobTest;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Late;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What programs may say of a match, by the words that they have for it. */
final class MatchedStreamTest {

  private static final Instant START = Instant.parse("2025-01-01T00:00:00Z");

  /** An event of a machine as it is in a topic. */
  record Row(String machine, long second, String kind, double value) {
    Event event() {
      return kind.equals("stop") ? new Stop(machine) : new Heat(machine, value);
    }
  }

  /** An event of a machine. */
  sealed interface Event permits Heat, Stop {
    String machine();
  }

  record Heat(String machine, double value) implements Event {}

  record Stop(String machine) implements Event {}

  private static Row heat(long second, double value) {
    return new Row("m", second, "heat", value);
  }

  private static Row stop(long second) {
    return new Row("m", second, "stop", 0);
  }

  private static KeyedStream<String, Event> events(Job job) {
    return job.source(
            KafkaSource.json("events", Row.class)
                .eventTime(row -> START.plusSeconds(row.second()))
                .watermarks(Watermarks.monotonous()))
        .map(Event.class, row -> row.event())
        .keyBy(String.class, event -> event.machine());
  }

  private static List<String> found(
      Function<KeyedStream<String, Event>, DataStream<String>> program, Row... rows) {
    Job job = Job.named("job");
    program.apply(events(job)).to(KafkaSink.strings("found"));
    try (JobTest test = JobTest.of(job)) {
      test.topic("events", Row.class).partitions(1).send(0, List.of(rows).toArray(new Row[0]));
      test.endInput();
      return test.output("found", String.class);
    }
  }

  private static double value(Event event) {
    return ((Heat) event).value();
  }

  @Test
  void stagesMayAskForAClassAndConditionsForAnAggregate() {
    Pattern<Event> pattern =
        Pattern.<Event>begin("before")
            .subtype(Heat.class)
            .times(2)
            .consecutive()
            .next("jump")
            .subtype(Heat.class)
            .where(
                (event, match) ->
                    value(event)
                        > 2
                            * match.aggregate(
                                "before", Aggregates.average(MatchedStreamTest::value)))
            .followedBy("stop")
            .subtype(Stop.class, stop -> stop.machine().equals("m"));
    assertThat(
            found(
                events ->
                    events
                        .match(pattern)
                        .select(String.class, match -> match.first("jump").toString()),
                heat(1, 10),
                heat(2, 20),
                heat(3, 30),
                heat(4, 51),
                stop(5)))
        .containsExactly("Heat[machine=m, value=51.0]");
  }

  @Test
  void aMatchMayHaveSeveralResults() {
    assertThat(
            found(
                events ->
                    events
                        .match(Pattern.<Event>begin("all").subtype(Heat.class).times(2))
                        .flatSelect(
                            String.class,
                            (match, out) ->
                                match.all("all").forEach(each -> out.emit("" + value(each)))),
                heat(1, 1),
                heat(2, 2)))
        .containsExactly("1.0", "2.0");
  }

  @Test
  void recordsOfOneTimeAreInTheOrderAskedFor() {
    assertThat(
            found(
                events ->
                    events
                        .match(Pattern.<Event>begin("all").times(3))
                        .ordered(Comparator.comparingDouble(MatchedStreamTest::value))
                        .select(
                            String.class,
                            match ->
                                match.events().stream()
                                    .map(MatchedStreamTest::value)
                                    .toList()
                                    .toString()),
                heat(1, 3),
                heat(1, 1),
                heat(1, 2)))
        .containsExactly("[1.0, 2.0, 3.0]");
  }

  @Test
  void whatIsUnfinishedOrLateOrTooMuchIsInSideOutputs() {
    OutputTag<Unfinished<Event>> unfinished = Unfinished.tag("unfinished", Event.class);
    OutputTag<Late<Event>> late = Late.tag("late", Event.class);
    Job job = Job.named("job");
    DataStream<String> found =
        events(job)
            .match(
                Pattern.<Event>begin("hot")
                    .subtype(Heat.class)
                    .followedBy("stop")
                    .subtype(Stop.class)
                    .within(Duration.ofSeconds(10)))
            .maxRuns(2, Overflow.DROP_OLDEST)
            .maxBuffered(4, Overflow.DROP_OLDEST)
            .unfinishedTo(unfinished)
            .lateTo(late)
            .select(String.class, match -> "stopped after " + value(match.first("hot")));
    found.to(KafkaSink.strings("found"));
    found
        .sideOutput(unfinished)
        .map(String.class, each -> each.reason() + " " + value(each.first("hot")))
        .to(KafkaSink.strings("found"));
    found
        .sideOutput(late)
        .map(String.class, each -> each.reason() + " " + value(each.value()))
        .to(KafkaSink.strings("found"));
    try (JobTest test = JobTest.of(job)) {
      var topic = test.topic("events", Row.class).partitions(1);
      Stream.of(heat(1, 1), heat(2, 2), heat(3, 3), stop(20))
          .forEach(
              row -> {
                topic.send(0, row);
                test.run();
              });
      topic.send(0, heat(19, 4));
      test.run();
      topic.send(0, heat(25, 5), stop(26));
      test.endInput();
      assertThat(test.output("found", String.class))
          .containsExactly(
              "DROPPED 1.0",
              "TIMED_OUT 2.0",
              "TIMED_OUT 3.0",
              "BEHIND_WATERMARK 4.0",
              "stopped after 5.0");
    }
  }

  @Test
  void inProcessingTimeRecordsComeAsTheyArrive() {
    assertThat(
            found(
                events ->
                    events
                        .match(
                            Pattern.<Event>begin("hot")
                                .subtype(Heat.class)
                                .next("stop")
                                .subtype(Stop.class)
                                .within(Duration.ofSeconds(10)))
                        .inProcessingTime()
                        .select(String.class, match -> "" + value(match.first("hot"))),
                heat(50, 1),
                stop(20)))
        .containsExactly("1.0");
  }

  @Test
  void limitsAreAtLeastOneAndOrderNeedsEventTime() {
    MatchedStream<String, Event> matched =
        events(Job.named("job")).match(Pattern.<Event>begin("any"));
    assertThatThrownBy(() -> matched.maxBuffered(0, Overflow.FAIL))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Cannot limit the records of a key");
    assertThatThrownBy(() -> matched.maxRuns(0, Overflow.FAIL))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Cannot limit partial matches");
    assertThatThrownBy(
            () ->
                matched
                    .ordered(Comparator.comparing(Event::machine))
                    .inProcessingTime()
                    .select(String.class, match -> ""))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("nothing to order");
  }

  @Test
  void thePlanShowsTheAutomatonAndWarnsOfLoopsThatGrowForEver() {
    Job job = Job.named("job");
    events(job)
        .match(Pattern.<Event>begin("hot").oneOrMore().followedBy("stop").subtype(Stop.class))
        .select(String.class, match -> "")
        .to(KafkaSink.strings("found"));
    JobPlan plan = Millrace.plan(job, JobConfig.defaults());
    assertThat(plan.toString())
        .contains(
            "match begin hot oneOrMore, followedBy stop",
            "start -> hot",
            "hot -> hot (followedBy); stop (followedBy)",
            "stop is a match",
            "warning: stage 'hot' takes any number of events for ever");
  }
}
