package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.metrics.StageCounters;
import dev.millrace.testkit.CommitFailure;
import dev.millrace.testkit.JobTest;
import dev.millrace.testkit.LocalState;
import dev.millrace.testkit.TestTopic;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a transaction emitted in many frames is never shown in parts. */
final class WholeTransactionsTest {

  private static final int LINES = 60;

  private static JobTest test(long seed, int counters) {
    return JobTest.builder(GroupedCounts.job("whole", "lines", "groups", counters))
        .seed(seed)
        .set("shuffle.frame.size", "1KB")
        .set("max.poll.records", "1")
        .build();
  }

  private static List<Map<Long, Long>> states(JobTest test) {
    return GroupedCounts.states(
        test.outputRecords("groups", Long.class).stream()
            .map(
                record ->
                    new GroupedCounts.Row(
                        record.offset(),
                        Long.parseLong(
                            new String(
                                Objects.requireNonNull(record.key()), StandardCharsets.UTF_8)),
                        record.value()))
            .toList());
  }

  private static long dividingCommits(JobTest test) {
    return test.metrics().stages().values().stream()
        .mapToLong(StageCounters::dividingCommits)
        .sum();
  }

  @Test
  void everyTransactionShowsTheStateAfterSomeLine() {
    for (long seed = 1; seed <= 12; seed++) {
      List<String> lines = GroupedCounts.lines(new Random(seed), LINES, 60, 600);
      try (JobTest test = test(seed, 1)) {
        TestTopic<String> topic = test.topic("lines", String.class);
        for (int i = 0; i < LINES; i++) {
          topic.send(lines.get(i));
          if (i % 20 == 19) {
            test.run();
          }
        }
        GroupedCounts.assertPrefixes("seed " + seed, states(test), lines);
        assertThat(dividingCommits(test)).as("seed %s", seed).isZero();
        StageCounters counts = test.metrics().stage("counts");
        assertThat(counts.framesOut()).as("seed %s", seed).isGreaterThan(2 * counts.commits());
      }
    }
  }

  @Test
  void alsoAmidTroubleOfEveryKind() {
    for (long seed = 1; seed <= 25; seed++) {
      Random random = new Random(seed);
      List<String> lines = GroupedCounts.lines(random, LINES, 60, 600);
      try (JobTest test = test(seed, 1)) {
        TestTopic<String> topic = test.topic("lines", String.class);
        for (int i = 0; i < LINES; i++) {
          topic.send(lines.get(i));
          if (random.nextInt(6) == 0) {
            CommitFailure[] all = CommitFailure.values();
            test.failCommit(
                test.commits() + random.nextInt(12), all[random.nextInt(all.length)]);
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
        GroupedCounts.assertPrefixes("seed " + seed, states(test), lines);
      }
    }
  }

  /**
   * Several workers count, and what they send lies in one partition frame by frame. Each moves
   * words by itself, so that their number is right where none of them is amid a transaction.
   */
  @Test
  void severalSendersAreTakenUpWholeWhereThatCanBe() {
    for (long seed = 1; seed <= 12; seed++) {
      List<String> lines = GroupedCounts.lines(new Random(seed), LINES, 60, 600);
      String all = String.join(" ", lines);
      try (JobTest test = test(seed, 3)) {
        test.scaleTo(3);
        TestTopic<String> topic = test.topic("lines", String.class);
        topic.send(all);
        test.run();
        int before = states(test).size();
        long words = GroupedCounts.words(states(test).get(before - 1));
        lines.forEach(topic::send);
        test.run();
        List<Map<Long, Long>> states = states(test);
        long parts =
            states.stream()
                .skip(before)
                .filter(state -> GroupedCounts.words(state) != words)
                .count();
        assertThat(parts).as("seed %s", seed).isLessThanOrEqualTo(dividingCommits(test));
        assertThat(states.get(states.size() - 1))
            .as("seed %s", seed)
            .isEqualTo(GroupedCounts.prefixes(List.of(all, all)).get(2));
      }
    }
  }
}
