package dev.millrace.internal.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.JobConfig;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.internal.kafka.DefaultKafkaClients;
import dev.millrace.internal.kafka.KafkaClients;
import dev.millrace.internal.sim.TransactionHistories.History;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * The same calls on a broker and on the simulated cluster: what they return, what they throw and
 * what readers see afterwards must be the same.
 */
@WithBroker
final class ConformanceTest {

  @TestFactory
  @Tag("slow")
  Stream<DynamicTest> theSimulatedClusterDoesWhatABrokerDoes(TestBroker broker) {
    Map<String, History> all = new LinkedHashMap<>();
    all.putAll(TransactionHistories.all());
    all.putAll(GroupHistories.all());
    all.putAll(LogHistories.all());
    return all.entrySet().stream()
        .map(
            each ->
                DynamicTest.dynamicTest(
                    each.getKey(),
                    () ->
                        assertThat(simulated(each.getValue()))
                            .isEqualTo(real(broker, each.getValue()))));
  }

  private static List<String> simulated(History history) throws Exception {
    SimKafka kafka = new SimKafka(new SimClock(Instant.parse("2030-01-01T00:00:00Z")));
    return play(history, kafka.connect(JobConfig.defaults()), "");
  }

  private static List<String> real(TestBroker broker, History history) throws Exception {
    JobConfig config =
        JobConfig.defaults()
            .with("bootstrap.servers", broker.bootstrapServers())
            .with("kafka.producer.max.block.ms", "2000");
    try (KafkaClients clients = new DefaultKafkaClients(config)) {
      return play(history, clients, broker.uniqueName("-c"));
    }
  }

  private static List<String> play(History history, KafkaClients clients, String suffix)
      throws Exception {
    try (Scene scene = new Scene(clients, suffix)) {
      history.play(scene);
      return scene.notes();
    }
  }
}
