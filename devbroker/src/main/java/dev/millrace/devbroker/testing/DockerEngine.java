package dev.millrace.devbroker.testing;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.kafka.KafkaContainer;

/**
 * The engine that Testcontainers finds.
 *
 * <p><b>Threads.</b> Confined to the thread that opens the test broker.
 */
final class DockerEngine implements ContainerEngine {

  private static final String IMAGE = "apache/kafka:4.3.1";

  /** {@return the engine, which reports that it is unavailable if Testcontainers is not there} */
  static ContainerEngine find() {
    try {
      Class.forName("org.testcontainers.kafka.KafkaContainer");
      return new DockerEngine();
    } catch (ClassNotFoundException e) {
      return new Missing();
    }
  }

  @Override
  public Optional<String> unavailable() {
    quieten();
    return DockerClientFactory.instance().isDockerAvailable()
        ? Optional.empty()
        : Optional.of("no Docker engine answers");
  }

  @Override
  public RunningBroker start(Map<String, String> serverProperties) {
    @SuppressWarnings("resource") // The running broker closes it.
    KafkaContainer container = new KafkaContainer(IMAGE);
    serverProperties.forEach((key, value) -> container.withEnv(environmentName(key), value));
    try {
      container.start();
    } catch (RuntimeException e) {
      container.close();
      throw e;
    }
    return new RunningBroker(
        "container " + IMAGE, container.getBootstrapServers(), container::close);
  }

  /** The image turns its environment into server properties. */
  private static String environmentName(String property) {
    return "KAFKA_" + property.toUpperCase(Locale.ROOT).replace('.', '_');
  }

  /** That there is no engine is an answer, not an error to log with a stack trace. */
  private static void quieten() {
    for (String logger : new String[] {"org.testcontainers", "com.github.dockerjava", "tc"}) {
      String key = "org.slf4j.simpleLogger.log." + logger;
      if (System.getProperty(key) == null) {
        System.setProperty(key, "off");
      }
    }
  }

  /** The engine that is found where the optional dependency is missing. */
  private static final class Missing implements ContainerEngine {

    private static final String REASON =
        "org.testcontainers:testcontainers-kafka is not on the class path";

    @Override
    public Optional<String> unavailable() {
      return Optional.of(REASON);
    }

    @Override
    public RunningBroker start(Map<String, String> serverProperties) {
      throw new IllegalStateException(REASON);
    }
  }
}
