package dev.millrace.internal.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.util.StepClock;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.junit.jupiter.api.Test;

final class OwnCommitsTest {

  private final StepClock clock = new StepClock();
  private final OwnCommits commits =
      new OwnCommits(this::look, new AuxiliaryCalls("worker", clock), clock);
  private int epoch = 3;
  private int looks;
  private RuntimeException failure;

  private KnownCommits look() {
    looks++;
    if (failure != null) {
      throw failure;
    }
    return new KnownCommits(7, epoch, 0);
  }

  private void commit() {
    epoch++;
    commits.committed();
  }

  @Test
  void theyAreCountedFromTheFirstLookOn() {
    assertThat(commits.known()).isEqualTo(KnownCommits.NONE);
    commits.beginAnew();
    commit();
    commit();
    assertThat(commits.known()).isEqualTo(new KnownCommits(7, 3, 2));
    assertThat(looks).isEqualTo(1);
  }

  @Test
  void aLookWithoutAnAnswerIsRepeatedWithALaterCommit() {
    failure = new TimeoutException("No answer in time");
    commits.beginAnew();
    commit();
    assertThat(looks).as("not with each commit").isEqualTo(1);
    clock.advanceMs(1_000);
    commit();
    assertThat(looks).isEqualTo(2);
    assertThat(commits.known()).isEqualTo(KnownCommits.NONE);
    failure = null;
    clock.advanceMs(1_000);
    commit();
    assertThat(commits.known()).as("from the next one on").isEqualTo(new KnownCommits(7, 6, 0));
    clock.advanceMs(1_000);
    commit();
    assertThat(commits.known()).isEqualTo(new KnownCommits(7, 6, 1));
    assertThat(looks).isEqualTo(3);
  }

  @Test
  void whatMayNotBeLookedUpIsNotAskedForAgain() {
    failure = new TransactionalIdAuthorizationException("No right");
    commits.beginAnew();
    clock.advanceMs(1_000);
    commit();
    assertThat(looks).isEqualTo(1);
  }

  @Test
  void theyBeginAnewWithAnotherProducer() {
    epoch = Short.MAX_VALUE - 1;
    commits.beginAnew();
    epoch = -1;
    commit();
    assertThat(looks).isEqualTo(2);
    assertThat(commits.known()).isEqualTo(new KnownCommits(7, 0, 0));
  }
}
