package dev.millrace.internal.operator.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.plan.SortedInput;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.serde.TypeRef;
import dev.millrace.state.ValueState;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.Late;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Records wait for the watermark and come in the order of their times, timers in between. */
final class SortedInputTest {

  private static final SortedInput SORTED =
      new SortedInput(String.class, Optional.of(Late.tag("late", String.class)));

  @TempDir Path directory;

  /** Tells what it gets; {@code !} fails, {@code +d} sets a timer, {@code -d} cancels one. */
  static final class Telling extends KeyedProcessFunction<String, String, String> {
    private final ValueState<Long> seen = state.value("seen", Long.class);

    @Override
    public void onRecord(String value, Context context) {
      seen.set(seen.valueOr(0L) + 1);
      if (value.equals("!")) {
        throw new IllegalStateException("told to fail");
      }
      if (value.startsWith("+")) {
        context.timers().setEventTime(context.eventTime().plusMillis(Long.parseLong(value)));
      } else if (value.startsWith("-")) {
        context.timers().cancelEventTime(context.eventTime().minusMillis(-Long.parseLong(value)));
      }
      tell(value, context);
    }

    @Override
    public void onTimer(Instant time, Context context) {
      tell("timer", context);
    }

    private void tell(String what, Context context) {
      context.emit(
          context.key()
              + " "
              + what
              + " "
              + seen.valueOr(0L)
              + " "
              + context.watermark().toEpochMilli());
    }
  }

  private ProcessHarness harness(ErrorPolicy policy, @Nullable Path place) {
    return new ProcessHarness(Telling::new, policy, TimeDomain.EVENT, place, Optional.of(SORTED));
  }

  @Test
  void recordsComeInTheOrderOfTimeThenOfArrival() {
    try (ProcessHarness harness = harness(ErrorPolicy.fail(), null)) {
      harness.record("a", 30, "third");
      harness.record("b", 20, "second");
      harness.record("a", 30, "fourth");
      harness.record("a", 10, "first");
      harness.record("a", 40, "waits");
      assertThat(harness.results).isEmpty();
      assertThat(harness.watermark(40)).isTrue();
      assertThat(harness.results)
          .containsExactly(
              "a first 1 10@10", "b second 1 20@20", "a third 2 30@30", "a fourth 3 30@30");
      assertThat(harness.watermark(Long.MAX_VALUE)).isTrue();
      assertThat(harness.results).last().isEqualTo("a waits 4 40@40");
    }
  }

  @Test
  void timersFireBetweenRecordsAndBeforeThoseOfTheirTime() {
    try (ProcessHarness harness = harness(ErrorPolicy.fail(), null)) {
      harness.record("a", 15, "same time");
      harness.record("a", 16, "after");
      harness.record("a", 5, "+10");
      harness.record("a", 12, "-7");
      harness.record("b", 5, "+10");
      harness.record("b", 14, "between");
      assertThat(harness.watermark(100)).isTrue();
      assertThat(harness.results)
          .containsExactly(
              "a +10 1 5@5",
              "b +10 1 5@5",
              "a -7 2 12@12",
              "b between 2 14@14",
              "a timer 2 15@15",
              "b timer 2 15@15",
              "a same time 3 15@15",
              "a after 4 16@16");
    }
  }

  @Test
  void aRecordWhoseTurnIsOverIsLate() {
    try (ProcessHarness harness = harness(ErrorPolicy.fail(), null)) {
      harness.watermark(20);
      harness.record("a", 19, "late");
      harness.record("a", 20, "on time");
      harness.watermark(21);
      assertThat(harness.results)
          .containsExactly(
              "late:Late[value=late, time=1970-01-01T00:00:00.019Z, reason=BEHIND_WATERMARK]@19",
              "a on time 1 20@20");
      assertThat(harness.late).containsExactly("counted 1");
    }
  }

  @Test
  void aRecordThatFailsLeavesNothingBehindAndIsInItsDeadLetter() {
    try (ProcessHarness harness = harness(ErrorPolicy.deadLetter(), null)) {
      harness.record("a", 2, "after");
      harness.record("a", 1, "!");
      harness.watermark(10);
      assertThat(harness.results).containsExactly("a after 1 2@2");
      assertThat(harness.letters)
          .containsExactly(new ProcessOperator.RecordLetter("a", Instant.ofEpochMilli(1), "!"));
    }
  }

  /** Adds to the list that it gets, and fails as often as the list says. */
  static final class Adding extends KeyedProcessFunction<String, List<String>, String> {
    private int failures;

