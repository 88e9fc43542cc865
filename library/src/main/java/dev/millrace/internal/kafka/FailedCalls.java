package dev.millrace.internal.kafka;

import dev.millrace.error.KafkaUnreachableException;
import dev.millrace.error.MillraceException;
import java.util.ArrayList;
import java.util.List;

/**
 * The failures of calls that are made each for itself: what one of them cannot do keeps none of the
 * others from being tried.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class FailedCalls {

  private final List<MillraceException> failures = new ArrayList<>();

  /** Makes a call, and notes if it fails; returns whether it did not. */
  boolean noteOf(Runnable call) {
    try {
      call.run();
      return true;
    } catch (MillraceException e) {
      if (Thread.currentThread().isInterrupted()) {
        throw e;
      }
      failures.add(e);
      return false;
    }
  }

  /** {@return whether a call was not answered, so that others may only wait as long} */
  boolean isCutOff() {
    return failures.stream().anyMatch(KafkaUnreachableException.class::isInstance);
  }

  /**
   * Throws one of them if there are any, with the others suppressed.
   *
   * @throws MillraceException one that may pass, if there is such a one: then calling again is of
   *     use
   */
  void throwIfAny() {
    if (failures.isEmpty()) {
      return;
    }
    MillraceException first =
        failures.stream().filter(KafkaErrors::mayPass).findFirst().orElse(failures.get(0));
    failures.stream().filter(other -> other != first).forEach(first::addSuppressed);
    throw first;
  }
}
