package dev.millrace.runner.supervise;

/**
 * The removal of a dead instance from the groups of its job, and of the transactions that it left
 * open, so that others go on with its tasks at once.
 *
 * <p><b>Threads.</b> Called by the supervisor's thread.
 */
@FunctionalInterface
interface Evictor {

  /**
   * Evicts an instance, which is known to be dead.
   *
   * @throws RuntimeException if that fails; others then go on when its sessions have expired
   */
  void evict(String job, String instance);
}
