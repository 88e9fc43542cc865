package dev.millrace.internal.runtime;

import dev.millrace.error.StateUnavailableException;
import dev.millrace.internal.state.store.DamagedStateException;
import dev.millrace.internal.task.CommittedPosition;
import dev.millrace.internal.task.CommittedTask;
import dev.millrace.internal.task.Proof;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A question about the committed state of one task, from another thread to the task's worker.
 *
 * <p>The worker reads the answer between two turns, from rows as they were at its last commit, once
 * that commit is known to be recent enough: by the maximum age, or with an age of zero if it began
 * after the worker had received the question.
 *
 * <p><b>Threads.</b> Safe for any thread; {@code read} is called by the worker.
 */
public final class Question<A> {

  private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE);

  /**
   * An answer.
   *
   * @param content what was read
   * @param frame the commit frame of the state that it was read from, not to be changed
   * @param asOfMs a time by the wall clock at which that was the newest state of the task
   */
  // The bytes go to the asker as they are, and are never compared.
  @SuppressWarnings("ArrayRecordComponent")
  public record Answer<A>(A content, byte[] frame, long asOfMs) {}

  /** The urgency of a commit, if the answer needs one. */
  enum Urgency {
    /** As soon as commits do not take most of the time. */
    PACED,
    /** Now. */
    AT_ONCE
  }

  private final int task;
  private final long maxAgeNanos;
  private final Function<CommittedTask, A> read;
  private final Urgency urgency;
  private final CompletableFuture<Answer<A>> answer = new CompletableFuture<>();

  /** How many commits of the worker had succeeded when it received the question. */
  private long commitsBefore = Long.MAX_VALUE;

  /**
   * Creates a question.
   *
   * @param task the number of the task
   * @param maxAge how long ago the state may have been the newest
   * @param read reads the answer; the worker does nothing else meanwhile
   */
  public Question(int task, Duration maxAge, Function<CommittedTask, A> read) {
    this(task, maxAge, read, Urgency.PACED);
  }

  private Question(int task, Duration maxAge, Function<CommittedTask, A> read, Urgency urgency) {
    this.task = task;
    this.maxAgeNanos = nanos(maxAge);
    this.read = read;
    this.urgency = urgency;
  }

  /**
   * {@return the request to commit at once, whatever the pace of commits, and to write the task's
   * rows to disk, which may hold the worker up}
   *
   * @param task the number of the task
   */
  public static Question<CommittedPosition> checkpoint(int task) {
    return new Question<>(task, Duration.ZERO, CommittedTask::flushed, Urgency.AT_ONCE);
  }

  private static long nanos(Duration time) {
    return time.compareTo(LONGEST) < 0 ? time.toNanos() : Long.MAX_VALUE;
  }

  /** {@return the number of the task} */
  public int task() {
    return task;
  }

  /** {@return how soon it wants a commit} */
  Urgency urgency() {
    return urgency;
  }

  /** {@return whether the worker has answered or refused, or nobody waits any more} */
  public boolean isDone() {
    return answer.isDone();
  }

  /** Ends the question without an answer, as nobody waits for one any more. */
  public void forget() {
    boolean ignored = answer.cancel(false);
  }

  /**
   * {@return the answer, or null if it does not come in time; then the question is forgotten}
   *
   * @throws StateUnavailableException if the worker refuses to answer
   */
  public @Nullable Answer<A> await(Duration atMost) throws InterruptedException {
    try {
      return answer.get(nanos(atMost), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      forget();
      // It may have come at the last moment.
      return answer.isCancelled() ? null : await(Duration.ZERO);
    } catch (CancellationException e) {
      return null;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException refused) {
        throw refused;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      forget();
      throw e;
    }
  }

  /** Ends the question without an answer. */
  void refuse(RuntimeException why) {
    boolean ignored = answer.completeExceptionally(why);
  }

  // ------------------------------------------------------------------ the worker's side

  /** Notes that the worker has it. */
  void received(long commits) {
    commitsBefore = commits;
  }

  /**
   * {@return whether a commit shows that the committed state is recent enough}
   *
   * <p>An age counts by both clocks: the one that never goes back may stand still while the machine
   * sleeps.
   */
  boolean isSatisfiedBy(@Nullable Proof proof, long nowNanos, long nowMs) {
    if (proof == null) {
      return false;
    }
    return proof.number() > commitsBefore
        || (maxAgeNanos > 0
            && nowNanos - proof.sinceNanos() <= maxAgeNanos
            && TimeUnit.MILLISECONDS.toNanos(nowMs - proof.wallMs()) <= maxAgeNanos);
  }

  /**
   * Reads the answer; a failure to read is the answer, and no failure of the worker.
   *
   * @throws DamagedStateException if the rows are lost: the question waits until they are restored
   */
  void answer(Supplier<CommittedTask> state) {
    try {
      CommittedTask task = state.get();
      A content = read.apply(task);
      boolean ignored = answer.complete(new Answer<>(content, task.frame(), task.asOfMs()));
    } catch (DamagedStateException e) {
      throw e;
    } catch (RuntimeException e) {
      refuse(e);
    }
  }
}
