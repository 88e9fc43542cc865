package dev.millrace.chaos;

import dev.millrace.config.MembershipProtocol;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The other group protocol in short; with slow tests the classes on {@link Memberships} go through
 * it at length.
 */
@WithBroker
final class ConsumerProtocolTest {

  @TempDir Path directory;

  @Test
  @Tag("slow")
  void resultsAreExactAcrossKills(TestBroker broker) throws Exception {
    new KillSeries(broker, directory, MembershipProtocol.CONSUMER).run(5);
  }
}
