package dev.millrace.devbroker.testing;

import dev.millrace.devbroker.DevBrokerException;

/**
 * Which broker the tests run on, as {@code -Dtest.broker} says.
 *
 * <p><b>Threads.</b> Immutable.
 */
sealed interface BrokerChoice {

  String PROPERTY = "test.broker";

  /** A container where an engine runs one, else embedded. */
  record Auto() implements BrokerChoice {}

  /** In this JVM. */
  record Embedded() implements BrokerChoice {}

  /** A container, or a failure. */
  record Container() implements BrokerChoice {}

  /** A cluster that somebody else started and will stop. */
  record External(String bootstrapServers) implements BrokerChoice {}

  String EXTERNAL = "external:";

  static BrokerChoice parse(String value) {
    if (value.startsWith(EXTERNAL) && value.indexOf(':', EXTERNAL.length()) > EXTERNAL.length()) {
      return new External(value.substring(EXTERNAL.length()));
    }
    return switch (value) {
      // A property of the build that was not set arrives as an empty string.
      case "", "auto" -> new Auto();
      case "embedded" -> new Embedded();
      case "container" -> new Container();
      default ->
          throw new DevBrokerException(
              "Cannot choose a test broker: unknown value ("
                  + PROPERTY
                  + "="
                  + value
                  + "). Pass auto, embedded, container or external:HOST:PORT.");
    };
  }
}
