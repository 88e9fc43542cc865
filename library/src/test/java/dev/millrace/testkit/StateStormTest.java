package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.StateUnavailableException;
import dev.millrace.internal.launch.SteppedInstance;
import dev.millrace.internal.query.LocalQuery;
import dev.millrace.internal.query.Pending;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.internal.sim.CommitFault;
import dev.millrace.internal.sim.CommitFaults;
import dev.millrace.internal.sim.SimDeath;
import dev.millrace.query.StateAnswer;
import dev.millrace.query.StatePage;
import dev.millrace.query.StateRow;
import dev.millrace.query.StateScan;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Questions about state while instances commit, abort, die, and are taken for dead. */
final class StateStormTest {

  private static final Duration AGE = Duration.ofMillis(150);

  @Test
  void everyAnswerIsOfACommittedStateThatIsNewEnough() {
    long seed = ThreadLocalRandom.current().nextLong(1, 1_000_000);
    new Storm(seed, "classic").run(400);
  }

  @Test
  void everyAnswerIsCommittedAndNewEnoughUnderTheConsumerProtocol() {
    long seed = ThreadLocalRandom.current().nextLong(1, 1_000_000);
    new Storm(seed, "consumer").run(400);
  }

  @Tag("slow")
  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void everyAnswerIsCommittedAndNewEnoughWhateverTheSeed(String membership) {
    for (long seed = 1; seed <= 40; seed++) {
      new Storm(seed, membership).run(600);
    }
  }

  /** A question that was put, with what its answer must at least be. */
  private record Asked(
      String key, boolean fresh, long committedBefore, Pending<StateAnswer<Tally>> answer) {}

  private static final class Storm {

    private final Tallies rig = new Tallies();
    private final long seed;
    private final String membership;
    private final Random random;
    private final List<Asked> open = new ArrayList<>();
    private final List<Pending<StatePage<String, Tally>>> pages = new ArrayList<>();
    private final NavigableMap<Long, Map<String, Tally>> history = new TreeMap<>();
    private final Map<String, Integer> outcomes = new TreeMap<>();

    /** By key, what answers have had. */
    private final Map<String, Set<Long>> answered = new TreeMap<>();

    Storm(long seed, String membership) {
      this.seed = seed;
      this.membership = membership;
      this.random = new Random(seed);
    }

    void run(int steps) {
      try {
        rig.begin(Tallies.job(), seed, "membership", membership);
        for (int step = 0; step < steps; step++) {
          step();
        }
        heal();
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed " + seed + " (" + membership + "): " + e, e);
      } finally {
        rig.killAll();
      }
      assertThat(outcomes.getOrDefault("answered", 0))
          .as("seed %d: %s", seed, outcomes)
          .isGreaterThan(20);
    }

    private void step() {
      rig.cluster.kafka().injectFaults(id -> fault());
      if (rig.driver().nodes() == 0) {
        start();
        return;
      }
      switch (random.nextInt(40)) {
        case 0 -> rig.driver().kill(random.nextInt(rig.driver().nodes()));
        case 1 -> rig.driver().expel(random.nextInt(rig.driver().nodes()), random.nextInt(4));
        case 2 -> {
          if (rig.driver().nodes() > 1) {
            stop(random.nextInt(rig.driver().nodes()));
          }
        }
        case 3, 4, 5, 6, 7, 8, 9, 10 -> {
          for (int i = random.nextInt(5); i >= 0; i--) {
            rig.send("k" + random.nextInt(Tallies.KEYS));
          }
        }
        case 11, 12, 13, 14, 15, 16, 17, 18 -> ask();
        case 19, 20 -> askForPage();
        default -> {}
      }
      while (rig.driver().nodes() < 1 + random.nextInt(3)) {
        start();
      }
      turn();
      rig.clock.advance(Duration.ofMillis(random.nextInt(12)));
      look();
    }

    private CommitFault fault() {
      CommitFault[] faults = CommitFault.values();
      return random.nextInt(25) == 0 ? faults[random.nextInt(faults.length)] : CommitFault.NONE;
    }

    private void start() {
      try {
        rig.driver().start();
      } catch (SimDeath e) {
        rig.driver().kill(rig.driver().nodes() - 1);
      }
    }

    private void stop(int index) {
      rig.cluster.kafka().injectFaults(CommitFaults.NEVER);
      rig.driver().stop(index);
    }

    /** Some take turns, others stand still as if they were paused. */
    private void turn() {
      for (SteppedInstance instance : rig.driver().instances()) {
        if (random.nextInt(4) == 0) {
          continue;
        }
        List<Worker> workers = new ArrayList<>(instance.workers());
        Collections.shuffle(workers, random);
        try {
          for (Worker worker : workers) {
            boolean ignored = random.nextInt(8) == 0 ? worker.commitPending() : worker.turn();
          }
        } catch (SimDeath e) {
          rig.driver().kill(rig.driver().instances().indexOf(instance));
        }
      }
    }

