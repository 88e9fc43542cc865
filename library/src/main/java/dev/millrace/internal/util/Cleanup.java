package dev.millrace.internal.util;

import org.jspecify.annotations.Nullable;

/**
 * The steps of a cleanup, each of which is taken whatever those before it have failed with.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
public final class Cleanup {

  private @Nullable Throwable failure;

  /** Takes a step, and keeps what it fails with. */
  public void step(Runnable step) {
    try {
      step.run();
    } catch (RuntimeException | Error e) {
      if (failure == null) {
        failure = e;
      } else if (e != failure) {
        failure.addSuppressed(e);
      }
    }
  }

  /** Throws what the first step has failed with that did, and the failures of others with it. */
  public void throwIfFailed() {
    if (failure instanceof Error error) {
      throw error;
    } else if (failure instanceof RuntimeException exception) {
      throw exception;
    }
  }
}
