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
 * Threads for calls to Kafka for whose answers requests wait: few at a time, few that wait, and
 * none of those who wait for longer than a while.
 *
 * <p><b>Threads.</b> Safe for any thread; the calls are made by those that it has.
 */
final class AdminThreads implements AutoCloseable {

  /**
   * The treatment of calls that nobody waits for any more, and of those that still run at the end.
   */
  enum Overdue {
    /** It goes on: what became of it would be no better known otherwise. */
    GOES_ON,
    /** It is interrupted. */
    IS_BROKEN_OFF
  }

  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int MOST_WAITING = 8;

  private final Duration patience;
  private final Overdue overdue;
  private final Runnable last;
  private final ThreadPoolExecutor threads;

  /**
   * Creates threads that are started with their first calls.
   *
   * @param name their name
   * @param count how many calls are made at a time
   * @param last done after the last call
   */
  AdminThreads(String name, int count, Overdue overdue, Runnable last) {
    this(name, count, overdue, last, PATIENCE);
  }

  AdminThreads(String name, int count, Overdue overdue, Runnable last, Duration patience) {
    this.last = last;
    this.overdue = overdue;
    this.patience = patience;
    this.threads =
        new ThreadPoolExecutor(
            count,
            count,
            30,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(MOST_WAITING),
            task -> {
              Thread calling = new Thread(task, name);
              calling.setDaemon(true);
              return calling;
            });
    threads.allowCoreThreadTimeOut(true);
  }

  /**
   * {@return the answer of a call} What the call throws is thrown.
   *
   * @param action what it does, to follow "Cannot "
   * @throws KafkaSilentException if there is none within the time, or too many wait already
   */
  <T> T call(String action, Supplier<T> call) throws KafkaSilentException {
    Future<T> answer;
    try {
      answer = threads.submit(call::get);
    } catch (RejectedExecutionException e) {
      throw new KafkaSilentException(
          "Cannot "
              + action
              + (threads.isShutdown()
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
      throw new KafkaSilentException(
          "Cannot "
              + action
              + ": Kafka has not answered within "
              + patience.toSeconds()
              + (overdue == Overdue.GOES_ON
                  ? " s, and may still do it. Repeat it"
                  : " s. Repeat it"),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaSilentException("Cannot " + action + ": the request was interrupted", e);
    } finally {
      if (overdue == Overdue.IS_BROKEN_OFF) {
        boolean ignored = answer.cancel(true);
      }
    }
  }

  /**
   * Takes no more calls, and does what comes last after those that go on; does not wait for that.
   */
  @Override
  public synchronized void close() {
    if (threads.isShutdown()) {
      return;
    }
    if (overdue == Overdue.IS_BROKEN_OFF) {
      threads.getQueue().clear();
    }
    try {
      threads.execute(last);
    } catch (RejectedExecutionException full) {
      // So many calls wait that they end with the process.
    }
    threads.shutdown();
  }
}
