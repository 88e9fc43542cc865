package dev.millrace.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.EarlyTimes;
import dev.millrace.chaos.WindowsJob.Row;
import dev.millrace.chaos.WindowsJob.Sum;
import dev.millrace.config.MembershipProtocol;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ArgumentsSource;
import tools.jackson.databind.json.JsonMapper;

/**
 * Sessions, sliding windows and tables of windows under {@code kill -9}: final results come once,
 * revisions take back exactly what was said, and all of it is what a batch makes of the input.
 */
@WithBroker
@ParameterizedClass(name = "{0}")
@ArgumentsSource(Memberships.class)
final class WindowsKillTest {

  private static final int PARTITIONS = 4;
  private static final int BATCH = 100;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @Parameter MembershipProtocol membership;

  @TempDir Path directory;

  @Test
  @Tag("slow")
  void windowsAreExactAcrossEightKills(TestBroker broker) {
    attack(broker, 8);
  }

  @Test
  @Tag("slow")
  void windowsAreExactAcrossManyKills(TestBroker broker) {
    attack(broker, Integer.getInteger("chaos.kills", 100));
  }

  private void attack(TestBroker broker, int kills) {
    long seed = Seeds.next("WindowsKillTest");
    long begun = System.nanoTime();
    Random random = new Random(seed);
    String job = broker.uniqueName("windows");
    Payments payments =
        new Payments(broker, broker.createTopic(job + "-in", PARTITIONS), PARTITIONS, random);
    List<String> arguments = new ArrayList<>(List.of("--job", job, "--in", job + "-in"));
    for (String topic : List.of("sessions", "sliding", "alone", "corrected", "updated")) {
      arguments.addAll(List.of("--" + topic, broker.createTopic(job + "-" + topic, 2)));
    }
    Bursts bursts = new Bursts(payments::send, BATCH, random);
    ChildInstance.Spec spec =
        ChildInstance.Spec.of(WindowsJob.class, broker, arguments)
            .with("workers", "1")
            // So that frames are full, and event time goes on before a transaction ends.
            .with("shuffle.frame.size", "1KB")
            .with("membership", membership.name().toLowerCase(Locale.ROOT));
    try (Rows sessions = new Rows(broker, job + "-sessions");
        Rows sliding = new Rows(broker, job + "-sliding");
        Rows alone = new Rows(broker, job + "-alone");
        Rows corrected = new Rows(broker, job + "-corrected");
        Rows updated = new Rows(broker, job + "-updated")) {
      try (Copies copies = Copies.start(spec, directory, 2, seed)) {
        // In peace until there are revisions, since later lives may be too short for any.
        corrected.awaitRevision(bursts, seed);
        updated.awaitRevision(bursts, seed);
        for (int kill = 0; kill < kills; kill++) {
          bursts.sendFor(300 + random.nextInt(2_500));
          copies.crash(copies.any(random));
        }
        bursts.sendFor(1_000);
        payments.end();
        Map<String, Sum> bySession = payments.sessions(WindowsJob.GAP);
        sessions.await(bySession, seed);
        sliding.await(payments.sliding(WindowsJob.SIZE, WindowsJob.SLIDE), seed);
        Map<String, Sum> byWindow = payments.sliding(WindowsJob.TUMBLING, WindowsJob.TUMBLING);
        alone.await(byWindow, seed);
        corrected.await(byWindow, seed);
        updated.await(bySession, seed);
        copies.stopAll();
      }
      System.out.printf(
          "CHAOS WindowsKillTest: %s, %d kills, %d records, %d sessions, %d sliding windows,"
              + " %d and %d corrections, %.1f s (seed %d)%n",
          membership,
          kills,
          payments.count(),
          sessions.rows.size(),
          sliding.rows.size(),
          corrected.retracted,
          updated.retracted,
          (System.nanoTime() - begun) / 1e9,
          seed);
      assertThat(sessions.retracted + sliding.retracted + alone.retracted).isZero();
      assertThat(EarlyTimes.in(broker.consumeAll(job + ".alone.shuffle"))).isPositive();
    }
  }

  /** The results in a topic, of which no two may be of one window. */
  private static final class Rows implements AutoCloseable {
    private final String topic;
    private final CommittedReader reader;
    private final Map<String, Sum> rows = new HashMap<>();
    private final List<String> wrongs = new ArrayList<>();
    private int retracted;

    Rows(TestBroker broker, String topic) {
      this.topic = topic;
      this.reader = new CommittedReader(broker, topic);
    }

    /** Sends until a row has been taken back. */
    void awaitRevision(Bursts bursts, long seed) {
      String said = topic + ", seed " + seed + ": a row is taken back";
      reader.read(
          said,
          PATIENCE,
          this::take,
          () -> {
            bursts.sendFor(500);
            return retracted > 0;
          });
      assertThat(retracted).as(said).isPositive();
    }

    /** Waits until the rows are the right ones; a wrong turn on the way there counts, too. */
    void await(Map<String, Sum> expected, long seed) {
      String said = topic + ", seed " + seed;
      reader.read(said, PATIENCE, this::take, () -> rows.equals(expected) || !wrongs.isEmpty());
      assertThat(wrongs).as(said).isEmpty();
      assertThat(difference(rows, expected)).as("%s: wrong, or missing", said).isEmpty();
      assertThat(difference(expected, rows)).as("%s: missing, or wrong", said).isEmpty();
    }

    private static List<String> difference(Map<String, Sum> from, Map<String, Sum> other) {
      return from.entrySet().stream()
          .filter(each -> !each.getValue().equals(other.get(each.getKey())))
          .map(Object::toString)
          .sorted()
          .limit(10)
          .toList();
    }

    private void take(byte[] value) {
      Row row = JSON.readValue(value, Row.class);
      if (Payments.isEnd(row.key())) {
        return;
      }
      if (row.retracted()) {
        retracted++;
        if (!row.sum().equals(rows.remove(row.name()))) {
          wrongs.add("takes back what does not hold: " + row);
        }
      } else if (rows.put(row.name(), row.sum()) != null) {
        wrongs.add("emits twice: " + row);
      }
    }

    @Override
    public void close() {
      reader.close();
    }
  }
}
