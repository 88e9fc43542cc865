package dev.millrace.runner.http;

import java.util.Map;

/**
 * The limits that the JDK's server keeps, which reads them as system properties when its classes
 * are loaded. What is set on the command line of the JVM holds.
 *
 * <p>Seconds and bytes; see the properties' names in {@code jdk.httpserver}. Without {@code
 * nodelay} each answer waits 40 ms for the client's acknowledgement.
 */
final class ServerLimits {

  /** The body of a request may have so many bytes. */
  static final int BODY_BYTES = 64 << 10;

  /** So much of a body that is too long is read, so that its sender gets to see the answer. */
  static final long DISCARDED_BYTES = 16 << 20;

  /** The path of a request with its query may have so many characters. */
  static final int PATH_CHARS = 2048;

  /** So many requests are read, answered or written at a time. */
  static final int REQUESTS = 64;

  /** So many more wait for a thread. */
  static final int WAITING_REQUESTS = 512;

  private static final Map<String, String> PROPERTIES =
      Map.of(
          "sun.net.httpserver.nodelay", "true",
          "sun.net.httpserver.maxReqTime", "10",
          "sun.net.httpserver.maxRspTime", "30",
          "sun.net.httpserver.idleInterval", "30",
          "sun.net.httpserver.maxIdleConnections", "64",
          "sun.net.httpserver.maxReqHeaders", "64",
          "sun.net.httpserver.maxReqHeaderSize", "32768",
          "jdk.httpserver.maxConnections", "1024");

  private ServerLimits() {}

  /** Sets what is not set; has no effect once a server was made in this process. */
  static void apply() {
    PROPERTIES.forEach(
        (name, value) -> {
          if (System.getProperty(name) == null) {
            System.setProperty(name, value);
          }
        });
  }
}
