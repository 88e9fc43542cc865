package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.internal.sim.ClusterFaults;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Brokers that lose partitions' leaders amid transactions, and whose coordinators then leave
 * markers out (KAFKA-20734), delay a running job and change nothing.
 */
final class MissingMarkersTest {

  private static final int SEEDS = 30;
  private static final int STEPS = 14;

  /** Words that are passed on, and counted after a shuffle. */
  private static Job job() {
    Job job = Job.named("count");
    var words = job.source(KafkaSource.strings("words"));
    words.map(word -> word + "!").to(KafkaSink.strings("out"));
    words
        .keyBy(word -> word.substring(0, 1))
        .count()
        .name("counted")
        .to(KafkaSink.upsert("counts"));
    return job;
  }

  /**
   * Partitions that lose their leaders as transactions end, and get others some questions later.
   */
  private static final class Outages implements ClusterFaults {
    private final Random dice;
    private final Map<TopicPartition, Integer> questionsLeft = new HashMap<>();
    private boolean on;

    Outages(long seed) {
      this.dice = new Random(seed);
    }

    @Override
    public boolean losesLeaderBeforeMarker(TopicPartition partition) {
      if (!on || dice.nextInt(4) > 0) {
        return false;
      }
      questionsLeft.put(partition, dice.nextInt(8));
      return true;
    }

    @Override
    public boolean isWithoutLeader(TopicPartition partition) {
      Integer left = questionsLeft.get(partition);
      if (left == null || left == 0) {
        questionsLeft.remove(partition);
        return false;
      }
      questionsLeft.put(partition, left - 1);
      return true;
    }

    @Override
    public boolean electsLeaderBeforeMarker(TopicPartition partition) {
      return dice.nextInt(4) == 0;
    }
  }

  @TestFactory
  Stream<DynamicTest> nothingIsLostAndNothingComesTwice() {
    return Stream.of("classic", "consumer")
        .flatMap(
            membership ->
                LongStream.rangeClosed(1, SEEDS)
                    .mapToObj(
                        seed ->
                            DynamicTest.dynamicTest(
                                membership + ", seed " + seed, () -> check(membership, seed))));
  }

  private static void check(String membership, long seed) {
    Random dice = new Random(seed);
    Outages outages = new Outages(seed);
    List<String> sent = new ArrayList<>();
    Map<String, Long> counts = new HashMap<>();
    try (JobTest test =
        JobTest.builder(job())
            .seed(seed)
            .set("membership", membership)
            .instances(1 + dice.nextInt(3))
            .build()) {
      TestTopic<String> words = test.topic("words", String.class).partitions(3);
      test.kafka().injectFaults(outages);
      test.run();
      outages.on = true;
      for (int step = 0; step < STEPS; step++) {
        send(words, dice, sent, counts);
        trouble(test, dice);
      }
      outages.on = false;
      test.advanceProcessingTime(Duration.ofSeconds(30));
      assertThat(test.kafka().lostMarkers()).isPositive();
      assertThat(test.kafka().undecided()).isEmpty();
      assertThat(test.output("out", String.class))
          .containsExactlyInAnyOrderElementsOf(sent.stream().map(word -> word + "!").toList());
      assertThat(test.table("counts", Long.class)).containsExactlyInAnyOrderEntriesOf(counts);
    }
  }

  private static void send(
      TestTopic<String> words, Random dice, List<String> sent, Map<String, Long> counts) {
    for (int i = dice.nextInt(6); i >= 0; i--) {
      String word = (char) ('a' + dice.nextInt(5)) + " " + sent.size();
      sent.add(word);
      counts.merge(word.substring(0, 1), 1L, Long::sum);
      words.send(dice.nextInt(3), word);
    }
  }

  private static void trouble(JobTest test, Random dice) {
    switch (dice.nextInt(10)) {
      case 0 -> test.restart(dice.nextBoolean() ? LocalState.KEPT : LocalState.LOST);
      case 1 -> test.scaleTo(1 + dice.nextInt(3));
      case 2 -> test.expel(0);
      case 3 -> test.advanceProcessingTime(Duration.ofMillis(700));
      case 4 -> fail(test, dice, CommitFailure.ABORTED);
      case 5 -> fail(test, dice, CommitFailure.ANSWER_LATE);
      case 6 -> fail(test, dice, CommitFailure.UNKNOWN_COMMITTED);
      case 7 -> fail(test, dice, CommitFailure.KILLED_BEFORE);
      case 8 -> fail(test, dice, CommitFailure.KILLED_AFTER);
      default -> {}
    }
    test.run();
  }

  private static void fail(JobTest test, Random dice, CommitFailure how) {
    test.failCommit(
        test.commits() + dice.nextInt(3),
        how,
        dice.nextBoolean() ? LocalState.KEPT : LocalState.LOST);
  }

  /** A single partition loses its leader before a single marker. */
  private static final class LosesOnce implements ClusterFaults {
    private final String topic;
    private int left = 1;
    private boolean forbidden;
    private boolean unnoticed;

    LosesOnce(String topic) {
      this.topic = topic;
    }

    @Override
    public boolean losesLeaderBeforeMarker(TopicPartition partition) {
      return partition.topic().equals(topic) && left-- > 0;
    }

