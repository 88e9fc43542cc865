package dev.millrace.internal.runtime;

import dev.millrace.error.StateUnavailableException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A question about the committed state of one task, from another thread to the task's worker.
 *
 * <p>The worker reads the answer between two turns, from rows as they were at its last commit, once
 * that commit is known to be recent enough: by {@code maxAge}, or with an age of zero if it began
 * after the worker had received the question.
 *
 * <p><b>Threads.</b> Safe for any thread; {@code read} is called by the worker.
 */
public final class Question<A> {

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

  private final int task;
  private final long maxAgeNanos;
  private final Function<CommittedTask, A> read;
  private final CompletableFuture<Answer<A>> answer = new CompletableFuture<>();

  /** How many commits of the worker had succeeded when it received the question. */
  private long commitsBefore = Long.MAX_VALUE;

  /**
   * Creates a question.
   *
   * @param task the number of the task
   * @param maxAge how long ago the state may have been the newest
   * @param read reads the answer; what it takes long for holds the worker up
   */
  public Question(int task, Duration maxAge, Function<CommittedTask, A> read) {
    this.task = task;
    this.maxAgeNanos = maxAge.toNanos();
    this.read = read;
  }

  /** {@return the number of the task} */
  int task() {
    return task;
  }

  /** {@return whether nobody waits for the answer any more, or it is there} */
  public boolean isDone() {
    return answer.isDone();
  }

  /**
   * {@return the answer, or null if it does not come in time; then the worker forgets the question}
   *
   * @throws StateUnavailableException if the worker refuses to answer
   */
  public @Nullable Answer<A> await(Duration atMost) throws InterruptedException {
    try {
      return answer.get(atMost.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      boolean givenUp = answer.cancel(false);
      return givenUp ? null : await(Duration.ZERO);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException refused) {
        throw refused;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      boolean ignored = answer.cancel(false);
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

  /** {@return whether a commit shows that what is committed is recent enough} */
  boolean isSatisfiedBy(@Nullable Proof proof, long nowNanos) {
    if (proof == null) {
      return false;
    }
    return proof.number() > commitsBefore
        || (maxAgeNanos > 0 && nowNanos - proof.sinceNanos() <= maxAgeNanos);
  }

  /** Reads the answer. */
  void answer(CommittedTask state, byte[] frame, long asOfMs) {
    try {
      boolean ignored = answer.complete(new Answer<>(read.apply(state), frame, asOfMs));
    } catch (RuntimeException e) {
      refuse(e);
    }
  }
}
