package dev.millrace.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.IntFunction;

/**
 * The copies of a job that run at a time, of which none may end unless it is told to.
 *
 * <p><b>Threads.</b> Confined to the test.
 */
final class Copies implements AutoCloseable {

  /** Longer than a copy waits for Kafka when it starts. */
  private static final Duration START = Duration.ofSeconds(150);

  private final IntFunction<ChildInstance.Spec> specs;
  private final String seed;
  private final Map<Integer, ChildInstance> running = new TreeMap<>();

  private Copies(IntFunction<ChildInstance.Spec> specs, long seed) {
    this.specs = specs;
    this.seed = "seed " + seed;
  }

  /** Starts copies 0, 1, ... and waits until they are ready. */
  static Copies start(IntFunction<ChildInstance.Spec> specs, int count, long seed) {
    Copies copies = new Copies(specs, seed);
    copies.start(count, copies::awaitReady);
    return copies;
  }

  /** Starts copies 0, 1, ..., each on a state directory of its own. */
  static Copies start(ChildInstance.Spec spec, Path directory, int count, long seed) {
    return start(
        copy -> spec.with("state.dir", directory.resolve("copy-" + copy).toString()), count, seed);
  }

  /** Starts copies of a ledger's job, and waits until they have caught up. */
  static Copies start(Ledger ledger, Path directory, int count, long seed) {
    Copies copies =
        new Copies(copy -> ledger.child(directory.resolve(Integer.toString(copy))), seed);
    ledger.watch(copies::assertNoneEnded);
    copies.start(
        count,
        () -> {
          copies.awaitReady();
          ledger.awaitCaughtUp(START);
        });
    return copies;
  }

  private void start(int count, Runnable wait) {
    try {
      for (int copy = 0; copy < count; copy++) {
        start(copy);
      }
      wait.run();
    } catch (Throwable e) {
      close();
      throw e;
    }
  }

  int count() {
    return running.size();
  }

  /** {@return those that run} */
  List<Integer> all() {
    return List.copyOf(running.keySet());
  }

  /** {@return a copy that runs} */
  ChildInstance child(int copy) {
    return Objects.requireNonNull(running.get(copy), "there is no such copy");
  }

  boolean runs(int copy) {
    return running.containsKey(copy);
  }

  boolean isReady(int copy) {
    return running.get(copy).isReady();
  }

  /** {@return one of those that run} */
  int any(Random random) {
    List<Integer> all = List.copyOf(running.keySet());
    return all.get(random.nextInt(all.size()));
  }

  void start(int copy) {
    if (!runs(copy)) {
      running.put(copy, ChildInstance.start(specs.apply(copy)));
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

  /** Ends a copy as {@code kill -9} does, and starts it again at once. */
  void crash(int copy) {
    kill(copy);
    start(copy);
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
