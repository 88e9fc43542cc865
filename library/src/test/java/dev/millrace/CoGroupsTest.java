package dev.millrace;

import static dev.millrace.LetterTopics.BOUND;
import static dev.millrace.LetterTopics.START;
import static dev.millrace.LetterTopics.out;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.connector.KafkaSink;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.output.OutputTag;
import dev.millrace.testkit.CommitFailure;
import dev.millrace.testkit.DeadLetter;
import dev.millrace.testkit.EachCommit;
import dev.millrace.testkit.JobTest;
import dev.millrace.testkit.LocalState;
import dev.millrace.window.Late;
import dev.millrace.window.WindowResult;
import dev.millrace.window.WindowSpec;
import dev.millrace.window.Windows;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Jobs that see two streams together, and join them by sessions, on the simulated cluster. */
final class CoGroupsTest {

  private static final Duration TEN = Duration.ofSeconds(10);

  private static KeyedStream<String, String> keyed(Job job, String topic) {
    return LetterTopics.source(job, topic).keyBy(LetterTopics::letter);
  }

  /** Groups as {@code 0-10 a: [a1, a2] [a3]}, in seconds since the start. */
  private static DataStream<String> groups(Job job, WindowSpec<Object> window) {
    return keyed(job, "left")
        .coGroup(keyed(job, "right"))
        .within(window)
        .apply(
            String.class,
            (key, bounds, left, right, out) -> {
              long from = Duration.between(START, bounds.start()).toSeconds();
              long to = Duration.between(START, bounds.end()).toSeconds();
              out.emit(shown(key, from, to, left.toList(), right.toList()));
            });
  }

  private static String shown(
      String key, long from, long to, List<String> left, List<String> right) {
    return from + "-" + to + " " + key + ": " + left + " " + right;
  }

  private static void send(JobTest test, String topic, int partition, long second, String value) {
    test.topic(topic, String.class).sendAt(partition, START.plusSeconds(second), value);
  }

  // ------------------------------------------------------------------ a batch

  /** A record; those of a second are all in one partition, which keeps their order. */
  private record In(String topic, int number, long second, String value) {

    char key() {
      return value.charAt(0);
    }

    int partition(int partitions) {
      return (int) (second % partitions);
    }
  }

