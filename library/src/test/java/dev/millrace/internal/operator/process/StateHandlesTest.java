package dev.millrace.internal.operator.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.operator.process.Scripted.Action;
import dev.millrace.time.TimeDomain;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StateHandlesTest {

  private static final List<String> KEYS = List.of("", "a", "aa", "ab", "b", "\u0000", "a\u0000b");

  @TempDir Path directory;

  /** Plain collections that have to say the same as the state. */
  private record Model(
      Map<String, Long> values,
      Map<String, List<String>> texts,
      Map<String, List<String>> lists,
      Map<String, TreeMap<Integer, String>> maps) {

    Model() {
      this(new HashMap<>(), new HashMap<>(), new HashMap<>(), new HashMap<>());
    }

    Model copy() {
      Model copy = new Model();
      copy.values.putAll(values);
      texts.forEach((key, list) -> copy.texts.put(key, new ArrayList<>(list)));
      lists.forEach((key, list) -> copy.lists.put(key, new ArrayList<>(list)));
      maps.forEach((key, map) -> copy.maps.put(key, new TreeMap<>(map)));
      return copy;
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void stateIsWhatPlainCollectionsSayAcrossFailuresCommitsAndAborts(boolean onDisk) {
    for (long seed = 1; seed <= (onDisk ? 8 : 40); seed++) {
      Path place = onDisk ? directory.resolve("run-" + seed) : null;
      if (place != null) {
        assertThat(place.toFile().mkdirs()).isTrue();
      }
      run(seed, place);
    }
  }

  private static void run(long seed, @Nullable Path place) {
    Random random = new Random(seed);
    Model committed = new Model();
    Model model = new Model();
    try (ProcessHarness harness =
        new ProcessHarness(
            Scripted::new, ErrorPolicy.skip(), TimeDomain.EVENT, place, Scripted.SIDE)) {
      for (int step = 0; step < 400; step++) {
        String as = "seed " + seed + ", step " + step;
        int die = random.nextInt(20);
        if (die == 0) {
          harness.commit();
          committed = model.copy();
        } else if (die == 1) {
          harness.abort();
          model = committed.copy();
        } else if (die < 5) {
          // It fails after it has changed a lot: nothing of that may remain.
          List<Action> changes = new ArrayList<>();
          Model lost = model.copy();
          String key = KEYS.get(random.nextInt(KEYS.size()));
          for (int i = 0; i < 1 + random.nextInt(6); i++) {
            changes.add(change(random, lost, key));
          }
          int before = harness.results.size();
          harness.record(
              key,
              step,
              (Action)
                  (function, context) -> {
                    for (Action change : changes) {
                      change.run(function, context);
                    }
                    context.emit("lost");
                    context.emit(Scripted.SIDE, "lost");
                    context.timers().setEventTime(java.time.Instant.ofEpochMilli(5));
                    throw new IllegalStateException("on purpose");
                  });
          assertThat(harness.results).as(as).hasSize(before);
          check(harness, model, key, as);
        } else {
          String key = KEYS.get(random.nextInt(KEYS.size()));
          harness.record(key, step, change(random, model, key));
          check(harness, model, key, as);
        }
      }
      for (String key : KEYS) {
        check(harness, model, key, "seed " + seed);
      }
      assertThat(harness.rows("@timers")).isZero();
    }
  }

  /** Makes a change to the model, and returns the same for the state. */
  private static Action change(Random random, Model model, String key) {
    int number = random.nextInt(8);
    String text = "t" + random.nextInt(1_000);
    switch (random.nextInt(11)) {
      case 0, 1 -> {
        model.values.put(key, (long) number);
        return (function, context) -> function.value.set((long) number);
      }
      case 2 -> {
        model.values.remove(key);
        return (function, context) -> function.value.clear();
      }
      case 3, 4 -> {
        model.lists.computeIfAbsent(key, k -> new ArrayList<>()).add(text);
        return (function, context) -> function.list.add(text);
      }
      case 5 -> {
        if (number < 4) {
          model.lists.remove(key);
          return (function, context) -> function.list.clear();
        }
        model.lists.put(key, new ArrayList<>(List.of(text, "z")));
        return (function, context) -> function.list.replace(List.of(text, "z"));
      }
      case 6, 7 -> {
        model.maps.computeIfAbsent(key, k -> new TreeMap<>()).put(number - 4, text);
        return (function, context) -> function.map.put(number - 4, text);
      }
      case 8 -> {
        if (number == 0) {
          model.maps.remove(key);
          return (function, context) -> function.map.clear();
        }
        model.maps.computeIfAbsent(key, k -> new TreeMap<>()).remove(number - 4);
        return (function, context) -> function.map.remove(number - 4);
      }
      default -> {
        model.texts.computeIfAbsent(key, k -> new ArrayList<>()).add(text);
        return (function, context) -> {
          List<String> texts = new ArrayList<>(function.texts.valueOr(List.of()));
          texts.add(text);
          function.texts.set(texts);
          texts.add("not set any more");
        };
      }
    }
  }

  private static void check(ProcessHarness harness, Model model, String key, String as) {
    harness.record(
        key,
        0,
        (Action)
            (function, context) -> {
              assertThat(context.key()).as(as).isEqualTo(key);
              assertThat(function.value.value()).as(as).isEqualTo(model.values.get(key));
              assertThat(function.texts.valueOr(List.of()))
                  .as(as)
                  .isEqualTo(model.texts.getOrDefault(key, List.of()));
              List<String> list = model.lists.getOrDefault(key, List.of());
              assertThat(function.list.values()).as(as).isEqualTo(list);
              assertThat(function.list.size()).as(as).isEqualTo(list.size());
              Map<Integer, String> map = model.maps.getOrDefault(key, new TreeMap<>());
              assertThat(function.map.entries()).as(as).isEqualTo(new ArrayList<>(map.entrySet()));
              assertThat(function.map.isEmpty()).as(as).isEqualTo(map.isEmpty());
              for (int i = -4; i < 4; i++) {
                assertThat(function.map.value(i)).as(as).isEqualTo(map.get(i));
                assertThat(function.map.contains(i)).as(as).isEqualTo(map.containsKey(i));
              }
            });
    // An assertion is an Error, hence for no policy.
  }

  @Test
  void aRetryBeginsWithTheStateAheadOfTheFirstAttempt() {
    ErrorPolicy policy = ErrorPolicy.fail().retries(2, java.time.Duration.ZERO);
    try (ProcessHarness harness =
        new ProcessHarness(Scripted::new, policy, TimeDomain.EVENT, null)) {
      int[] attempts = {0};
      harness.record(
          "a",
          0,
          (Action)
              (function, context) -> {
                function.value.set(function.value.valueOr(0L) + 1);
                function.list.add("x");
                context.emit("attempt");
                if (++attempts[0] < 3) {
                  throw new IllegalStateException("not yet");
                }
                context.emit(function.value.value() + " " + function.list.values());
              });
      assertThat(attempts[0]).isEqualTo(3);
      assertThat(harness.results).containsExactly("attempt@0", "1 [x]@0");
    }
  }

  @Test
  void objectsThatAreChangedAfterTheyWereReadOrSetDoNotChangeTheState() {
    try (ProcessHarness harness =
        new ProcessHarness(Scripted::new, ErrorPolicy.fail(), TimeDomain.EVENT, null)) {
      harness.record(
          "a",
          0,
          (Action)
              (function, context) -> {
                List<String> mine = new ArrayList<>(List.of("x"));
                function.texts.set(mine);
                mine.add("y");
                assertThat(function.texts.value()).containsExactly("x");
                List<String> read = new ArrayList<>(function.texts.valueOr(List.of()));
                read.add("z");
                assertThat(function.texts.value()).containsExactly("x");
              });
    }
  }

  @Test
  void stateAndContextAreOfNoUseOutsideOfACall() {
    List<Scripted> made = new ArrayList<>();
    try (ProcessHarness harness =
        new ProcessHarness(
            () -> {
              made.add(new Scripted());
              return made.get(made.size() - 1);
            },
            ErrorPolicy.fail(),
            TimeDomain.EVENT,
            null)) {
      List<Object> contexts = new ArrayList<>();
      harness.record("a", 0, (Action) (function, context) -> contexts.add(context));
      Scripted running = made.get(made.size() - 1);
      assertThatThrownBy(running.value::value)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("'value'");
      assertThatThrownBy(() -> ((CallContext) contexts.get(0)).emit("late"))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> new Scripted().value.value())
          .isInstanceOf(IllegalStateException.class);
    }
  }
}
