package dev.millrace.examples.transfers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.testkit.JobTest;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the example books, without a broker. */
final class TransfersJobTest {

  @Test
  void bothSidesOfATransferAreBooked() {
    try (JobTest test = JobTest.of(new TransfersJob())) {
      test.topic("transfers", Transfer.class)
          .send(new Transfer("a", List.of("b", "c"), 5))
          .send(new Transfer("b", List.of("a"), 2));
      test.run();
      assertThat(test.output("balances", Balance.class))
          .containsExactly(
              new Balance("a", -10),
              new Balance("b", 5),
              new Balance("c", 5),
              new Balance("b", 3),
              new Balance("a", -8));
    }
  }

  @Test
  void moneyIsNeitherMadeNorLostByARestartOrAnAbort() {
    try (JobTest test = JobTest.of(new TransfersJob())) {
      test.topic("transfers", Transfer.class).send(new Transfer("a", List.of("b"), 5));
      test.run();
      test.restart();
      test.topic("transfers", Transfer.class).send(new Transfer("b", List.of("a", "b"), 1));
      test.abortNextCommit();
      test.run();
      assertThat(test.output("balances", Balance.class))
          .containsExactly(
              new Balance("a", -5),
              new Balance("b", 5),
              new Balance("b", 3),
              new Balance("a", -4),
              new Balance("b", 4));
    }
  }

  @Test
  void theFeederWritesWhatTheJobReads() throws IOException {
    StringWriter out = new StringWriter();
    TransferFeeder feeder = new TransferFeeder(out);
    for (int i = 0; i < 100; i++) {
      feeder.write();
    }
    assertThat(out.toString().lines())
        .hasSize(100)
        .allMatch(
            line ->
                line.matches(
                    "\\{\"from\":\"account[0-9]+\",\"to\":\\[\"account[0-9]+\"(,\"account[0-9]+\")*],\"amount\":[0-9]+}"));
  }
}
