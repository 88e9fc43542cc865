package dev.millrace.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.MillraceException;
import dev.millrace.error.RecordException;
import java.util.List;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.junit.jupiter.api.Test;

/** What people read when a worker stops. */
final class WorkerFailureTest {

  @Test
  void aFailureWithAMessageOfOursStaysWhatItIs() {
    RecordException failure = new RecordException("Cannot process the record", null);
    assertThat(WorkerFailure.explained("job", "stage", List.of(), failure)).isSameAs(failure);
  }

  @Test
  void anyOtherNamesJobStageTasksCauseAndRemedy() {
    Throwable kafka = new UnsupportedVersionException("The broker does not support it.");
    assertThat(WorkerFailure.explained("counts", "words", List.of(0, 3), kafka))
        .isInstanceOf(MillraceException.class)
        .hasCause(kafka)
        .hasMessageStartingWith("Cannot go on with stage 'words' of job 'counts': ")
        .hasMessageContainingAll(
            "UnsupportedVersionException, The broker does not support it (tasks [0, 3])",
            "start goes on",
            "mend what it names");
    assertThat(WorkerFailure.explained("counts", "words", List.of(), new OutOfMemoryError("heap")))
        .hasMessageContainingAll("no task was open", "heap.memory");
    assertThat(WorkerFailure.explained("counts", "words", List.of(), new NullPointerException()))
        .hasMessageContainingAll("NullPointerException", "stack trace");
  }
}