    @Override
    public boolean hidesClosedConnections() {
      return unnoticed;
    }

    @Override
    public boolean isForbidden(String name) {
      return forbidden && (name.equals("writeTxnMarkers") || name.equals("abortTransaction"));
    }
  }

  /** Nobody sends anything more, and still whoever reads the results gets to them. */
  @Test
  void anIdleWorkerCompletesItsLastTransaction() {
    try (JobTest test = JobTest.of(job())) {
      TestTopic<String> words = test.topic("words", String.class);
      test.run();
      test.kafka().injectFaults(new LosesOnce("count.counted.shuffle"));
      words.send(0, "a");
      test.run();
      assertThat(test.kafka().lostMarkers()).isEqualTo(1);
      assertThat(test.kafka().undecided()).isEmpty();
      assertThat(test.table("counts", Long.class)).containsOnly(Map.entry("a", 1L));
    }
  }

  /** What a producer committed is not aborted with the transaction that comes after it. */
  @Test
  void aCommitWithoutMarkersDoesNotShareTheFateOfTheNextTransaction() {
    try (JobTest test = JobTest.of(job())) {
      TestTopic<String> words = test.topic("words", String.class);
      test.run();
      test.kafka().injectFaults(new LosesOnce("out"));
      words.send(0, "a", "b");
      test.failCommit(test.commits() + 1, CommitFailure.ABORTED);
      test.run();
      words.send(0, "c");
      test.run();
      assertThat(test.kafka().lostMarkers()).isEqualTo(1);
      assertThat(test.output("out", String.class)).containsExactly("a!", "b!", "c!");
    }
  }

  /** Words that go to one of two topics. */
  private static Job divided() {
    Job job = Job.named("divided");
    var words = job.source(KafkaSource.strings("words"));
    words.filter(word -> word.startsWith("a")).to(KafkaSink.strings("out-a"));
    words.filter(word -> word.startsWith("b")).to(KafkaSink.strings("out-b"));
    return job;
  }

  private static LosesOnce loseUnnoticed(JobTest test, TestTopic<String> words) {
    test.run();
    LosesOnce faults = new LosesOnce("out-a");
    faults.unnoticed = true;
    test.kafka().injectFaults(faults);
    words.send(0, "a");
    test.run();
    assertThat(test.kafka().lostMarkers()).isEqualTo(1);
    assertThat(test.kafka().undecided()).hasSize(1);
    return faults;
  }

  private static void assertAllIsThere(JobTest test) {
    assertThat(test.kafka().undecided()).isEmpty();
    assertThat(test.output("out-a", String.class)).containsExactly("a");
    assertThat(test.output("out-b", String.class)).containsExactly("b");
  }

  /** Its coordinator has forgotten the outcome by then, and its worker has not. */
  @Test
  void aCommitIsCompletedAfterTheNextTransactionWasAborted() {
    try (JobTest test = JobTest.of(divided())) {
      TestTopic<String> words = test.topic("words", String.class);
      LosesOnce ignored = loseUnnoticed(test, words);
      words.send(0, "b");
      test.failCommit(test.commits(), CommitFailure.ABORTED);
      test.run();
      assertAllIsThere(test);
    }
  }

  @Test
  void aCommitIsCompletedWhenItsLossIsNoticedLate() {
    try (JobTest test = JobTest.of(divided())) {
      TestTopic<String> words = test.topic("words", String.class);
      LosesOnce faults = loseUnnoticed(test, words);
      words.send(0, "b");
      test.run();
      assertThat(test.kafka().undecided()).hasSize(1);
      faults.unnoticed = false;
      test.run();
      assertAllIsThere(test);
    }
  }

  /** What is open then is aborted: the new producer may not write to the same partitions. */
  @Test
  void aCommitIsCompletedBeforeAProducerIsReplaced() {
    try (JobTest test = JobTest.of(divided())) {
      TestTopic<String> words = test.topic("words", String.class);
      LosesOnce ignored = loseUnnoticed(test, words);
      words.send(0, "b");
      test.failCommit(test.commits(), CommitFailure.UNKNOWN_COMMITTED);
      test.run();
      assertAllIsThere(test);
    }
  }

  /** There will never be an answer, so that to wait for one would be to wait for ever. */
  @Test
  void aWorkerWithoutTheRightToWriteMarkersOpensAndNamesTheRight() {
    try (JobTest test = JobTest.of(job())) {
      TestTopic<String> words = test.topic("words", String.class);
      test.run();
      LosesOnce faults = new LosesOnce("out");
      faults.forbidden = true;
      test.kafka().injectFaults(faults);
      test.failCommit(test.commits(), CommitFailure.KILLED_AFTER);
      words.send(0, "a");
      List<String> warnings = Logged.lines("no right to ALTER on cluster", test::run);
      assertThat(warnings)
          .isNotEmpty()
          .allMatch(line -> line.contains("WARN") && line.contains("--operation ALTER --cluster"))
          .doesNotHaveDuplicates();
      words.send(0, "b");
      assertThat(Logged.lines("no right to ALTER on cluster", test::run)).isEmpty();
      assertThat(test.table("counts", Long.class))
          .containsOnly(Map.entry("a", 1L), Map.entry("b", 1L));
    }
  }
}
