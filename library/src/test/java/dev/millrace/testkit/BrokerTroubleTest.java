package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.internal.sim.AdminFault;
import dev.millrace.internal.sim.ClusterFaults;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntPredicate;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Coordinators that move, admin calls that fail, half or whole, and groups that go on without a
 * member delay a running job and change nothing.
 */
final class BrokerTroubleTest {

  private static final int TIMES_EACH = 3;

  private static Job counts() {
    Job job = Job.named("count");
    job.source(KafkaSource.strings("words"))
        .keyBy(word -> word)
        .count()
        .name("counted")
        .to(KafkaSink.upsert("counts"));
    return job;
  }

  /** Fails one call of an admin client, of those that are made while the job runs. */
  private static final class FailingCall implements ClusterFaults {
    private final List<String> calls = new ArrayList<>();
    private final int index;
    private final AdminFault fault;
    private boolean on;

    FailingCall(int index, AdminFault fault) {
      this.index = index;
      this.fault = fault;
    }

    @Override
    public AdminFault ofAdminCall(String name) {
      if (!on) {
        return AdminFault.NONE;
      }
      calls.add(name);
      return calls.size() - 1 == index ? fault : AdminFault.NONE;
    }
  }

  @TestFactory
  Stream<DynamicTest> anAdminCallThatFailsWhileTheJobRunsChangesNothing() {
    List<String> calls = run(new FailingCall(-1, AdminFault.NONE));
    assertThat(calls).contains("listOffsets", "listConsumerGroupOffsets", "deleteRecords");
    return EnumSet.complementOf(EnumSet.of(AdminFault.NONE)).stream()
        .map(
            fault ->
                DynamicTest.dynamicTest(
                    fault.name(),
                    () -> {
                      Map<String, Integer> tried = new HashMap<>();
                      for (int i = 0; i < calls.size(); i++) {
                        if (tried.merge(calls.get(i), 1, Integer::sum) <= TIMES_EACH) {
                          run(new FailingCall(i, fault));
                        }
                      }
                    }));
  }

  /** Returns the calls that were made while the job ran. */
  private static List<String> run(FailingCall faults) {
    try (JobTest test = JobTest.builder(counts()).instances(2).build()) {
      test.kafka().injectFaults(faults);
      TestTopic<String> words = test.topic("words", String.class).partitions(2);
      words.send(0, "mill").send(1, "race");
      test.run();
      faults.on = true;
      words.send(0, "mill").send(1, "race");
      test.run();
      test.expel(0);
      words.send(0, "mill").send(1, "race");
      test.run();
      // Time for what is done beside the work, such as the deletion of what all have read.
      test.advanceProcessingTime(Duration.ofSeconds(31));
      words.send(0, "mill").send(1, "race");
      test.run();
      faults.on = false;
      assertThat(test.table("counts", Long.class))
          .as("call %s", faults.index)
          .containsOnly(Map.entry("mill", 4L), Map.entry("race", 4L));
    }
    return faults.calls;
  }

  @TestFactory
  Stream<DynamicTest> norDoesOneThatFailsWhileTheJobStarts() {
    List<String> calls = start(new FailingCall(-1, AdminFault.NONE));
    assertThat(calls).contains("createTopics", "describeTopics", "alterConsumerGroupOffsets");
    return EnumSet.complementOf(EnumSet.of(AdminFault.NONE)).stream()
        .map(
            fault ->
                DynamicTest.dynamicTest(
                    fault.name(),
                    () -> {
                      for (int i = 0; i < calls.size(); i++) {
                        start(new FailingCall(i, fault));
                      }
                    }));
  }

  /** Returns the calls that were made until the first records were processed. */
  private static List<String> start(FailingCall faults) {
    try (JobTest test = JobTest.builder(counts()).instances(2).build()) {
      test.kafka().injectFaults(faults);
      faults.on = true;
      TestTopic<String> words = test.topic("words", String.class).partitions(2);
      words.send(0, "mill").send(1, "race");
      test.run();
      faults.on = false;
      words.send(0, "mill").send(1, "race");
      test.run();
      assertThat(test.table("counts", Long.class))
          .as("call %s", faults.index)
          .containsOnly(Map.entry("mill", 2L), Map.entry("race", 2L));
    }
    return faults.calls;
  }

  /** Moves all coordinators for a while, again and again. */
  private static final class Moves implements ClusterFaults {
    private final int from;
    private int asked;

    Moves(int from) {
      this.from = from;
    }

    @Override
    public boolean isCoordinatorMoving(String id) {
      int number = asked++;
      return number >= from && number < from + 7;
    }

    @Override
    public boolean electsLeaderBeforeMarker(TopicPartition partition) {
      return true;
    }
  }

  @TestFactory
  Stream<DynamicTest> coordinatorsThatMoveChangeNothing() {
    return Stream.of(1, 2)
        .map(
            instances ->
                DynamicTest.dynamicTest(
                    instances + " instances",
                    () -> {
                      for (int from = 0; from < 120; from += 5) {
                        checkMoves(instances, new Moves(from), Since.JOB_RUNS);
                        checkMoves(instances, new Moves(from), Since.JOB_STARTS);
                      }
                    }));
  }

