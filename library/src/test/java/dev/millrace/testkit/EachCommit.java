package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The attempts at a job in each of which another commit fails. In the first one none does, which
 * shows how many commits there are.
 *
 * <pre>
 *   for (EachCommit.Attempt attempt : EachCommit.with(failure).every(5)) {
 *     try (JobTest test = attempt.start(JobTest.builder(job()))) {
 *       ...
 *     }
 *   }
 * </pre>
 *
 * <p><b>Threads.</b> Confined to the test.
 */
public final class EachCommit implements Iterable<EachCommit.Attempt> {

  /** A job with fewer commits is no test of them. */
  private static final int AT_LEAST = 4;

  private final CommitFailure failure;
  private final int step;
  private final @Nullable LocalState afterDeath;

  private EachCommit(CommitFailure failure, int step, @Nullable LocalState afterDeath) {
    this.failure = failure;
    this.step = step;
    this.afterDeath = afterDeath;
  }

  /** {@return attempts in which each commit meets a failure; files are lost every other time} */
  public static EachCommit with(CommitFailure failure) {
    return new EachCommit(failure, 1, null);
  }

  /** {@return the attempts with one of so many commits} */
  public EachCommit every(int commits) {
    return new EachCommit(failure, commits, afterDeath);
  }

  /** {@return the attempts with the same done to the files of each instance that is killed} */
  public EachCommit afterDeath(LocalState state) {
    return new EachCommit(failure, step, state);
  }

  @Override
  public Iterator<Attempt> iterator() {
    return new Iterator<>() {
      private @Nullable Attempt first;
      private int next;

      @Override
      public boolean hasNext() {
        if (first == null) {
          return true;
        }
        int commits = first.commits();
        assertThat(commits).as("commits of the job").isGreaterThan(Math.max(AT_LEAST, step));
        return next * step - 1 < commits;
      }

      @Override
      public Attempt next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        Attempt attempt = new Attempt(next++);
        first = first == null ? attempt : first;
        return attempt;
      }
    };
  }

  /** One run of the job. */
  public final class Attempt {
    private final int number;
    private @Nullable JobTest test;

    private Attempt(int number) {
      this.number = number;
    }

    /** {@return 0 for the one without a failure, then 1, 2 and so on} */
    public int number() {
      return number;
    }

    /** {@return a seed of its own} */
    public long seed() {
      return failing() + 2;
    }

    private int failing() {
      return number * step - 1;
    }

    /** Starts the job. */
    public JobTest start(JobTestBuilder builder) {
      JobTest started = builder.seed(seed()).build();
      if (number > 0) {
        LocalState everyOther = number % 2 == 0 ? LocalState.KEPT : LocalState.LOST;
        started.failCommit(failing(), failure, afterDeath == null ? everyOther : afterDeath);
      }
      test = started;
      return started;
    }

    private int commits() {
      JobTest started = test;
      if (started == null) {
        throw new IllegalStateException("The attempt was not started");
      }
      return started.commits();
    }

    @Override
    public String toString() {
      return number == 0 ? "no failure" : "commit " + failing() + ", " + failure;
    }
  }
}
