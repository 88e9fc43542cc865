package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.pattern.Match;
import dev.millrace.pattern.Pattern;
import dev.millrace.pattern.SkipStrategy;
import dev.millrace.pattern.Unfinished;
import dev.millrace.testkit.CommitFailure;
import dev.millrace.testkit.EachCommit;
import dev.millrace.testkit.JobTest;
import dev.millrace.testkit.TestSink;
import dev.millrace.testkit.TestTopic;
import dev.millrace.time.Watermarks;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What people look for in streams, as whole jobs. */
final class PatternExamplesTest {

  private static final Instant START = Instant.parse("2025-01-01T00:00:00Z");

  /** Something that has happened. */
  record Event(String key, long second, String kind, double value) {
    Instant at() {
      return START.plusSeconds(second);
    }
  }

  private static Event event(String key, long second, String kind, double value) {
    return new Event(key, second, kind, value);
  }

  private static KeyedStream<String, Event> byKey(Job job) {
    return job.source(
            KafkaSource.json("events", Event.class)
                .eventTime(Event::at)
                .watermarks(Watermarks.boundedOutOfOrderness(Duration.ofSeconds(30))))
        .keyBy(Event::key);
  }

  private static List<String> found(
      Pattern<Event> pattern, Function<Match<Event>, String> result, Event... events) {
    Job job = Job.named("job");
    TestSink<String> sink = TestSink.collect();
    byKey(job).match(pattern).select(String.class, result::apply).to(sink);
    try (JobTest test = JobTest.of(job)) {
      TestTopic<Event> topic = test.topic("events", Event.class).partitions(1);
      for (Event event : events) {
        topic.send(0, event);
      }
      test.endInput();
      return List.copyOf(sink.values());
    }
  }

  private static String values(Match<Event> match) {
    return match.events().stream().map(Event::value).toList().toString();
  }

  @Test
  void twoLargePaymentsWithinTenMinutes() {
    assertThat(
            found(
                Pattern.<Event>begin("large")
                    .where(payment -> payment.value() > 1000)
                    .times(2)
                    .within(Duration.ofMinutes(10))
                    .skip(SkipStrategy.pastLast()),
                PatternExamplesTest::values,
                event("card", 0, "", 2000),
                event("card", 300, "", 5),
                event("other", 350, "", 9000),
                event("card", 599, "", 3000),
                event("card", 700, "", 4000),
                event("card", 1300, "", 5000)))
        .containsExactly("[2000.0, 3000.0]");
  }

  @Test
  void aSmallAndThenALargePaymentInAnotherCountry() {
    assertThat(
            found(
                Pattern.<Event>begin("small")
                    .where(payment -> payment.value() < 1)
                    .followedBy("large")
                    .where(
                        (payment, match) ->
                            payment.value() > 500
                                && !payment.kind().equals(match.first("small").kind()))
                    .within(Duration.ofMinutes(10)),
                match -> match.first("small").kind() + " " + match.first("large").kind(),
                event("card", 20, "NO", 501), // comes before the small one, and is out of order
                event("card", 10, "NO", 0.5),
                event("card", 30, "SE", 502)))
        .containsExactly("NO SE");
  }

  @Test
  void aPriceInTheShapeOfAW() {
    assertThat(
            found(
                Pattern.<Event>begin("start")
                    .next("down")
                    .where((price, match) -> price.value() < last(match))
                    .oneOrMore()
                    .consecutive()
                    .greedy()
                    .next("up")
                    .where((price, match) -> price.value() > last(match))
                    .oneOrMore()
                    .consecutive()
                    .greedy()
                    .next("again")
                    .where((price, match) -> price.value() < last(match))
                    .oneOrMore()
                    .consecutive()
                    .greedy()
                    .next("end")
                    .where((price, match) -> price.value() > last(match))
                    .within(Duration.ofHours(1))
                    .skip(SkipStrategy.pastLast()),
                PatternExamplesTest::values,
                event("stock", 1, "", 10),
                event("stock", 2, "", 8),
                event("stock", 3, "", 7),
                event("stock", 4, "", 9),
                event("stock", 5, "", 6),
                event("stock", 6, "", 11),
                event("stock", 7, "", 12)))
        .containsExactly("[10.0, 8.0, 7.0, 9.0, 6.0, 11.0]");
  }