    @Override
    public void onRecord(List<String> values, Context context) {
      values.add("!");
      if (values.size() > 2 || failures++ < values.get(0).length()) {
        throw new IllegalStateException("told to fail");
      }
      context.emit(values.toString());
    }
  }

  private static ProcessHarness adding(ErrorPolicy policy) {
    SortedInput lists = new SortedInput(new TypeRef<List<String>>() {}.type(), Optional.empty());
    return new ProcessHarness(Adding::new, policy, TimeDomain.EVENT, null, Optional.of(lists));
  }

  @Test
  void aDeadLetterHasNothingOfWhatTheFunctionDidToItsRecord() {
    try (ProcessHarness harness = adding(ErrorPolicy.deadLetter())) {
      harness.record("a", 1, new ArrayList<>(List.of("x")));
      harness.watermark(10);
      assertThat(harness.letters)
          .containsExactly(
              new ProcessOperator.RecordLetter("a", Instant.ofEpochMilli(1), List.of("x")));
    }
  }

  @Test
  void aFurtherAttemptGetsTheRecordAsItWas() {
    try (ProcessHarness harness = adding(ErrorPolicy.fail().retries(2, Duration.ofMillis(1)))) {
      harness.record("a", 1, new ArrayList<>(List.of("xy")));
      harness.watermark(10);
      assertThat(harness.results).containsExactly("[xy, !]@1");
    }
  }

  /** Full transactions, commits and aborts at any moment change nothing. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void goesOnWhereATransactionWasFull(long seed) {
    Random random = new Random(seed);
    record Input(int number, String key, long timeMs, String value) {}
    List<Input> inputs = new ArrayList<>();
    for (int i = 0; i < 80; i++) {
      String value = random.nextInt(4) == 0 ? "+" + random.nextInt(20) : "v" + i;
      inputs.add(new Input(i, "k" + random.nextInt(3), random.nextInt(60), value));
    }
    List<String> expected;
    try (ProcessHarness harness = harness(ErrorPolicy.fail(), null)) {
      inputs.forEach(each -> harness.record(each.key(), each.timeMs(), each.value()));
      harness.watermark(Long.MAX_VALUE);
      expected = List.copyOf(harness.results);
    }
    assertThat(expected).hasSizeGreaterThan(80);
    List<String> found = new ArrayList<>();
    try (ProcessHarness harness =
        harness(ErrorPolicy.fail(), random.nextBoolean() ? directory : null)) {
      List<Input> left = new ArrayList<>(inputs);
      for (long watermark = 10; watermark <= 100; watermark += 10) {
        long until = watermark;
        List<Input> now =
            left.stream().filter(each -> each.timeMs() < until || random.nextBoolean()).toList();
        left.removeAll(now);
        now.forEach(each -> harness.record(each.key(), each.timeMs(), each.value()));
        do {
          if (random.nextInt(3) == 0) {
            // What is aborted is done again.
            found.addAll(committed(harness));
            fill(harness, random);
            boolean ignored = harness.watermark(watermark);
            harness.results.clear();
            harness.abort();
          }
          fill(harness, random);
        } while (step(harness, watermark, found));
      }
      harness.room.clear();
      assertThat(harness.watermark(Long.MAX_VALUE)).isTrue();
      found.addAll(harness.results);
    }
    // Records of one time may have arrived in another order.
    Comparator<String> byTime = Comparator.comparing(SortedInputTest::time);
    assertThat(found).isSortedAccordingTo(byTime);
    assertThat(found.stream().map(SortedInputTest::withoutCount))
        .containsExactlyInAnyOrderElementsOf(
            expected.stream().map(SortedInputTest::withoutCount).toList());
  }

  /** Room for a few records, then none. */
  private static void fill(ProcessHarness harness, Random random) {
    harness.room.clear();
    for (int i = random.nextInt(8); i >= 0; i--) {
      harness.room.add(true);
    }
    harness.room.add(false);
  }

  private static boolean step(ProcessHarness harness, long watermark, List<String> found) {
    boolean complete = harness.watermark(watermark);
    found.addAll(committed(harness));
    return !complete;
  }

  private static List<String> committed(ProcessHarness harness) {
    harness.commit();
    List<String> results = List.copyOf(harness.results);
    harness.results.clear();
    return results;
  }

  private static long time(String result) {
    return Long.parseLong(result.substring(result.indexOf('@') + 1));
  }

  private static String withoutCount(String result) {
    String[] parts = result.split(" ");
    return parts[0] + " " + parts[1] + " " + parts[3];
  }
}
