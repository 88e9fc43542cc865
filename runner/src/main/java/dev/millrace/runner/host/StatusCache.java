package dev.millrace.runner.host;

import dev.millrace.admin.JobStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The status of a job for many who ask: Kafka is asked once a second at most, by one thread, and
 * while it has not answered all wait for the same answer, a few of them at a time. A failure is an
 * answer too.
 *
 * <p><b>Threads.</b> Safe for any thread; the source is asked by one of its own.
 */
final class StatusCache implements AutoCloseable {

  /** The source of the status. */
  interface Source {

    /** {@return the status as it is now} */
    JobStatus ask();
  }

  private static final long FRESH_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long RATE_NANOS = Duration.ofSeconds(5).toNanos();
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int MOST_WAITING = 16;

  private record Sample(long nanos, long records) {}

  /** One question, whose answer may not be there yet. */
  private final class Question {

    private final CompletableFuture<SeenStatus> answer;
    private volatile long answeredNanos;

    Question() {
      answer = CompletableFuture.supplyAsync(this::ask, thread);
    }

    boolean isFresh(long now) {
      return !answer.isDone() || now - answeredNanos < FRESH_NANOS;
    }

    private SeenStatus ask() {
      try {
        JobStatus status = source.ask();
        return new SeenStatus(status, Instant.now(), rate(status, nanos.getAsLong()));
      } finally {
        answeredNanos = nanos.getAsLong();
      }
    }
  }

  private final Source source;
  private final Duration patience;
  private final LongSupplier nanos;
  private final Semaphore waiting = new Semaphore(MOST_WAITING);
  private final Deque<Sample> samples = new ArrayDeque<>();
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread asking = new Thread(task, "job-status");
            asking.setDaemon(true);
            return asking;
          });

  private @Nullable Question last;

  StatusCache(Source source) {
    this(source, PATIENCE, System::nanoTime);
  }

  StatusCache(Source source, Duration patience, LongSupplier nanos) {
    this.source = source;
    this.patience = patience;
    this.nanos = nanos;
  }

  /** {@return an answer that is at most a second old} */
  SeenStatus get() throws NoStatusException {
    CompletableFuture<SeenStatus> answer;
    try {
      answer = question().answer;
    } catch (RejectedExecutionException e) {
      throw new NoStatusException("Cannot get the status of the job: this instance is ending", e);
    }
    if (answer.isDone()) {
      return await(answer);
    }
    if (!waiting.tryAcquire()) {
      throw new NoStatusException(
          "Cannot get the status of the job: "
              + MOST_WAITING
              + " requests wait for Kafka's answer already. Ask again in a second",
          null);
    }
    try {
      return await(answer);
    } finally {
      waiting.release();
    }
  }

  private synchronized Question question() {
    Question question = last;
    if (question == null || !question.isFresh(nanos.getAsLong())) {
      question = new Question();
      last = question;
    }
    return question;
  }

  /** Runs on the asking thread alone. */
  private OptionalDouble rate(JobStatus status, long now) {
    long records =
        status.stages().stream()
            .filter(JobStatus.Stage::isSource)
            .mapToLong(stage -> stage.counters().recordsIn())
            .sum();
    // The newest one that is old enough is the first, once all before it are gone.
    Sample base = null;
    while (!samples.isEmpty() && now - samples.getFirst().nanos() >= RATE_NANOS) {
      base = samples.remove();
    }
    if (base != null) {
      samples.addFirst(base);
    }
    samples.addLast(new Sample(now, records));
    return base == null || records < base.records()
        ? OptionalDouble.empty()
        : OptionalDouble.of((records - base.records()) * 1e9 / (now - base.nanos()));
  }

  private SeenStatus await(CompletableFuture<SeenStatus> answer) throws NoStatusException {
    try {
      return answer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      String reason = String.valueOf(cause.getMessage());
      throw new NoStatusException(
          reason.startsWith("Cannot ")
              ? reason // One of ours, and not one of Kafka's client.
              : "Cannot get the status of the job: " + reason + ". Check that Kafka's brokers run",
          cause);
    } catch (TimeoutException e) {
      throw new NoStatusException(
          "Cannot get the status of the job: Kafka has not answered within "
              + patience.toSeconds()
              + " s. Check that its brokers run",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NoStatusException(
          "Cannot get the status of the job: the request was interrupted", e);
    }
  }

  /** Asks no more; does not wait for what is being asked. */
  @Override
  public synchronized void close() {
    thread.shutdown();
  }
}
