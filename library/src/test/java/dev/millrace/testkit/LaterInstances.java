package dev.millrace.testkit;

/**
 * The settings of the instances that a test starts later, for tests that are in other packages.
 *
 * <p><b>Threads.</b> Confined to the test.
 */
public final class LaterInstances {

  private LaterInstances() {}

  /** Changes a setting, for instances that are started from now on. */
  public static void set(JobTest test, String key, String value) {
    test.set(key, value);
  }
}
