package dev.millrace.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.millrace.config.MembershipProtocol;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ArgumentsSource;

/**
 * Instances are asked for state while they are killed as by {@code kill -9}, taken for dead while
 * they are paused, stopped and added. What is committed is read from the job's output beside them.
 *
 * <p>A state that an answer has must have been committed. An answer must not be older than what was
 * known to be committed when the question was put, or than an answer before it; of one that may be
 * of some age, so long before that.
 *
 * <p>The same without processes, in each build: {@code StateStormTest}.
 */
@WithBroker
@ParameterizedClass(name = "{0}")
@ArgumentsSource(Memberships.class)
final class StateQueryKillTest {

  private static final int KEYS = 20;
  private static final int PARTITIONS = 2;
  private static final int MOST_COPIES = 4;
  private static final long AGE_MS = 200;
  private static final Duration TICK = Duration.ofMillis(25);
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  /** Longer than a session. */
  private static final Duration PAUSE = Duration.ofSeconds(5);

  private static final Pattern TALLY =
      Pattern.compile("\\{\"key\":\"(\\w+)\",\"count\":(\\d+),\"last\":(\\d+),\"sum\":(\\d+)}");

  private final MembershipProtocol membership;

  @TempDir Path directory;

  StateQueryKillTest(MembershipProtocol membership) {
    this.membership = membership;
  }

  @Test
  @Tag("slow")
  void answersAreOfCommittedStateWhileInstancesAreKilledPausedAndScaled(TestBroker broker) {
    long seed = Seeds.next("StateQueryKillTest");
    String in = broker.createTopic(broker.uniqueName("numbers"), PARTITIONS);
    String out = broker.createTopic(broker.uniqueName("tallies"), 1);
    ChildInstance.Spec spec =
        ChildInstance.Spec.of(
                TalliesJob.class, broker, List.of("--job", in + "-job", "--in", in, "--out", out))
            .with("workers", "2")
            .with("membership", membership.name().toLowerCase(Locale.ROOT));
    try (CommittedReader reader = new CommittedReader(broker, out);
        Copies copies = Copies.start(spec, directory, 3, seed)) {
      Series series = new Series(broker, in, reader, copies, new Random(seed));
      try {
        series.run(Integer.getInteger("chaos.kills", 40));
      } catch (AssertionError e) {
        throw new AssertionError("seed " + seed + " (" + membership + "): " + e.getMessage(), e);
      }
      System.out.printf(
          "CHAOS StateQueryKillTest: %s, %s, %d records (seed %d)%n",
          membership,
          series.outcomes,
          series.sent.values().stream().mapToLong(count -> count).sum(),
          seed);
      copies.stopAll();
    }
  }

  /**
   * A question that was put.
   *
   * @param least the count that its answer must have at least
   */
  private record Asked(String key, long least, long ageMs) {}

  /** What one process was asked, and how far its answers have been read. */
  private static final class Asker {
    private final ChildInstance child;
    private final Map<Long, Asked> open = new HashMap<>();
    private int linesRead;

    Asker(ChildInstance child) {
      this.child = child;
    }
  }

  private static final class Series {

    private final TestBroker broker;
    private final String in;
    private final CommittedReader reader;
    private final Copies copies;
    private final Random random;
    private final Map<Integer, Asker> askers = new TreeMap<>();
    private final Map<String, Long> sent = new TreeMap<>();

    /** By key, the counts that were committed, as far as they have been read. */
    private final Map<String, TreeSet<Long>> committed = new TreeMap<>();

    /** The newest of these, by the time at which that was known. */
    private final NavigableMap<Long, Map<String, Long>> known = new TreeMap<>();

    /** By key, the newest count of an answer that was not permitted to be of some age. */
    private final Map<String, Long> answered = new HashMap<>();

    private final Map<String, Set<Long>> seen = new TreeMap<>();
    private final Map<String, Integer> outcomes = new TreeMap<>();
    private long questions;

    Series(TestBroker broker, String in, CommittedReader reader, Copies copies, Random random) {
      this.broker = broker;
      this.in = in;
      this.reader = reader;
      this.copies = copies;
      this.random = random;
    }

    void run(int troubles) {
      pass(Duration.ofSeconds(2));
      for (int trouble = 0; trouble < troubles; trouble++) {
        make(random.nextInt(10));
        pass(Duration.ofMillis(random.nextInt(2_500)));
      }
      heal();
      seen.forEach(
          (key, counts) ->
              assertThat(committed.get(key)).as("states of %s", key).containsAll(counts));
      assertThat(outcomes.get("answered")).as("%s", outcomes).isGreaterThan(20 * troubles);
    }

    private void make(int trouble) {
      int victim = copies.any(random);
      if (trouble < 5) {
        note("killed");
        collectLast(victim, () -> copies.kill(victim));
        copies.start(victim);
      } else if (trouble < 7) {
        note("paused");
        ChildInstance child = copies.child(victim);
        child.pause();
        pass(PAUSE);
        // These it reads before anything tells it that it has lost its tasks.
        for (int key = 0; key < KEYS; key++) {
          ask(victim, "k" + key, 0);
        }
        child.resume();
      } else if (trouble < 9 && copies.count() > 2 && copies.isReady(victim)) {
        note("stopped");
        collectLast(victim, () -> copies.stop(victim));
      } else {
        note("started");
        for (int copy = 0; copy < MOST_COPIES; copy++) {
          if (!copies.runs(copy)) {
            copies.start(copy);
            break;
          }
        }
      }
    }

