package dev.millrace.internal.commit;

import dev.millrace.error.FencedException;

/**
 * The failure of a worker whose identity another process has as well: its transactional id, which
 * is also its name in the group under the classic protocol.
 *
 * <p>Instances have ids of their own, minted in their directories, unless two run in copies of one
 * directory or under one {@code instance.id}.
 *
 * <p><b>Threads.</b> Stateless.
 */
public final class SharedIdentity {

  private SharedIdentity() {}

  /**
   * {@return the failure}
   *
   * @param sign how the other process shows, as a clause
   */
  public static FencedException failure(String transactionalId, String sign, Throwable cause) {
    return new FencedException(
        "Cannot go on as "
            + transactionalId
            + ": "
            + sign
            + ", so another process uses the same identity. Give each instance a state.dir of its"
            + " own, and an instance.id of its own if it has one",
        cause);
  }
}
