package dev.millrace.runner.cli;

/** The switch that opens the logs; it works only before the first logger is made. */
final class Verbosity {

  private static final String PREFIX = "org.slf4j.simpleLogger.";

  private Verbosity() {}

  static void open() {
    setDefault("defaultLogLevel", "info");
    setDefault("log.org.apache.kafka", "warn");
    setDefault("log.dev.millrace.internal.launch.Instance.failure", "info");
  }

  private static void setDefault(String name, String level) {
    if (System.getProperty(PREFIX + name) == null) {
      System.setProperty(PREFIX + name, level);
    }
  }
}
