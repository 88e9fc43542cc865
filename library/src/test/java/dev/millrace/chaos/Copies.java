package dev.millrace.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * The copies of a job that run at a time, of which none may end unless it is told to.
 *
 * <p><b>Threads.</b> Confined to the test.
 */
final class Copies implements AutoCloseable {

  /** Longer than a copy waits for Kafka when it starts. */
  private static final Duration START = Duration.ofSeconds(150);

  private final Ledger ledger;
  private final Path directory;
  private final String seed;
  private final Map<Integer, ChildInstance> running = new TreeMap<>();

  private Copies(Ledger ledger, Path directory, long seed) {
    this.ledger = ledger;
    this.directory = directory;
    this.seed = "seed " + seed;
  }

  /** Starts copies 0, 1, ..., each on a state directory of its own, and waits until they work. */
  static Copies start(Ledger ledger, Path directory, int count, long seed) {
    Copies copies = new Copies(ledger, directory, seed);
    ledger.watch(copies::assertNoneEnded);
    try {
      for (int copy = 0; copy < count; copy++) {
        copies.start(copy);
      }
      copies.awaitReady();
      ledger.awaitCaughtUp(START);
    } catch (Throwable e) {
      copies.close();
      throw e;
    }
    return copies;
  }

  int count() {
    return running.size();
  }

  boolean runs(int copy) {
    return running.containsKey(copy);
  }

  /** {@return one of those that run} */
  int any(Random random) {
    List<Integer> all = List.copyOf(running.keySet());
    return all.get(random.nextInt(all.size()));
  }

  void start(int copy) {
    if (!runs(copy)) {
      running.put(
          copy, ChildInstance.start(ledger.child(directory.resolve(Integer.toString(copy)))));
    }
  }

  /** Ends a copy in good order. */
  void stop(int copy) {
    assertNoneEnded();
    ChildInstance child = running.remove(copy);
    assertThat(child.stop()).as("%s, %s, see %s", child.failure(), seed, child.log()).isZero();
  }

  /** Ends a copy as {@code kill -9} does. */
  void kill(int copy) {
    assertNoneEnded();
    running.remove(copy).kill();
  }

  /** Ends a copy in good order or not, and starts it again. */
  void restart(int copy, Random random) {
    if (random.nextBoolean()) {
      kill(copy);
    } else {
      stop(copy);
    }
    start(copy);
  }

  void awaitReady() {
    running.values().forEach(child -> child.awaitReady(START));
  }

  void assertNoneEnded() {
    running.forEach(
        (copy, child) -> {
          if (!child.isAlive()) {
            fail(
                "Copy %s ended by itself: %s, %s, see %s",
                copy, child.failure(), seed, child.log());
          }
        });
  }

  /** Ends all of them in good order. */
  void stopAll() {
    awaitReady();
    List.copyOf(running.keySet()).forEach(this::stop);
  }

  @Override
  public void close() {
    running.values().forEach(ChildInstance::close);
  }
}
