package dev.millrace.internal.util;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class CleanupTest {

  private final Cleanup cleanup = new Cleanup();

  private void fail(Throwable failure) {
    cleanup.step(
        () -> {
          if (failure instanceof Error error) {
            throw error;
          }
          throw (RuntimeException) failure;
        });
  }

  @Test
  void allStepsAreTakenAndTheFirstFailureIsThrown() {
    List<Integer> taken = new ArrayList<>();
    Error first = new LinkageError("first");
    RuntimeException second = new IllegalStateException("second");
    cleanup.step(() -> taken.add(1));
    fail(first);
    cleanup.step(() -> taken.add(2));
    fail(second);
    fail(first);
    cleanup.step(() -> taken.add(3));
    assertThat(taken).containsExactly(1, 2, 3);
    assertThatThrownBy(cleanup::throwIfFailed).isSameAs(first).hasSuppressedException(second);
    assertThat(first.getSuppressed()).hasSize(1);
  }

  @Test
  void nothingIsThrownIfNothingFailed() {
    cleanup.step(() -> {});
    cleanup.throwIfFailed();
  }
}
