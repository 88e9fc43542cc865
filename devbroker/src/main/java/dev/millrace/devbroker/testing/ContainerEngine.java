package dev.millrace.devbroker.testing;

import java.util.Map;
import java.util.Optional;

/**
 * An engine that can run a broker in a container.
 *
 * <p><b>Threads.</b> Confined to the thread that opens the test broker.
 */
interface ContainerEngine {

  /** {@return why no container can be run here; empty if one can} */
  Optional<String> unavailable();

  /**
   * {@return a broker that is ready}
   *
   * @throws RuntimeException if the engine cannot fetch or start the image
   */
  RunningBroker start(Map<String, String> serverProperties);
}
