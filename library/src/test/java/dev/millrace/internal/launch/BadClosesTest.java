package dev.millrace.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.launch.FaultyClients.Call;
import dev.millrace.internal.state.store.StateStore;
import dev.millrace.internal.state.store.StateStores;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.apache.kafka.common.KafkaException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What does not close in good order, and must not keep anything else from being closed. */
final class BadClosesTest {

  private final FaultyInstance rig = new FaultyInstance();

  /** A plugin of the client's, a metrics reporter or an interceptor, fails. */
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

  /** The jar of the program was replaced while it ran, so that a class is missing at its end. */
  @Test
  void anInstanceLetsGoOfItsPlaceOnTheMachine(@TempDir Path stateDir) throws Exception {
    rig.liveIn(stateDir);
    int[] closes = {0};
    rig.wrapDisk(sound -> storesThatDoNotClose(sound, closes));
    for (int start = 1; start <= 2; start++) {
      rig.start();
      rig.settle();
      rig.instance.stop();
      assertThat(closes[0]).isEqualTo(start);
      rig.connect();
    }
    try (Stream<Path> files = Files.walk(stateDir)) {
      assertThat(files.filter(file -> file.getParent().endsWith("slots")))
          .as("the second one had the place of the first")
          .hasSize(1);
    }
  }

  private static StateStores storesThatDoNotClose(StateStores sound, int[] closes) {
    return new StateStores() {
      @Override
      public StateStore open(Path taskDirectory) {
        return sound.open(taskDirectory);
      }

      @Override
      public void wipe(Path taskDirectory) {
        sound.wipe(taskDirectory);
      }

      @Override
      public void close() {
        closes[0]++;
        throw new NoClassDefFoundError("org/rocksdb/FlushOptions");
      }
    };
  }
}
