package dev.millrace.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.launch.FaultyClients.Call;
import org.apache.kafka.common.KafkaException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that do not close in good order, as where a plugin of theirs fails. */
final class BadClosesTest {

  private final FaultyInstance rig = new FaultyInstance();

  @ParameterizedTest
  @ValueSource(strings = {"producer", "restore"})
  void aWorkerLetsGoOfEverythingElse(String client) {
    rig.send(100);
    rig.start();
    rig.settle();
    rig.killWithItsMachine(); // So that its state is restored.
    rig.start();
    rig.settle();
    int[] closes = {0};
    rig.clients.inject(
        call -> {
          if (call.equals(new Call(client, "close"))) {
            closes[0]++;
            throw new KafkaException("Failed to close kafka " + client);
          }
          return null;
        });
    rig.instance.stop();
    assertThat(closes[0]).isPositive();

    rig.connect();
    rig.send(100);
    rig.start();
    rig.settle();
    assertThat(rig.counts()).isEqualTo(rig.expected());
  }
}
