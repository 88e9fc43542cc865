package dev.millrace.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.FencedException;
import java.nio.file.Path;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two instances on two machines that run under one {@code instance.id}. */
final class SharedNameTest {

  private static final int SEEDS = 25;
  private static final int MOST_TURNS = 2_000;

  @TempDir Path machines;

  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void oneOfThemStopsWithThatReasonAndNothingIsLostOrTwice(String membership) {
    for (long seed = 1; seed <= SEEDS; seed++) {
      Random random = new Random(seed);
      FaultyInstance first = first(membership, seed, random);
      FaultyInstance second = beside(first, seed);
      second.start();
      @Nullable FencedException reason = null;
      FaultyInstance other = second;
      for (int turn = 0; reason == null && turn < MOST_TURNS; turn++) {
        first.send(random.nextInt(5));
        boolean isFirst = random.nextBoolean();
        reason = fenced(isFirst ? first : second);
        other = isFirst ? second : first;
      }
      assertThat(reason)
          .as("seed %d", seed)
          .isNotNull()
          .hasMessageContaining("another process uses the same identity")
          .hasMessageContaining("instance.id");
      if (membership.equals("classic")) {
        assertThat(other).as("seed %d, who goes on", seed).isSameAs(second);
      }
      first.send(20);
      other.settle();
      assertThat(first.counts()).as("seed %d", seed).isEqualTo(first.expected());
    }
  }

  /** {@return an instance that is in the midst of its work} */
  private FaultyInstance first(String membership, long seed, Random random) {
    FaultyInstance first = new FaultyInstance();
    first.configure("membership", membership);
    first.configure("instance.id", "blue");
    first.liveIn(machines.resolve(seed + "-first"));
    first.start();
    for (int turns = random.nextInt(60); turns > 0; turns--) {
      first.send(random.nextInt(5));
      boolean ignored = first.turn();
    }
    return first;
  }

  private FaultyInstance beside(FaultyInstance first, long seed) {
    FaultyInstance second = first.beside();
    second.liveIn(machines.resolve(seed + "-second"));
    return second;
  }

  /** Lets an instance work; returns what stopped it, null if nothing did. */
  private static @Nullable FencedException fenced(FaultyInstance instance) {
    try {
      boolean ignored = instance.turn();
      return null;
    } catch (FencedException e) {
      instance.kill();
      return e;
    }
  }
}
