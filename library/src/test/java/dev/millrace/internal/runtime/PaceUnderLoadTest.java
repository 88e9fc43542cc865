package dev.millrace.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.commit.CommitPace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The pace of a worker under steady loads, by a model of its costs: a microsecond for each record,
 * and for each commit 5 ms and half a microsecond for each of 100,000 keys that came since the one
 * before. With a commit every 100 ms it gets through 730,000 records/s, every second 950,000, every
 * three seconds 980,000.
 */
final class PaceUnderLoadTest {

  private static final long MS = 1_000_000;
  private static final long SECOND = 1_000 * MS;
  private static final double KEYS = 100_000;
  private static final ConsumerRecords<byte[], byte[]> NOTHING = ConsumerRecords.empty();
  private static final ConsumerRecords<byte[], byte[]> SOMETHING =
      new ConsumerRecords<>(
          Map.of(
              new TopicPartition("in", 0),
              List.of(new ConsumerRecord<>("in", 0, 0, new byte[0], new byte[0]))),
          Map.of());

  private record Commit(long atNanos, long ageNanos, boolean calm, long unfetched) {}

  private final CommitPace pace = new CommitPace(100 * MS, 3 * SECOND, 0, () -> true, Long::sum);

  /** The commits of two minutes. */
  private List<Commit> commits(double perSecond) {
    List<Commit> commits = new ArrayList<>();
    long[] now = {0};
    long taken = 0;
    long[] pieces = {0};
    long[] unfetched = {0};
    CaughtUp caughtUp =
        new CaughtUp(
            () -> false,
            () -> false,
            () -> unfetched[0],
            () -> pace.perShortestInterval(pieces[0], now[0]));
    long firstPending = 0;
    while (now[0] < 120 * SECOND) {
      long polled = Math.min(2_000, (long) (perSecond * now[0] / SECOND) - taken);
      if (polled > 0) {
        firstPending = pieces[0] == 0 ? now[0] : firstPending;
        pace.workDone(now[0]);
        taken += polled;
        pieces[0] += polled;
        now[0] += polled * 1_000;
      } else {
        now[0] += MS / 2;
      }
      caughtUp.polled(polled > 0 ? SOMETHING : NOTHING, Duration.ofMillis(1));
      unfetched[0] = (long) (perSecond * now[0] / SECOND) - taken;
      if (pace.isDue(now[0], caughtUp)) {
        long age = now[0] - firstPending;
        long took = 5 * MS + (long) (500 * KEYS * (1 - Math.exp(-pieces[0] / KEYS)));
        long at = now[0];
        now[0] += took;
        pace.committed(now[0], took);
        pieces[0] = 0;
        commits.add(new Commit(at, age, pace.isCalm(), unfetched[0]));
      }
    }
    return commits;
  }

  private static List<Commit> ofSecondMinute(List<Commit> commits) {
    return commits.stream().filter(commit -> commit.atNanos() > 60 * SECOND).toList();
  }

  @ParameterizedTest
  @ValueSource(doubles = {1_000, 300_000, 600_000, 700_000})
  void aLoadThatItCanBearAtTheShortestIntervalIsCommittedAtOnce(double perSecond) {
    assertThat(ofSecondMinute(commits(perSecond)))
        .hasSizeGreaterThan(60 * 7)
        .allMatch(Commit::calm)
        .allMatch(commit -> commit.ageNanos() <= 102 * MS);
  }

  @ParameterizedTest
  @ValueSource(doubles = {760_000, 800_000, 840_000})
  void aLoadThatTakesLongerTransactionsGetsThemButNotTheLongest(double perSecond) {
    assertThat(ofSecondMinute(commits(perSecond)))
        .allMatch(commit -> commit.ageNanos() < 500 * MS)
        .allMatch(commit -> commit.unfetched() < perSecond / 5)
        .anyMatch(Commit::calm);
  }

  @Test
  void aBacklogThatGrowsIsTakenUpInTheLongestTransactions() {
    List<Commit> commits = commits(1_200_000);
    for (int i = 1; i < commits.size(); i++) {
      assertThat(commits.get(i).ageNanos()).isGreaterThanOrEqualTo(commits.get(i - 1).ageNanos());
    }
    assertThat(ofSecondMinute(commits))
        .allMatch(commit -> commit.ageNanos() >= 3 * SECOND)
        .allMatch(commit -> commit.ageNanos() <= 3 * SECOND + 3 * MS);
  }
}
