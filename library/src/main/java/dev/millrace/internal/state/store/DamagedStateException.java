package dev.millrace.internal.state.store;

import dev.millrace.error.MillraceException;
import org.jspecify.annotations.Nullable;

/**
 * The exception for a store whose content cannot be trusted: a checksum fails or files are missing.
 *
 * <p>Not a kind of {@link dev.millrace.error.StateStoreException}, because the remedy differs and
 * exceptions are named by remedy: this one is handled inside the engine and never reaches a user.
 * The task's owner closes the store, calls {@link StateStores#wipe}, opens it again and restores it
 * from the changelog, which has everything.
 */
public final class DamagedStateException extends MillraceException {

  private static final long serialVersionUID = 1L;

  /** Creates the exception with a whole sentence as its message, and its cause. */
  public DamagedStateException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
