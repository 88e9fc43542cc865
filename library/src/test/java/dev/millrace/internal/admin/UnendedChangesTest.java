package dev.millrace.internal.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.admin.ReplayRequest;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.GeneratorSource;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.launch.SteppedInstance;
import dev.millrace.internal.sim.ClusterFaults;
import dev.millrace.internal.sim.LosesOnce;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** Transactions of whoever deploys a job or replays its letters, which brokers leave unended. */
final class UnendedChangesTest {

  private final SteppedCluster on =
      new SteppedCluster(JobConfig.builder().errorsPolicy(ErrorPolicy.Action.DEAD_LETTER).build());

  UnendedChangesTest() {
    on.kafka.createTopic("lines", 1);
    on.kafka.createTopic("out", 1);
  }

  private SteppedInstance start() {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("lines"))
        .map(line -> checked(line))
        .union(
            job.source(GeneratorSource.of(String.class, index -> "w" + index).count(10).splits(1)))
        .to(KafkaSink.strings("out"));
    return on.start(job);
  }

  private static String checked(String line) {
    if (line.isEmpty()) {
      throw new IllegalArgumentException("There is nothing in it");
    }
    return line;
  }

  private List<ConsumerRecord<byte[], byte[]>> all(String topic) {
    TopicPartition partition = new TopicPartition(topic, 0);
    try (Consumer<byte[], byte[]> reader =
        on.clients.readerConsumer("test", IsolationLevel.READ_COMMITTED)) {
      reader.assign(List.of(partition));
      reader.seekToBeginning(List.of(partition));
      return reader.poll(Duration.ofMillis(10)).records(partition);
    }
  }

  private void assertNothingIsUndecided() {
    assertThat(on.kafka.lostMarkers()).isEqualTo(1);
    assertThat(on.kafka.undecided()).isEmpty();
  }

  /** Else it would come again with the next one, and its splits would be read twice. */
  @Test
  void aDeploymentThatWasCommittedComesOnce() {
    on.kafka.injectFaults(new LosesOnce("job.meta"));
    SteppedInstance instance = start();
    assertNothingIsUndecided();
    assertThat(all("job.meta"))
        .filteredOn(record -> new String(record.key(), StandardCharsets.UTF_8).equals("manifest"))
        .hasSize(1);
    on.work(instance);
    assertThat(all("out")).hasSize(10);
  }

  @Test
  void whatAReplayHasCommittedCanBeRead() {
    SteppedInstance instance = start();
    try (Producer<byte[], byte[]> producer = on.clients.plainProducer("test")) {
      producer.send(new ProducerRecord<>("lines", new byte[0]));
    }
    on.work(instance);
    instance.stop();
    on.kafka.injectFaults(new LosesOnce("lines"));
    assertThat(on.admin.replay(on.admin.planReplay("job", ReplayRequest.all())).replayed())
        .isEqualTo(1);
    assertNothingIsUndecided();
    on.kafka.injectFaults(ClusterFaults.NEVER);
    assertThat(all("lines")).hasSize(2);
  }
}