    private void ask() {
      String key = "k" + random.nextInt(Tallies.KEYS);
      boolean fresh = random.nextInt(3) > 0;
      long before = Tallies.tally(rig.committed(), key);
      for (SteppedInstance instance : rig.driver().instances()) {
        LocalQuery<String, Tally> query = Tallies.query(instance);
        try {
          open.add(new Asked(key, fresh, before, (fresh ? query : query.maxAge(AGE)).got(key)));
        } catch (StateUnavailableException e) {
          note(e.reason().name());
        }
      }
    }

    private void askForPage() {
      SteppedInstance instance = rig.driver().instances().get(random.nextInt(rig.driver().nodes()));
      for (int task : Tallies.query(instance).localTasks()) {
        try {
          pages.add(Tallies.query(instance).scanned(StateScan.all().task(task)));
        } catch (StateUnavailableException e) {
          note(e.reason().name());
        }
      }
    }

    private void note(String outcome) {
      outcomes.merge(outcome, 1, Integer::sum);
    }

    private void look() {
      Map<String, Tally> committed = rig.committed();
      long now = rig.clock.wallMs();
      Iterator<Asked> each = open.iterator();
      while (each.hasNext()) {
        Asked asked = each.next();
        if (asked.answer().isDone()) {
          each.remove();
          check(asked, committed, now);
        }
      }
      Iterator<Pending<StatePage<String, Tally>>> page = pages.iterator();
      while (page.hasNext()) {
        Pending<StatePage<String, Tally>> next = page.next();
        if (next.isDone()) {
          page.remove();
          check(next, committed);
        }
      }
      history.put(now, committed);
    }

    private void check(Asked asked, Map<String, Tally> committed, long nowMs) {
      StateAnswer<Tally> answer;
      try {
        answer = Tallies.now(asked.answer());
      } catch (StateUnavailableException e) {
        note(e.reason().name());
        return;
      }
      note("answered");
      answer.value().ifPresent(this::noteAnswered);
      assertThat(Tallies.count(answer))
          .as("committed")
          .isLessThanOrEqualTo(Tallies.tally(committed, asked.key()));
      if (asked.fresh()) {
        assertThat(Tallies.count(answer))
            .as("fresh")
            .isGreaterThanOrEqualTo(asked.committedBefore());
      } else {
        Map.Entry<Long, Map<String, Tally>> then = history.lowerEntry(nowMs - AGE.toMillis() - 12);
        long least = then == null ? 0 : Tallies.tally(then.getValue(), asked.key());
        assertThat(Tallies.count(answer)).as("of some age").isGreaterThanOrEqualTo(least);
      }
    }

    private void noteAnswered(Tally tally) {
      assertThat(tally.isOfPrefix()).as("%s", tally).isTrue();
      answered.computeIfAbsent(tally.key(), key -> new TreeSet<>()).add(tally.count());
    }

    private void check(Pending<StatePage<String, Tally>> pending, Map<String, Tally> committed) {
      StatePage<String, Tally> page;
      try {
        page = Tallies.now(pending);
      } catch (StateUnavailableException e) {
        note(e.reason().name());
        return;
      }
      note("page");
      for (StateRow<String, Tally> row : page.rows()) {
        noteAnswered(row.value());
        assertThat(row.value().count()).isLessThanOrEqualTo(Tallies.tally(committed, row.key()));
      }
    }

    /** Once nothing goes wrong any more, everything that was rig.sent is there to be asked for. */
    private void heal() {
      rig.cluster.kafka().injectFaults(CommitFaults.NEVER);
      if (rig.driver().nodes() == 0) {
        rig.driver().start();
      }
      rig.pass(Duration.ofSeconds(15));
      look();
      assertThat(open).as("questions without an end").isEmpty();
      assertThat(pages).isEmpty();
      Map<String, Long> found = new HashMap<>();
      for (String key : rig.sent.keySet()) {
        for (SteppedInstance instance : rig.driver().instances()) {
          LocalQuery<String, Tally> query = Tallies.query(instance);
          if (query.localTasks().contains(query.taskOf(key).orElseThrow())) {
            Pending<StateAnswer<Tally>> answer = query.got(key);
            rig.pass(Duration.ofMillis(100));
            found.put(key, Tallies.count(Tallies.now(answer)));
          }
        }
      }
      assertThat(found).isEqualTo(rig.sent);
      checkThatAllWasCommitted();
    }

    /** Each commit that changes a key puts its result out. */
    private void checkThatAllWasCommitted() {
      Map<String, Set<Long>> committed = new TreeMap<>();
      for (ConsumerRecord<byte[], byte[]> record : rig.cluster.committed("out")) {
        committed
            .computeIfAbsent(text(record.key()), key -> new TreeSet<>())
            .add(Long.valueOf(text(record.value())));
      }
      answered.forEach(
          (key, counts) -> assertThat(committed.get(key)).as("%s", key).containsAll(counts));
    }
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
