package dev.millrace.runner.host;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * The thread for calls to Kafka for whose answers requests wait: one call after the other, few that
 * wait, and none of those who wait for longer than a while.
 *
 * <p><b>Threads.</b> Safe for any thread; the calls are made by one of its own.
 */
final class AdminThread implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int MOST_WAITING = 8;

  private final Duration patience;
  private final Runnable last;
  private final ThreadPoolExecutor thread;

  /**
   * Creates a thread that is started with the first call.
   *
   * @param name its name
   * @param last done after the last call
   */
  AdminThread(String name, Runnable last) {
    this(name, last, PATIENCE);
  }

  AdminThread(String name, Runnable last, Duration patience) {
    this.last = last;
    this.patience = patience;
    this.thread =
        new ThreadPoolExecutor(
            1,
            1,
            30,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(MOST_WAITING),
            task -> {
              Thread calling = new Thread(task, name);
              calling.setDaemon(true);
              return calling;
            });
  }

  /**
   * {@return the answer of a call} What the call throws is thrown.
   *
   * @param action what it does, to follow "Cannot "
   * @throws KafkaSilentException if there is none within the time; the call goes on
   */
  <T> T call(String action, Supplier<T> call) throws KafkaSilentException {
    Future<T> answer;
    try {
      answer = thread.submit(call::get);
    } catch (RejectedExecutionException e) {
      throw new KafkaSilentException(
          "Cannot "
              + action
              + (thread.isShutdown()
                  ? ": this instance is ending"
                  : ": " + MOST_WAITING + " requests wait for Kafka already. Repeat it later"),
          e);
    }
    try {
      return answer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException reason) {
        throw reason;
      }
      throw new IllegalStateException(e);
    } catch (TimeoutException e) {
      // What is under way is not broken off: what became of it would be no better known then.
      throw new KafkaSilentException(
          "Cannot "
              + action
              + ": Kafka has not answered within "
              + patience.toSeconds()
              + " s, and may still do it. Repeat it",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaSilentException("Cannot " + action + ": the request was broken off", e);
    }
  }

  /** Takes no more calls, and does what comes last after those it has; does not wait for that. */
  @Override
  public synchronized void close() {
    if (thread.isShutdown()) {
      return;
    }
    try {
      thread.execute(last);
    } catch (RejectedExecutionException full) {
      // So many calls wait that they end with the process.
    }
    thread.shutdown();
  }
}
