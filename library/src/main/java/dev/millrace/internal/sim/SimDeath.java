package dev.millrace.internal.sim;

/**
 * The end of a simulated process in the middle of what it does, as by {@code kill -9}. An error, so
 * that nothing on the way takes it for one of Kafka's exceptions.
 */
public final class SimDeath extends Error {

  private static final long serialVersionUID = 1L;

  /** Creates the end of a process. */
  public SimDeath(String when) {
    super(when, null, false, false);
  }
}
