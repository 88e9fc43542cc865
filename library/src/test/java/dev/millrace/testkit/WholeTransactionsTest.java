package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.GroupedCounts;
import dev.millrace.GroupedCounts.Grouping;
import dev.millrace.config.JobConfig;
import dev.millrace.metrics.StageCounters;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a transaction emitted in many frames is never shown in parts. */
final class WholeTransactionsTest {

  private static final int LINES = 60;

  private static JobTest test(long seed, Grouping grouping, int counters) {
    return JobTest.builder(GroupedCounts.job("whole", "lines", "groups", grouping, counters))
        .seed(seed)
        .set("shuffle.frame.size", "1KB")
        .set("max.poll.records", "1")
        .build();
  }

  private static List<Map<String, Long>> states(JobTest test) {
    List<ConsumerRecord<byte[], byte[]>> output = new ArrayList<>();
    List<TopicPartition> partition = List.of(new TopicPartition("groups", 0));
    try (Consumer<byte[], byte[]> reader =
        test.kafka()
            .connect(JobConfig.defaults())
            .readerConsumer("reader", IsolationLevel.READ_COMMITTED)) {
      reader.assign(partition);
      reader.seekToBeginning(partition);
      while (reader.position(partition.get(0))
          < reader.endOffsets(partition).get(partition.get(0))) {
        reader.poll(Duration.ZERO).forEach(output::add);
      }
    }
    return GroupedCounts.states(output);
  }

  private static long dividingCommits(JobTest test) {
    return test.metrics().stages().values().stream()
        .mapToLong(StageCounters::dividingCommits)
        .sum();
  }

  @ParameterizedTest
  @EnumSource
  void everyTransactionShowsTheStateAfterSomeLine(Grouping grouping) {
    for (long seed = 1; seed <= 8; seed++) {
      List<String> lines = GroupedCounts.lines(new Random(seed), LINES, 60, 600);
      try (JobTest test = test(seed, grouping, 1)) {
        TestTopic<String> topic = test.topic("lines", String.class);
        for (int i = 0; i < LINES; i++) {
          topic.send(lines.get(i));
          if (i % 20 == 19) {
            test.run();
          }
        }
        GroupedCounts.assertPrefixes("seed " + seed, grouping, states(test), lines);
        assertThat(dividingCommits(test)).as("seed %s", seed).isZero();
        StageCounters counts = test.metrics().stage("counts");
        assertThat(counts.framesOut()).as("seed %s", seed).isGreaterThan(counts.commits() * 3 / 2);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void transactionsStayWholeAmidTroubleOfEveryKind(Grouping grouping) {
    for (long seed = 1; seed <= 15; seed++) {
      Random random = new Random(seed);
      List<String> lines = GroupedCounts.lines(random, LINES, 60, 600);
      try (JobTest test = test(seed, grouping, 1)) {
        TestTopic<String> topic = test.topic("lines", String.class);
        for (int i = 0; i < LINES; i++) {
          topic.send(lines.get(i));
          if (random.nextInt(6) == 0) {
            CommitFailure[] all = CommitFailure.values();
            test.failCommit(test.commits() + random.nextInt(12), all[random.nextInt(all.length)]);
          }
          if (random.nextInt(12) == 0) {
            switch (random.nextInt(4)) {
              case 0 -> test.restart(random.nextBoolean() ? LocalState.KEPT : LocalState.LOST);
              case 1 -> test.scaleTo(1 + random.nextInt(3));
              case 2 -> test.run().expel(0);
              default -> test.run();
            }
          }
        }
        test.run();
        GroupedCounts.assertPrefixes("seed " + seed, grouping, states(test), lines);
      }
    }
  }

  /**
   * Several workers count, and what they send lies in one partition. Each moves words by itself, so
   * that their number is right wherever none of them is amid a transaction.
   */
  @ParameterizedTest
  @EnumSource
  void severalSendersAreTakenUpWholeWhereThatCanBe(Grouping grouping) {
    for (long seed = 1; seed <= 8; seed++) {
      List<String> lines = GroupedCounts.lines(new Random(seed), LINES, 60, 600);
      String all = String.join(" ", lines);
      try (JobTest test = test(seed, grouping, 3)) {
        test.scaleTo(3);
        TestTopic<String> topic = test.topic("lines", String.class);
        topic.send(all);
        test.run();
        int before = states(test).size();
        long words = GroupedCounts.words(states(test).get(before - 1));
        lines.forEach(topic::send);
        test.run();
        List<Map<String, Long>> states = states(test);
        long parts =
            states.stream()
                .skip(before)
                .filter(state -> GroupedCounts.words(state) != words)
                .count();
        assertThat(parts).as("seed %s", seed).isLessThanOrEqualTo(dividingCommits(test));
        assertThat(states.get(states.size() - 1))
            .as("seed %s", seed)
            .isEqualTo(GroupedCounts.prefixes(grouping, List.of(all, all)).get(2));
      }
    }
  }
}
