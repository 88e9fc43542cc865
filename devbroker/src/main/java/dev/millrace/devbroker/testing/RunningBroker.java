package dev.millrace.devbroker.testing;

import dev.millrace.devbroker.BrokerOptions;
import dev.millrace.devbroker.DevBrokerException;
import dev.millrace.devbroker.EmbeddedKafka;
import java.util.Optional;
import org.apache.kafka.common.utils.AppInfoParser;

/**
 * A broker that answers, whatever it runs on.
 *
 * <p><b>Threads.</b> Immutable; {@code stop} runs once.
 *
 * @param description what it is and why, for people
 * @param bootstrapServers where it is
 * @param check throws if the broker is known to have ended by itself
 * @param stop ends it, or does nothing if it is not ours
 */
record RunningBroker(String description, String bootstrapServers, Runnable check, Runnable stop) {

  /** Small: the tests of one module share it, and many run at once on small machines. */
  private static final BrokerOptions OPTIONS = BrokerOptions.singleNode();

  /** A broker of which nothing is known but what its clients see. */
  RunningBroker(String description, String bootstrapServers, Runnable stop) {
    this(description, bootstrapServers, () -> {}, stop);
  }

  static RunningBroker open(BrokerChoice choice, ContainerEngine engine) {
    if (choice instanceof BrokerChoice.External external) {
      String servers = external.bootstrapServers();
      return new RunningBroker("external", servers, () -> {});
    }
    if (choice instanceof BrokerChoice.Embedded) {
      return embedded("");
    }
    Optional<String> unavailable = engine.unavailable();
    if (choice instanceof BrokerChoice.Container) {
      if (unavailable.isPresent()) {
        throw new DevBrokerException(
            "Cannot run the tests on a container: "
                + unavailable.get()
                + " ("
                + BrokerChoice.PROPERTY
                + "=container). Start a Docker engine, or pass -D"
                + BrokerChoice.PROPERTY
                + "=embedded.");
      }
      return container(engine);
    }
    return unavailable
        .map(reason -> embedded(" (auto: " + reason + ")"))
        .orElseGet(() -> containerIfItStarts(engine));
  }

  private static RunningBroker container(ContainerEngine engine) {
    try {
      return engine.start(OPTIONS.serverProperties());
    } catch (RuntimeException e) {
      throw new DevBrokerException(
          "Cannot run the tests on a container: "
              + firstLine(rootCause(e))
              + " ("
              + BrokerChoice.PROPERTY
              + "=container). Look at the engine, or pass -D"
              + BrokerChoice.PROPERTY
              + "=embedded.",
          e);
    }
  }

  /** An engine that answers may still lack the image and the way to it. */
  private static RunningBroker containerIfItStarts(ContainerEngine engine) {
    try {
      return engine.start(OPTIONS.serverProperties());
    } catch (RuntimeException e) {
      return embedded(" (auto: the container did not start: " + firstLine(rootCause(e)) + ")");
    }
  }

  private static RunningBroker embedded(String why) {
    EmbeddedKafka kafka = EmbeddedKafka.start(OPTIONS);
    return new RunningBroker(
        "embedded, Kafka " + AppInfoParser.getVersion() + why,
        kafka.bootstrapServers(),
        kafka::bootstrapServers,
        kafka::close);
  }

  private static Throwable rootCause(Throwable failure) {
    Throwable deepest = failure;
    for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
      deepest = cause;
    }
    return deepest;
  }

  private static String firstLine(Throwable failure) {
    return failure.toString().lines().findFirst().orElse("");
  }
}