  /** From when on coordinators move. */
  private enum Since {
    JOB_STARTS,
    JOB_RUNS
  }

  private static void checkMoves(int instances, Moves moves, Since since) {
    try (JobTest test = JobTest.builder(counts()).instances(instances).build()) {
      TestTopic<String> words = test.topic("words", String.class).partitions(2);
      if (since == Since.JOB_STARTS) {
        test.kafka().injectFaults(moves);
      }
      words.send(0, "mill").send(1, "race");
      test.run();
      test.kafka().injectFaults(moves);
      for (int i = 0; i < 3; i++) {
        words.send(0, "mill").send(1, "race");
        test.run();
      }
      // What was not committed at the time is tried again once there is a reason to look.
      test.advanceProcessingTime(Duration.ofSeconds(2));
      assertThat(test.table("counts", Long.class))
          .as("from question %s", moves.from)
          .containsOnly(Map.entry("mill", 4L), Map.entry("race", 4L));
      assertThat(test.kafka().reportedTruncations()).isZero();
    }
  }

  /** Puts members out while assignments are on their way to them, some out of so many times. */
  private static final class Fencing implements ClusterFaults {
    private final IntPredicate when;
    private int asked;
    private int fenced;

    Fencing(IntPredicate when) {
      this.when = when;
    }

    @Override
    public boolean fencesAmidAssignment(String group) {
      boolean now = when.test(asked++);
      fenced += now ? 1 : 0;
      return now;
    }
  }

  /** What the assignment brought is reported as assigned, and never as lost. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void aMemberThatIsPutOutAmidAnAssignmentHasLostAll(int which) {
    try (JobTest test = JobTest.builder(counts()).instances(2).build()) {
      TestTopic<String> words = test.topic("words", String.class).partitions(4);
      sendToAll(words);
      test.run();
      Fencing fencing = new Fencing(number -> number == which);
      test.kafka().injectFaults(fencing);
      test.scaleTo(1); // of each stage the member that stays is given the rest
      assertThat(fencing.fenced).isEqualTo(1);
      sendToAll(words);
      test.run();
      assertThat(test.table("counts", Long.class))
          .containsOnly(Map.entry("mill", 4L), Map.entry("race", 4L));
    }
  }

  @Test
  void membersThatArePutOutAmidAssignmentsAgainAndAgainLoseNothing() {
    int fenced = 0;
    for (long seed = 1; seed <= 12; seed++) {
      Random random = new Random(seed);
      int[] left = {4}; // A worker that is fenced for ever stops, as it should.
      Fencing fencing = new Fencing(number -> left[0] > 0 && random.nextBoolean() && left[0]-- > 0);
      try (JobTest test = JobTest.builder(counts()).seed(seed).instances(2).build()) {
        TestTopic<String> words = test.topic("words", String.class).partitions(4);
        sendToAll(words);
        test.run();
        test.kafka().injectFaults(fencing);
        for (int instances : List.of(1, 3, 2)) {
          sendToAll(words);
          test.scaleTo(instances);
        }
        assertThat(test.table("counts", Long.class))
            .as("seed %s", seed)
            .containsOnly(Map.entry("mill", 8L), Map.entry("race", 8L));
      }
      fenced += fencing.fenced;
    }
    assertThat(fenced).isGreaterThan(12);
  }

  /** Puts the first members out, one after the other, while they are given their first tasks. */
  private static final class FencingFirst implements ClusterFaults {
    private final int polls;
    private int left;

    FencingFirst(int polls, int members) {
      this.polls = polls;
      this.left = members;
    }

    @Override
    public int fencesAmidFirstAssignment(String group) {
      return left-- > 0 ? polls : 0;
    }
  }

  /** They keep tasks that others have meanwhile, and then are members of the group again. */
  @ParameterizedTest
  @CsvSource({"2, 1", "3, 1", "3, 2"})
  void membersThatArePutOutAmidTheirFirstAssignmentLoseNothing(int instances, int members) {
    Job job = Job.named("copy");
    DataStream<String> words = job.source(KafkaSource.strings("words"));
    words.to(KafkaSink.strings("out"));
    words.to(new SeldomSink(Duration.ofSeconds(1)));
    for (int polls = 1; polls <= 12; polls++) {
      FencingFirst fencing = new FencingFirst(polls, members);
      List<String> sent = new ArrayList<>();
      // Without a seed nobody commits amid a backlog, unless it loses tasks.
      try (JobTest test =
          JobTest.builder(job).set("membership", "consumer").set("max.poll.records", "2").build()) {
        TestTopic<String> topic = test.topic("words", String.class).partitions(4);
        test.run();
        test.kafka().injectFaults(fencing);
        for (int i = 0; i < 400; i++) {
          sent.add("word " + i);
          topic.send(i % 4, "word " + i);
        }
        test.scaleTo(instances);
        assertThat(test.output("out", String.class))
            .as("%s polls", polls)
            .containsExactlyInAnyOrderElementsOf(sent);
        assertThat(fencing.left).isLessThanOrEqualTo(0);
      }
    }
  }

  private static void sendToAll(TestTopic<String> words) {
    words.send(0, "mill").send(1, "race").send(2, "mill").send(3, "race");
  }
}