  private static double last(Match<Event> match) {
    return match.events().get(match.events().size() - 1).value();
  }

  @Test
  void aTemperatureThatRisesThreeTimes() {
    assertThat(
            found(
                Pattern.<Event>begin("rising")
                    .where(
                        (reading, match) ->
                            match.count("rising") == 0
                                || reading.value() > match.last("rising").value())
                    .times(4)
                    .consecutive(),
                PatternExamplesTest::values,
                event("oven", 1, "", 20),
                event("oven", 2, "", 21),
                event("oven", 3, "", 20),
                event("oven", 4, "", 25),
                event("oven", 5, "", 30),
                event("oven", 6, "", 35)))
        .containsExactly("[20.0, 25.0, 30.0, 35.0]");
  }

  private static Pattern<Event> unpaid() {
    return Pattern.<Event>begin("order")
        .where(event -> event.kind().equals("ordered"))
        .notFollowedBy("payment")
        .where(event -> event.kind().equals("paid"))
        .within(Duration.ofHours(1));
  }

  @Test
  void anOrderThatIsNotPaid() {
    assertThat(
            found(
                unpaid(),
                match -> match.first("order").key(),
                event("paid", 0, "ordered", 1),
                event("late", 1, "ordered", 1),
                event("paid", 3599, "paid", 1),
                event("late", 3601, "paid", 1)))
        .containsExactly("late");
  }

  @Test
  void failedLoginsAndThenOneThatSucceeds() {
    assertThat(
            found(
                Pattern.<Event>begin("failed")
                    .where(login -> login.kind().equals("failed"))
                    .timesOrMore(3)
                    .consecutive()
                    .greedy()
                    .next("in")
                    .where(login -> login.kind().equals("in"))
                    .within(Duration.ofMinutes(1))
                    .skip(SkipStrategy.pastLast()),
                match -> match.first("in").key() + " after " + match.count("failed"),
                event("eve", 1, "failed", 0),
                event("eve", 2, "failed", 0),
                event("bob", 3, "failed", 0),
                event("eve", 4, "failed", 0),
                event("bob", 5, "in", 0),
                event("eve", 6, "failed", 0),
                event("eve", 7, "in", 0)))
        .containsExactly("eve after 4");
  }

  /** Whatever a commit meets, each match and each order that is not paid comes once. */
  @ParameterizedTest
  @EnumSource(CommitFailure.class)
  void eachMatchComesOnceWhateverACommitMeets(CommitFailure failure) {
    for (EachCommit.Attempt attempt : EachCommit.with(failure).every(3)) {
      Job job = Job.named("job");
      var unfinished = Unfinished.tag("unfinished", Event.class);
      DataStream<String> found =
          byKey(job)
              .match(
                  Pattern.<Event>begin("order")
                      .where(event -> event.kind().equals("ordered"))
                      .followedBy("payment")
                      .where(event -> event.kind().equals("paid"))
                      .within(Duration.ofHours(1)))
              .unfinishedTo(unfinished)
              .select(match -> match.first("order").key() + " paid");
      found.to(KafkaSink.strings("matches"));
      found
          .sideOutput(unfinished)
          .map(String.class, partial -> partial.first("order").key() + " not paid")
          .to(KafkaSink.strings("others"));
      try (JobTest test = attempt.start(JobTest.builder(job))) {
        TestTopic<Event> topic = test.topic("events", Event.class).partitions(2);
        topic.send(0, event("a", 0, "ordered", 1), event("b", 1, "ordered", 1));
        topic.send(1, event("c", 2, "ordered", 1));
        test.run();
        topic.send(1, event("a", 40, "paid", 1));
        topic.send(0, event("x", 50, "", 1));
        test.run();
        topic.send(0, event("c", 90, "paid", 1));
        topic.send(1, event("x", 4_000, "", 1));
        test.run();
        topic.send(0, event("x", 4_000, "", 1));
        test.run();
        test.endInput();
        assertThat(test.output("matches", String.class))
            .as("%s", attempt)
            .containsExactlyInAnyOrder("a paid", "c paid");
        assertThat(test.output("others", String.class))
            .as("%s", attempt)
            .containsExactly("b not paid");
      }
    }
  }
}