  private static List<In> inputs(Random random) {
    List<In> inputs = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      String topic = random.nextBoolean() ? "left" : "right";
      String value = "abc".charAt(random.nextInt(3)) + "" + i;
      inputs.add(new In(topic, i, i + random.nextInt(3), value));
    }
    return inputs;
  }

  private static String group(long from, long to, List<In> group) {
    List<In> sorted = new ArrayList<>(group);
    sorted.sort(Comparator.comparing(In::second).thenComparing(In::number));
    return shown("" + group.get(0).key(), from, to, side(sorted, "left"), side(sorted, "right"));
  }

  private static List<String> side(List<In> group, String topic) {
    return group.stream().filter(in -> in.topic().equals(topic)).map(In::value).toList();
  }

  private static Stream<List<In>> perKey(List<In> inputs) {
    return Stream.of('a', 'b', 'c')
        .map(key -> inputs.stream().filter(in -> in.key() == key).toList());
  }

  private static List<String> windows(List<In> inputs, long size, long slide) {
    List<String> expected = new ArrayList<>();
    perKey(inputs)
        .forEach(
            ofKey -> {
              for (long start = -size; start < 100; start++) {
                long from = start;
                List<In> inside =
                    ofKey.stream()
                        .filter(in -> in.second() >= from && in.second() < from + size)
                        .toList();
                if (!inside.isEmpty() && start % slide == 0) {
                  expected.add(group(start, start + size, inside));
                }
              }
            });
    return expected;
  }

  private static List<List<In>> sessions(List<In> inputs, long gap) {
    List<List<In>> sessions = new ArrayList<>();
    perKey(inputs)
        .forEach(
            ofKey -> {
              List<In> sorted = new ArrayList<>(ofKey);
              sorted.sort(Comparator.comparing(In::second));
              long end = Long.MIN_VALUE;
              for (In in : sorted) {
                if (in.second() > end) {
                  sessions.add(new ArrayList<>());
                }
                sessions.get(sessions.size() - 1).add(in);
                end = in.second() + gap;
              }
            });
    return sessions;
  }

  /** What a job is expected to emit, and the job. */
  private enum Kind {
    TUMBLING {
      @Override
      DataStream<String> build(Job job) {
        return groups(job, Windows.tumbling(TEN));
      }

      @Override
      List<String> expected(List<In> inputs) {
        return windows(inputs, 10, 10);
      }
    },
    SLIDING {
      @Override
      DataStream<String> build(Job job) {
        return groups(job, Windows.sliding(TEN, Duration.ofSeconds(5)));
      }

      @Override
      List<String> expected(List<In> inputs) {
        return windows(inputs, 10, 5);
      }
    },
    SESSIONS {
      @Override
      DataStream<String> build(Job job) {
        return groups(job, Windows.session(BOUND));
      }

      @Override
      List<String> expected(List<In> inputs) {
        return sessions(inputs, 3).stream()
            .map(
                session ->
                    group(
                        session.get(0).second(),
                        session.get(session.size() - 1).second() + 3,
                        session))
            .toList();
      }
    },
    /** Of the counts of windows with others: the counts are in place, and come a commit later. */
    SESSIONS_OF_RESULTS {
      @Override
      DataStream<String> build(Job job) {
        DataStream<WindowResult<String, Long>> counts =
            keyed(job, "left").window(Windows.tumbling(Duration.ofSeconds(5))).count();
        return TwoInputs.byWindowKey(counts)
            .coGroup(keyed(job, "right"))
            .within(Windows.session(BOUND))
            .apply(
                String.class,
                (key, session, left, right, out) ->
                    out.emit(
                        key
                            + ": "
                            + left.stream().map(WindowResult::value).toList()
                            + " "
                            + right.toList()));
      }

      @Override
      List<String> expected(List<In> inputs) {
        List<String> expected = new ArrayList<>();
        perKey(inputs).forEach(ofKey -> addGroups(ofKey, expected));
        return expected;
      }

      private void addGroups(List<In> ofKey, List<String> expected) {
        TreeMap<Long, Long> counts = new TreeMap<>();
        TreeMap<Long, List<String>> rights = new TreeMap<>();
        for (In in : ofKey) {
          if (in.topic().equals("left")) {
            counts.merge(in.second() / 5 * 5_000 + 4_999, 1L, Long::sum);
          } else {
            rights.computeIfAbsent(in.second() * 1_000, ms -> new ArrayList<>()).add(in.value());
          }
        }
        TreeSet<Long> times = new TreeSet<>(counts.keySet());
        times.addAll(rights.keySet());
        while (!times.isEmpty()) {
          long from = times.first();
          long to = from;
          while (!times.isEmpty() && times.first() <= to + BOUND.toMillis()) {
            to = times.pollFirst();
          }
          expected.add(
              ofKey.get(0).key()
                  + ": "
                  + counts.subMap(from, true, to, true).values()
                  + " "
                  + rights.subMap(from, true, to, true).values().stream()
                      .flatMap(List::stream)
                      .toList());
        }
      }
    },
    PAIRS {
      @Override
      DataStream<String> build(Job job) {
        return keyed(job, "left")
            .join(keyed(job, "right"))
            .within(Windows.session(BOUND))
            .outer((left, right) -> left + "+" + right);
      }

      @Override
      List<String> expected(List<In> inputs) {
        List<String> pairs = new ArrayList<>();
        for (List<In> session : sessions(inputs, 3)) {
          List<String> lefts = side(session, "left");
          List<String> rights = side(session, "right");
          for (String left : lefts.isEmpty() ? List.of("null") : lefts) {
            for (String right : rights.isEmpty() ? List.of("null") : rights) {
              pairs.add(left + "+" + right);
            }
          }
        }
        return pairs;
      }
    };

    abstract DataStream<String> build(Job job);

    abstract List<String> expected(List<In> inputs);
  }

  @ParameterizedTest
  @EnumSource(CommitFailure.class)
  void theResultsAreThoseOfABatchWhicheverCommitFails(CommitFailure failure) {
    for (Kind kind : Kind.values()) {
      for (EachCommit.Attempt attempt : EachCommit.with(failure).every(13)) {
        int partitions = attempt.number() / 2 % 2 == 0 ? 1 : 4;
        Job job = Job.named("grouped");
        kind.build(job).to(KafkaSink.strings("out"));
        try (JobTest test = attempt.start(JobTest.builder(job).instances(2).startAt(START))) {
          test.topic("left", String.class).partitions(partitions);
          test.topic("right", String.class).partitions(partitions);
          List<In> inputs = inputs(new Random(attempt.seed() + 100 * kind.ordinal()));
          for (In in : inputs) {
            send(test, in.topic(), in.partition(partitions), in.second(), in.value());
            if (in.number() % 20 == 19) {
              test.run();
            }
          }
          test.endInput();
          assertThat(test.lateRecords()).isZero();
          assertThat(out(test))
              .as("%s, %s", kind, attempt)
              .containsExactlyInAnyOrderElementsOf(kind.expected(inputs));
        }
      }
    }
  }

  // ------------------------------------------------------------------ time

  @Test
  void aGroupIsSeenOnceWhenBothSidesHavePassedIt() {
    Job job = Job.named("grouped");
    groups(job, Windows.tumbling(TEN)).to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      send(test, "left", 0, 1, "a1");
      send(test, "left", 0, 30, "z");
      test.run();
      test.restart(LocalState.LOST);
      send(test, "right", 0, 9, "a9");
      send(test, "right", 0, 12, "b12");
      test.run();
      assertThat(out(test)).as("the right may still come").isEmpty();
      send(test, "right", 0, 13, "b13");
      test.run();
      assertThat(out(test)).containsExactly("0-10 a: [a1] [a9]");
      test.restart();
      test.endInput();
      assertThat(out(test))
          .containsExactlyInAnyOrder(
              "0-10 a: [a1] [a9]", "10-20 b: [] [b12, b13]", "30-40 z: [z] []");
    }
  }

  @Test
  void resultsAreNotLateInWhatFollows() {
    Job job = Job.named("counted");
    groups(job, Windows.session(Duration.ofMillis(500)))
        .keyBy(group -> "all")
        .window(Windows.tumbling(Duration.ofSeconds(1)))
        .count()
        .map(result -> result.window().start().getEpochSecond() % 100 + ":" + result.value())
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      for (int second = 0; second < 20; second++) {
        send(test, "left", 0, second, "a" + second);
        send(test, "right", 0, second, "b" + second);
        test.run();
      }
      test.endInput();
      assertThat(test.lateRecords()).isZero();
      assertThat(out(test)).hasSize(20).allMatch(line -> line.endsWith(":2"));
    }
  }

  @Test
  void lateRecordsOfBothSidesAreCountedAndWritten() {
    OutputTag<Late<String>> lateLeft = Late.tag("late-left", String.class);
    OutputTag<Late<String>> lateRight = Late.tag("late-right", String.class);
    Job job = Job.named("late");
    DataStream<String> grouped =
        keyed(job, "left")
            .coGroup(keyed(job, "right"))
            .within(Windows.session(Duration.ofSeconds(2)))
            .lateTo(lateLeft, lateRight)
            .apply(
                String.class,
                (key, window, left, right, out) -> out.emit(left.toList() + "" + right.toList()));
    grouped.to(KafkaSink.strings("out"));
    grouped.sideOutput(lateLeft).map(Late::value).to(KafkaSink.strings("lefts"));
    grouped.sideOutput(lateRight).map(Late::value).to(KafkaSink.strings("rights"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      send(test, "left", 0, 20, "a");
      send(test, "right", 0, 20, "b");
      test.run();
      send(test, "left", 0, 14, "c late");
      send(test, "right", 0, 15, "d late");
      send(test, "right", 0, 18, "a in time");
      test.endInput();
      assertThat(out(test)).containsExactlyInAnyOrder("[a][a in time]", "[][b]");
      assertThat(test.output("lefts", String.class)).containsExactly("c late");
      assertThat(test.output("rights", String.class)).containsExactly("d late");
      assertThat(test.lateRecords()).isEqualTo(2);
    }
  }

  // ------------------------------------------------------------------ failures

  @Test
  void theRecordsOfAGroupThatFailsAreTheDeadLetter() {
    Job job = Job.named("dead");
    keyed(job, "left")
        .coGroup(keyed(job, "right"))
        .within(Windows.tumbling(TEN))
        .apply(
            String.class,
            (key, window, left, right, out) -> {
              out.emit("of " + key);
              if (right.isEmpty()) {
                throw new IllegalArgumentException("nothing on the right");
              }
            })
        .onError(ErrorPolicy.deadLetter())
        .name("grouped")
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      send(test, "left", 0, 2, "a2");
      send(test, "left", 0, 1, "a1");
      send(test, "left", 0, 1, "b1");
      send(test, "right", 0, 3, "b3");
      test.endInput();
      assertThat(out(test)).containsExactly("of b");
      assertThat(test.deadLetters()).hasSize(1);
      DeadLetter letter = test.deadLetters().get(0);
      assertThat(letter.operator()).isEqualTo("grouped");
      assertThat(new String(letter.value(), StandardCharsets.UTF_8))
          .startsWith("{\"key\":\"a\",\"window\":{\"start\":")
          .endsWith(",\"part\":1,\"left\":[\"a1\",\"a2\"],\"right\":[]}");
    }
  }
}
