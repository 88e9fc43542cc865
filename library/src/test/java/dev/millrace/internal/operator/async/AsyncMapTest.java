package dev.millrace.internal.operator.async;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.RecordException;
import dev.millrace.function.Async;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.Failures;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class AsyncMapTest {

  private final TestClock clock = new TestClock();
  private final Recorder failures = new Recorder();
  private final List<String> emitted = new ArrayList<>();

  /** The futures of each value, one for each attempt. */
  private final Map<Object, List<CompletableFuture<Object>>> calls = new LinkedHashMap<>();

  @Test
  void resultsComeInTheOrderOfInputWhateverTheOrderOfAnswers() {
    AsyncMap map = map(Async.inFlight(3), ErrorPolicy.fail());
    emit(map, "a", "b", "c");
    answer("c");
    answer("b");
    map.pump();
    assertThat(emitted).isEmpty();
    answer("a");
    map.pump();
    assertThat(emitted).containsExactly("A@a", "B@b", "C@c");
    assertThat(map.isUnderWay()).isFalse();
  }

  @Test
  void unorderedResultsComeAsTheyAreAnswered() {
    AsyncMap map = map(Async.inFlight(3).unordered(), ErrorPolicy.fail());
    emit(map, "a", "b", "c");
    answer("c");
    answer("a");
    map.pump();
    assertThat(emitted).containsExactly("C@c", "A@a");
    assertThat(map.isUnderWay()).isTrue();
    answer("b");
    map.pump();
    assertThat(emitted).containsExactly("C@c", "A@a", "B@b");
  }

  @Test
  void noMoreCallsAreUnderWayThanAllowed() {
    AsyncMap map = map(Async.inFlight(2), ErrorPolicy.fail());
    emit(map, "a", "b", "c", "d");
    assertThat(calls.keySet()).containsExactly("a", "b");
    assertThat(map.takesMore()).isFalse();
    // An answer that waits for one ahead of it keeps its place, else the line could grow for ever.
    answer("b");
    map.pump();
    assertThat(calls.keySet()).containsExactly("a", "b");
    answer("a");
    map.pump();
    assertThat(calls.keySet()).containsExactly("a", "b", "c", "d");
    assertThat(map.takesMore()).isFalse();
    answer("c");
    map.pump();
    assertThat(map.takesMore()).isTrue();
  }

  @Test
  void nothingIsEmittedByTheThreadThatAnswers() throws Exception {
    AsyncMap map = map(Async.inFlight(2), ErrorPolicy.fail());
    emit(map, "a");
    Thread answering = new Thread(() -> answer("a"), "answering");
    answering.start();
    answering.join();
    assertThat(emitted).isEmpty();
    map.pump();
    assertThat(emitted).containsExactly("A@a");
  }

  @Test
  void anAttemptWithoutAnswerIsRepeatedAndItsLateAnswerIgnored() {
    AsyncMap map =
        map(
            Async.inFlight(1).timeout(Duration.ofSeconds(2)).retries(1, Duration.ofMillis(100)),
            ErrorPolicy.fail());
    emit(map, "a");
    CompletableFuture<Object> first = call("a", 0);
    clock.advance(Duration.ofSeconds(2).minusNanos(1));
    map.pump();
    assertThat(first).isNotDone();
    assertThat(map.nanosUntilDue(clock.nanos())).isEqualTo(1);
    clock.advance(Duration.ofNanos(1));
    map.pump();
    assertThat(first).isCancelled();
    assertThat(calls.get("a")).hasSize(1);
    clock.advance(Duration.ofMillis(100));
    map.pump();
    assertThat(calls.get("a")).hasSize(2);
    first.obtrudeValue("too late");
    map.pump();
    assertThat(emitted).isEmpty();
    call("a", 1).complete("second");
    map.pump();
    assertThat(emitted).containsExactly("second@a");
    assertThat(failures.retries).isEqualTo(1);
    assertThat(map.nanosUntilDue(clock.nanos())).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void aStageThatCannotBeCancelledIsIgnoredWhenItCompletesTooLate() {
    List<CompletableFuture<Object>> stages = new ArrayList<>();
    AsyncMap map =
        new AsyncMap(
            value -> {
              stages.add(new CompletableFuture<>());
              return stages.get(stages.size() - 1).minimalCompletionStage();
            },
            Async.inFlight(1).timeout(Duration.ofSeconds(1)).retries(1, Duration.ZERO),
            new Guard("score", ErrorPolicy.fail(), failures),
            clock,
            new Wakeup(),
            (value, timeMs, kind) -> emitted.add(value.toString()));
    failures.current = "a";
    map.emit("a", 0, FrameFormat.RECORD);
    clock.advance(Duration.ofSeconds(1));
    map.pump();
    map.pump();
    assertThat(stages).hasSize(2);
    stages.get(0).complete("late");
    map.pump();
    assertThat(emitted).isEmpty();
    stages.get(1).complete("in time");
    map.pump();
    assertThat(emitted).containsExactly("in time");
  }

  @Test
  void theWaitDoublesWithEachAttemptUpToTenSeconds() {
    AsyncMap map = map(Async.inFlight(1).retries(9, Duration.ofMillis(100)), ErrorPolicy.skip());
    emit(map, "a");
    List<Long> waitsMs = new ArrayList<>();
    for (int attempt = 0; attempt < 9; attempt++) {
      call("a", attempt).completeExceptionally(new IllegalStateException("down"));
      map.pump();
      long wait = map.nanosUntilDue(clock.nanos());
      waitsMs.add(wait / 1_000_000);
      clock.advance(Duration.ofNanos(wait));
      map.pump();
    }
    assertThat(waitsMs)
        .containsExactly(100L, 200L, 400L, 800L, 1600L, 3200L, 6400L, 10_000L, 10_000L);
    assertThat(failures.givenUp).isEmpty();
    call("a", 9).completeExceptionally(new IllegalStateException("down"));
    map.pump();
    assertThat(failures.givenUp).containsExactly("a: java.lang.IllegalStateException: down");
    assertThat(map.isUnderWay()).isFalse();
  }

  @Test
  void aFailedCallNamesItsOwnRecordAlthoughOthersCameSince() {
    AsyncMap map = map(Async.inFlight(10), ErrorPolicy.deadLetter());
    emit(map, "a", "b", "c");
    failures.current = "z";
    call("b", 0).completeExceptionally(new CompletionException(new TimeoutException("slow")));
    answer("c");
    answer("a");
    map.pump();
    assertThat(failures.givenUp).containsExactly("b: java.util.concurrent.TimeoutException: slow");
    assertThat(emitted).containsExactly("A@a", "C@c");
  }

  @Test
  void aFailureOfTheCallItselfGoesTheSameWay() {
    AsyncMap map =
        new AsyncMap(
            value -> {
              throw new IllegalArgumentException("no such card");
            },
            Async.inFlight(1),
            new Guard("score", ErrorPolicy.fail(), failures),
            clock,
            new Wakeup(),
            (value, timeMs, kind) -> emitted.add(value.toString()));
    failures.current = "a";
    assertThatThrownBy(() -> map.emit("a", 0, FrameFormat.RECORD))
        .isInstanceOf(RecordException.class);
    assertThat(failures.givenUp)
        .containsExactly("a: java.lang.IllegalArgumentException: no such card");
  }

  @Test
  void aCallThatReturnsNullHasFailed() {
    AsyncMap map = map(Async.inFlight(1), ErrorPolicy.skip());
    emit(map, "a");
    call("a", 0).complete(null);
    map.pump();
    assertThat(failures.givenUp).hasSize(1);
    assertThat(failures.givenUp.get(0)).contains("returned null");
  }

  @Test
  void anErrorOfTheJvmIsForNoErrorPolicy() {
    AsyncMap map = map(Async.inFlight(1), ErrorPolicy.skip());
    emit(map, "a");
    call("a", 0).completeExceptionally(new StackOverflowError());
    assertThatThrownBy(map::pump).isInstanceOf(StackOverflowError.class);
  }

  @Test
  void abandonedCallsAreCancelledAndTheirAnswersIgnored() {
    AsyncMap map = map(Async.inFlight(2), ErrorPolicy.fail());
    emit(map, "a", "b", "c");
    CompletableFuture<Object> first = call("a", 0);
    map.abandon();
    assertThat(first).isCancelled();
    assertThat(call("b", 0)).isCancelled();
    assertThat(map.isUnderWay()).isFalse();
    first.obtrudeValue("late");
    map.pump();
    assertThat(emitted).isEmpty();
    assertThat(calls).doesNotContainKey("c");
  }

  @Test
  void callsThatAreAnsweredAtOnceComeThroughInOneGo() {
    AsyncMap map =
        new AsyncMap(
            CompletableFuture::completedFuture,
            Async.inFlight(2),
            new Guard("score", ErrorPolicy.fail(), failures),
            clock,
            new Wakeup(),
            (value, timeMs, kind) -> emitted.add(value.toString()));
    for (int i = 0; i < 1_000; i++) {
      failures.current = i;
      map.emit(i, i, FrameFormat.RECORD);
    }
    map.pump();
    assertThat(emitted).hasSize(1_000).startsWith("0", "1", "2").endsWith("999");
    assertThat(map.isUnderWay()).isFalse();
  }

  @Test
  void aResultIsOfTheKindOfItsValue() {
    List<String> kinds = new ArrayList<>();
    AsyncMap map =
        new AsyncMap(
            CompletableFuture::completedFuture,
            Async.inFlight(8),
            new Guard("score", ErrorPolicy.fail(), failures),
            clock,
            new Wakeup(),
            (value, timeMs, kind) -> kinds.add(value + " " + kind));
    map.emit("a", 1, FrameFormat.RECORD);
    map.emit("b", 2, FrameFormat.TOO_FAR_AHEAD);
    map.emit("c", 3, FrameFormat.RETRACTION);
    map.pump();
    assertThat(kinds).containsExactly("a 0", "b 4", "c 1");
  }

  @Test
  void aRingAheadOfTheWaitIsNotLost() throws Exception {
    Wakeup wakeup = new Wakeup();
    wakeup.ring();
    wakeup.await(Long.MAX_VALUE);
    Thread waiting = new Thread(() -> wakeup.await(Long.MAX_VALUE), "waiting");
    waiting.start();
    wakeup.ring();
    waiting.join(30_000);
    assertThat(waiting.isAlive()).isFalse();
  }

  @Test
  void randomAnswersFailuresAndTimeoutsLoseAndDoubleNothing() {
    for (long seed = 1; seed <= 200; seed++) {
      randomRun(seed);
    }
  }

  private void randomRun(long seed) {
    Random random = new Random(seed);
    emitted.clear();
    calls.clear();
    failures.givenUp.clear();
    int most = 1 + random.nextInt(8);
    boolean ordered = random.nextBoolean();
    Async options =
        Async.inFlight(most).timeout(Duration.ofMillis(50)).retries(2, Duration.ofMillis(10));
    AsyncMap map = map(ordered ? options : options.unordered(), ErrorPolicy.skip());
    int next = 0;
    while (next < 200 || map.isUnderWay()) {
      int pending = 0;
      for (List<CompletableFuture<Object>> attempts : calls.values()) {
        pending += attempts.get(attempts.size() - 1).isDone() ? 0 : 1;
      }
      assertThat(pending).as("seed %d", seed).isLessThanOrEqualTo(most);
      int die = random.nextInt(10);
      if (die < 4 && next < 200) {
        emit(map, "v" + next++);
      } else if (die < 8) {
        List<Map.Entry<Object, List<CompletableFuture<Object>>>> open =
            calls.entrySet().stream()
                .filter(call -> !call.getValue().get(call.getValue().size() - 1).isDone())
                .toList();
        if (!open.isEmpty()) {
          Map.Entry<Object, List<CompletableFuture<Object>>> one =
              open.get(random.nextInt(open.size()));
          CompletableFuture<Object> future = one.getValue().get(one.getValue().size() - 1);
          if (random.nextInt(4) == 0) {
            future.completeExceptionally(new IllegalStateException("no"));
          } else {
            future.complete(one.getKey());
          }
        }
      } else {
        clock.advance(Duration.ofMillis(random.nextInt(20)));
      }
      if (random.nextBoolean()) {
        map.pump();
      }
    }
    List<String> all = new ArrayList<>(emitted.stream().map(e -> e.split("@", 2)[1]).toList());
    assertThat(emitted)
        .as("seed %d", seed)
        .allSatisfy(e -> assertThat(e.split("@", 2)[0]).isEqualTo(e.split("@", 2)[1]));
    if (ordered) {
      assertThat(all.stream().map(v -> Integer.valueOf(v.substring(1))).toList())
          .as("seed %d", seed)
          .isSorted();
    }
    failures.givenUp.forEach(text -> all.add(text.split(":", 2)[0]));
    assertThat(all).as("seed %d", seed).hasSize(200).doesNotHaveDuplicates();
  }

  private AsyncMap map(Async options, ErrorPolicy policy) {
    return new AsyncMap(
        value -> {
          CompletableFuture<Object> future = new CompletableFuture<>();
          calls.computeIfAbsent(value, key -> new ArrayList<>()).add(future);
          return future;
        },
        options,
        new Guard("score", policy, failures),
        clock,
        new Wakeup(),
        (value, timeMs, kind) -> emitted.add(value + "@" + failures.current));
  }

  private void emit(AsyncMap map, String... values) {
    for (String value : values) {
      failures.current = value;
      map.emit(value, 0, FrameFormat.RECORD);
    }
  }

  private void answer(String value) {
    call(value, 0).complete(value.toUpperCase(java.util.Locale.ROOT));
  }

  private CompletableFuture<Object> call(String value, int attempt) {
    return new HashMap<>(calls).get(value).get(attempt);
  }

  /** Names records by their values. */
  private static final class Recorder implements Failures {
    final List<String> givenUp = new ArrayList<>();
    Object current = "none";
    int retries;

    private record Named(Object name) implements Origin {}

    @Override
    public void backOff(long millis) {
      throw new IllegalStateException("the worker waits");
    }

    @Override
    public void giveUp(
        String operator, ErrorPolicy policy, @Nullable Object value, Exception cause) {
      givenUp.add(current + ": " + cause);
      if (policy.action() == ErrorPolicy.Action.FAIL) {
        throw new RecordException("failed", cause);
      }
    }

    @Override
    public void countRetry() {
      retries++;
    }

    @Override
    public Origin origin() {
      return new Named(current);
    }

    @Override
    public void atNoRecord() {
      current = "none";
    }

    @Override
    public void resume(Origin origin) {
      current = ((Named) origin).name();
    }
  }

  private static final class TestClock implements Clock {
    private long nanos = Long.MAX_VALUE - 1_000_000_000L; // runs over in the middle of the tests

    void advance(Duration by) {
      nanos += by.toNanos();
    }

    @Override
    public long wallMs() {
      return 0;
    }

    @Override
    public long nanos() {
      return nanos;
    }

    @Override
    public void sleepMs(long millis) {
      throw new IllegalStateException("the worker sleeps");
    }
  }
}
