package dev.millrace.devbroker.testing;

import dev.millrace.devbroker.DevBrokerException;

/**
 * The broker that the tests run on, as {@code -Dtest.broker} selects it.
 *
 * <p><b>Threads.</b> Immutable.
 */
sealed interface BrokerChoice {

  String PROPERTY = "test.broker";

  /** A container if an engine can run one, else a broker in this JVM. */
  record Auto() implements BrokerChoice {}

  /** A broker in this JVM. */
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
