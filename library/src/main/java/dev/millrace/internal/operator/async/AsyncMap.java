package dev.millrace.internal.operator.async;

import dev.millrace.function.Async;
import dev.millrace.function.AsyncFunction;
import dev.millrace.internal.operator.Failures;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.util.Clock;
import java.util.ArrayDeque;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The operator that turns each value into another by an asynchronous call.
 *
 * <pre>
 *   emit -> waiting -> running -> done -> next
 *                      |     ^
 *             failed   v     | after the wait
 *                    backing off
 * </pre>
 *
 * <p>{@link #emit} begins a call or, if enough calls are running, queues the value; it never waits.
 * Everything else happens in {@link #pump}, which the worker calls over and over: it takes answers,
 * fails attempts that took too long, emits results and begins further calls. The threads that
 * complete a call only put the answer into a queue and ring the {@link Wakeup}.
 *
 * <p>I1: {@code started} calls are running, backing off, or done and not yet passed on; never more
 * than the options allow. I2: an answer counts only for the attempt that is running; answers of
 * attempts that timed out, and all answers after {@link #abandon}, are ignored.
 *
 * <p><b>Threads.</b> Confined to the task's worker; any thread may add to the queue of answers.
 */
public final class AsyncMap implements Output {

  private enum State {
    WAITING,
    RUNNING,
    BACKING_OFF,
    DONE
  }

  private static final class Call {
    final Object value;
    final long timeMs;
    final Failures.Origin origin;
    final int kind;
    State state = State.WAITING;
    int attempt;
    @Nullable CompletionStage<?> stage;
    @Nullable Object result;
    @Nullable Exception failure;

    Call(Object value, long timeMs, Failures.Origin origin, int kind) {
      this.value = value;
      this.timeMs = timeMs;
      this.origin = origin;
      this.kind = kind;
    }
  }

  private record Answer(
      Call call, int attempt, @Nullable Object result, @Nullable Throwable error) {}

  /** A time at which an attempt times out, or the next one begins. */
  private record Due(long nanos, Call call, int attempt, State of) {
    boolean isObsolete() {
      return call.attempt != attempt || call.state != of;
    }
  }

  private final AsyncFunction<Object, Object> function;
  private final Async options;
  private final boolean ordered;
  private final Guard guard;
  private final Failures failures;
  private final Clock clock;
  private final Wakeup wakeup;
  private final Output next;

  private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
  private final ArrayDeque<Call> waiting = new ArrayDeque<>();

  /** The calls to pass on next: all calls in the order of input, or those that are done. */
  private final ArrayDeque<Call> line = new ArrayDeque<>();

  private final PriorityQueue<Due> dues =
      new PriorityQueue<>((a, b) -> Long.signum(a.nanos() - b.nanos()));
  private int started;

  /** Whether there were values since the last commit. */
  private boolean called;

  /** Creates the operator of one task. */
  @SuppressWarnings("unchecked") // the builder's types match what arrives
  public AsyncMap(
      AsyncFunction<?, ?> function,
      Async options,
      Guard guard,
      Clock clock,
      Wakeup wakeup,
      Output next) {
    this.function = (AsyncFunction<Object, Object>) function;
    this.options = options;
    this.ordered = options.order() == Async.Order.OF_INPUT;
    this.guard = guard;
    this.failures = guard.failures();
    this.clock = clock;
    this.wakeup = wakeup;
    this.next = next;
  }

  @Override
  public void emit(Object value, long timeMs, int kind) {
    called = true;
    Call call = new Call(value, timeMs, failures.origin(), kind);
    if (ordered) {
      line.add(call);
    }
    if (takesMore()) {
      begin(call);
    } else {
      waiting.add(call);
    }
  }

  /** {@return whether a further value would not have to wait} */
  public boolean takesMore() {
    return started < options.maxInFlight() && waiting.isEmpty();
  }

  /** {@return whether there is a value whose result has not been passed on} */
  public boolean isUnderWay() {
    return started > 0 || !waiting.isEmpty();
  }

  /**
   * {@return whether there were calls since the last commit: others have seen them, and would again
   * if they had to be repeated}
   */
  public boolean hasCalled() {
    return called;
  }

  /** Notes that the transaction committed. */
  public void committed() {
    called = false;
  }

  /** Does all that can be done without waiting; the only place where results are passed on. */
  public void pump() {
    do {
      takeAnswers();
      takeDues();
      passOn();
      while (started < options.maxInFlight() && !waiting.isEmpty()) {
        begin(waiting.remove());
      }
    } while (!answers.isEmpty());
  }

  /** {@return how long until time changes anything; {@link Long#MAX_VALUE} if it does not} */
  public long nanosUntilDue(long nowNanos) {
    dropObsolete();
    Due first = dues.peek();
    return first == null ? Long.MAX_VALUE : Math.max(0, first.nanos() - nowNanos);
  }

  /** Drops everything; running calls are cancelled where their stages allow it. */
  public void abandon() {
    for (Due due : dues) {
      if (!due.isObsolete()) {
        cancel(due.call());
      }
    }
    dues.clear();
    line.clear();
    waiting.clear();
    answers.clear();
    started = 0;
  }

  private void begin(Call call) {
    started++;
    attempt(call);
  }

  private void attempt(Call call) {
    int attempt = ++call.attempt;
    call.state = State.RUNNING;
    CompletionStage<?> stage;
    try {
      stage = function.apply(call.value);
      if (stage == null) {
        throw new NullPointerException("the function returned no stage");
      }
    } catch (Exception e) {
      failed(call, e);
      return;
    }
    call.stage = stage;
    due(options.timeout().toNanos(), call);
    stage.whenComplete(
        (result, error) -> {
          answers.add(new Answer(call, attempt, result, error));
          wakeup.ring();
        });
  }

  private void takeAnswers() {
    Answer answer = answers.poll();
    while (answer != null) {
      Call call = answer.call();
      if (call.state == State.RUNNING && call.attempt == answer.attempt()) {
        if (answer.error() != null) {
          failed(call, reason(answer.error()));
        } else if (answer.result() == null) {
          failed(call, new NullPointerException("the call returned null; filter the value out"));
        } else {
          done(call, answer.result());
        }
      }
      answer = answers.poll();
    }
  }

  private void takeDues() {
    if (dues.isEmpty()) {
      return;
    }
    long now = clock.nanos();
    Due first = dues.peek();
    while (first != null && (first.isObsolete() || first.nanos() - now <= 0)) {
      dues.remove();
      if (!first.isObsolete()) {
        if (first.of() == State.BACKING_OFF) {
          attempt(first.call());
        } else {
          Call call = first.call();
          cancel(call);
          failed(call, new TimeoutException("no answer within " + options.timeout()));
        }
      }
      first = dues.peek();
    }
  }

  private void passOn() {
    Call call = line.peekFirst();
    while (call != null && call.state == State.DONE) {
      line.removeFirst();
      started--;
      if (call.result != null) {
        failures.resume(call.origin);
        next.emit(call.result, call.timeMs, call.kind);
      }
      call = line.peekFirst();
    }
  }

  private void failed(Call call, Exception cause) {
    call.stage = null;
    Exception before = call.failure;
    if (before != null && before != cause) {
      cause.addSuppressed(before);
    }
    call.failure = cause;
    if (call.attempt <= options.retries()) {
      call.state = State.BACKING_OFF;
      failures.countRetry();
      due(options.waitBefore(call.attempt).toNanos(), call);
      return;
    }
    failures.resume(call.origin);
    guard.giveUp(call.value, cause);
    done(call, null);
  }

  private void done(Call call, @Nullable Object result) {
    call.state = State.DONE;
    call.stage = null;
    call.failure = null;
    call.result = result;
    if (!ordered) {
      line.add(call);
    }
  }

  private void due(long inNanos, Call call) {
    if (dues.size() > 4L * options.maxInFlight() + 64) {
      dues.removeIf(Due::isObsolete);
    }
    dues.add(new Due(clock.nanos() + inNanos, call, call.attempt, call.state));
  }

  private void dropObsolete() {
    Due first = dues.peek();
    while (first != null && first.isObsolete()) {
      dues.remove();
      first = dues.peek();
    }
  }

  private static void cancel(Call call) {
    CompletionStage<?> stage = call.stage;
    if (stage == null) {
      return;
    }
    try {
      stage.toCompletableFuture().cancel(true);
    } catch (UnsupportedOperationException e) {
      // This stage cannot be cancelled: when it completes, its answer is ignored.
      call.stage = null;
    }
  }

  /**
   * Unwraps a stage's exception; errors of the JVM are thrown, as no error policy applies to them.
   */
  private static Exception reason(Throwable error) {
    Throwable cause = error;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof Error fatal) {
      throw fatal;
    }
    return (Exception) cause;
  }
}
