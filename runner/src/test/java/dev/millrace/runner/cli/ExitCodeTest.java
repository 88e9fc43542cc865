package dev.millrace.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.CredentialsRefusedException;
import dev.millrace.error.KafkaUnreachableException;
import dev.millrace.error.LogTruncatedException;
import dev.millrace.error.MillraceException;
import dev.millrace.error.RecordsDeletedException;
import org.junit.jupiter.api.Test;

final class ExitCodeTest {

  @Test
  void lostInputDoesNotFitWhatIsDeployed() {
    assertThat(ExitCode.of(new LogTruncatedException("words", "in", 0, 100, 80, 120, null)))
        .isEqualTo(ExitCode.INCOMPATIBLE);
    assertThat(ExitCode.of(new RecordsDeletedException("words", "in", 0, 100, 150, null)))
        .isEqualTo(ExitCode.INCOMPATIBLE);
  }

  /** Both may pass, so a supervisor tries again for a while. */
  @Test
  void whoIsNotLetInHasNotReachedKafka() {
    assertThat(ExitCode.of(new KafkaUnreachableException("no answer")))
        .isEqualTo(ExitCode.UNREACHABLE);
    assertThat(ExitCode.of(new CredentialsRefusedException("Cannot start the job", null)))
        .isEqualTo(ExitCode.UNREACHABLE);
    assertThat(ExitCode.asksForPerson(ExitCode.UNREACHABLE.number())).isFalse();
  }

  @Test
  void theOutermostErrorWithACodeOfItsOwnCounts() {
    Exception cause = new LogTruncatedException("words", "in", 0, 100, 80, 120, null);
    assertThat(ExitCode.of(new IllegalStateException(new MillraceException("Stopped", cause))))
        .isEqualTo(ExitCode.INCOMPATIBLE);
    assertThat(ExitCode.of(new MillraceException("Stopped"))).isEqualTo(ExitCode.FAILED);
  }
}
