package dev.millrace.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.devbroker.testing.TestBroker;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Results each of which comes once.
 *
 * <p><b>Threads.</b> Confined to the test.
 *
 * @param <T> the results, equal only if they are the same one
 */
final class CheckedSet<T> extends CheckedOutput<T> {

  private final Predicate<T> counts;
  private final Set<T> all = new HashSet<>();
  private final List<T> inOrder = new ArrayList<>();

  /** Reads a topic, of which some results do not count. */
  CheckedSet(TestBroker broker, String topic, Class<T> type, Predicate<T> counts, long seed) {
    super(broker, topic, type, seed);
    this.counts = counts;
  }

  /** Waits until there are as many as expected; they have to be those. */
  void await(Set<T> expected) {
    awaitSize(expected.size());
    assertThat(without(all, expected)).as("%s: wrong", name).isEmpty();
    assertThat(without(expected, all)).as("%s: missing", name).isEmpty();
  }

  /** Waits until there are some number of results, and returns them in their order. */
  List<T> awaitSize(int size) {
    await(() -> all.size() >= size);
    assertThat(all).as(name).hasSize(size);
    return inOrder;
  }

  private static <T> List<T> without(Set<T> from, Set<T> others) {
    return from.stream().filter(each -> !others.contains(each)).limit(10).toList();
  }

  int size() {
    return all.size();
  }

  @Override
  void take(T result) {
    if (!counts.test(result)) {
      return;
    }
    inOrder.add(result);
    if (!all.add(result)) {
      wrong("emits twice: " + result);
    }
  }
}
