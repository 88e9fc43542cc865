package dev.millrace.devbroker;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;

/**
 * Takes the log directory away from one of two embedded brokers and prints, a line each, what the
 * first one throws then, and that the second one works.
 */
final class FatalFaultProgram {

  private FatalFaultProgram() {}

  public static void main(String[] arguments) throws Exception {
    try (EmbeddedKafka other = EmbeddedKafka.start(BrokerOptions.singleNode())) {
      EmbeddedKafka broken = EmbeddedKafka.start(BrokerOptions.singleNode());
      RoundTrip.createTopic(broken.bootstrapServers(), "words");
      Path node = broken.dataDirectory().resolve("node-0");
      Files.move(node, node.resolveSibling("elsewhere"));
      // The directory of a new partition cannot be made below a file.
      Files.writeString(node, "");
      RoundTrip.requestTopic(broken.bootstrapServers(), "more-words");
      Awaitility.await("the fault is known")
          .atMost(Duration.ofSeconds(60))
          .until(() -> failure(broken::bootstrapServers) != null);
      System.out.println("USED: " + failure(broken::bootstrapServers));
      System.out.println("CLOSED: " + failure(broken::close));
      System.out.println("CLOSED AGAIN: " + failure(broken::close));
      System.out.println("DATA: " + Files.exists(broken.dataDirectory()));
      RoundTrip.createTopic(other.bootstrapServers(), "words");
      RoundTrip.commitAndAbort(other.bootstrapServers(), "words", "seen", "unseen");
      RoundTrip.assertCommitted(other.bootstrapServers(), "words", "seen");
      System.out.println("THE OTHER: works");
    }
  }

  private static String failure(Runnable call) {
    try {
      call.run();
      return null;
    } catch (DevBrokerException e) {
      return e.getMessage();
    }
  }
}