    private void collectLast(int copy, Runnable end) {
      Asker asker = askers.remove(copy);
      end.run();
      if (asker != null) {
        collect(asker);
      }
    }

    /** Sends, asks, and looks at answers for a while. */
    private void pass(Duration time) {
      long begun = System.nanoTime();
      while (System.nanoTime() - begun < time.toNanos()) {
        send();
        lookAtOutput();
        for (int i = 0; i < 3; i++) {
          int copy = copies.any(random);
          ask(copy, "k" + random.nextInt(KEYS), random.nextInt(3) == 0 ? AGE_MS : 0);
        }
        askers.values().forEach(this::collect);
        LockSupport.parkNanos(TICK.toNanos());
      }
    }

    private void send() {
      List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        String key = "k" + random.nextInt(KEYS);
        long number = sent.merge(key, 1L, Long::sum);
        records.add(
            new ProducerRecord<>(
                in,
                Math.floorMod(key.hashCode(), PARTITIONS),
                null,
                (key + ":" + number).getBytes(StandardCharsets.UTF_8)));
      }
      broker.produce(in, records);
    }

    private void lookAtOutput() {
      for (ConsumerRecord<byte[], byte[]> record : reader.more()) {
        committed
            .computeIfAbsent(text(record.key()), key -> new TreeSet<>())
            .add(Long.valueOf(text(record.value())));
      }
      Map<String, Long> newest = new HashMap<>();
      committed.forEach((key, counts) -> newest.put(key, counts.last()));
      known.put(nowMs(), newest);
      // Nobody asks for what is that old.
      known.headMap(nowMs() - 10 * AGE_MS).clear();
    }

    private static String text(byte[] bytes) {
      return new String(bytes, StandardCharsets.UTF_8);
    }

    private static long nowMs() {
      return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }

    private void ask(int copy, String key, long ageMs) {
      ChildInstance child = copies.child(copy);
      Asker asker = askers.get(copy);
      if (asker == null || asker.child != child) {
        asker = new Asker(child);
        askers.put(copy, asker);
      }
      Map.Entry<Long, Map<String, Long>> then = known.lowerEntry(nowMs() - ageMs);
      long least = then == null ? 0 : then.getValue().getOrDefault(key, 0L);
      if (ageMs == 0) {
        least = Math.max(least, answered.getOrDefault(key, 0L));
      }
      long number = questions++;
      asker.open.put(number, new Asked(key, least, ageMs));
      child.tell(number + " tallies " + ageMs + " " + key);
    }

    private void collect(Asker asker) {
      for (String line : asker.child.linesFrom(asker.linesRead)) {
        asker.linesRead++;
        String[] parts = line.split(" ", 3);
        switch (parts[0]) {
          case "ANSWER" -> check(asker.open.remove(Long.valueOf(parts[1])), tally(parts[2]));
          case "NOTHING" -> check(asker.open.remove(Long.valueOf(parts[1])), 0);
          case "REFUSED" -> {
            asker.open.remove(Long.valueOf(parts[1]));
            note(parts[2]);
          }
          case "BROKEN" -> fail("%s, see %s", line, asker.child.log());
          default -> {}
        }
      }
    }

    /** {@return the count of a tally, which must be the fold of a prefix of the key's records} */
    private static long tally(String json) {
      Matcher matcher = TALLY.matcher(json);
      assertThat(matcher.matches()).as(json).isTrue();
      long count = Long.parseLong(matcher.group(2));
      assertThat(Long.parseLong(matcher.group(3))).as(json).isEqualTo(count);
      assertThat(Long.parseLong(matcher.group(4))).as(json).isEqualTo(count * (count + 1) / 2);
      return count;
    }

    private void check(Asked asked, long count) {
      note("answered");
      assertThat(count).as("%s", asked).isGreaterThanOrEqualTo(asked.least());
      if (count > 0) {
        seen.computeIfAbsent(asked.key(), key -> new TreeSet<>()).add(count);
      }
      if (asked.ageMs() == 0) {
        answered.merge(asked.key(), count, Math::max);
      }
    }

    private void note(String outcome) {
      outcomes.merge(outcome, 1, Integer::sum);
    }

    /** Once nothing goes wrong any more, each key is the fold of its input, whoever has it. */
    private void heal() {
      copies.awaitReady();
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      Map<String, Long> found = new TreeMap<>();
      while (!found.equals(sent)) {
        assertThat(System.nanoTime() - deadline).as("%s of %s", found, sent).isNegative();
        copies.assertNoneEnded();
        lookAtOutput();
        for (String key : sent.keySet()) {
          copies.all().forEach(copy -> ask(copy, key, 0));
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(500));
        askers.values().forEach(this::collect);
        found.clear();
        found.putAll(answered);
      }
      for (Asker asker : askers.values()) {
        while (!asker.open.isEmpty()) {
          assertThat(System.nanoTime() - deadline).as("no end of %s", asker.open).isNegative();
          LockSupport.parkNanos(TICK.toNanos());
          collect(asker);
        }
      }
      lookAtOutput();
    }
  }
}
