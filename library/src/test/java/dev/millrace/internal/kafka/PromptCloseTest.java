package dev.millrace.internal.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.Job;
import dev.millrace.JobAdmin;
import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.admin.InstanceState;
import dev.millrace.admin.JobStatus;
import dev.millrace.config.JobConfig;
import dev.millrace.config.MembershipProtocol;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Nobody who closes a consumer waits for the fetch that is under way, which a broker holds back for
 * minutes here.
 */
@WithBroker
@Timeout(60)
final class PromptCloseTest {

  private static final Duration GENEROUS = Duration.ofSeconds(40);

  private final TestBroker broker;

  @TempDir Path stateDir;

  PromptCloseTest(TestBroker broker) {
    this.broker = broker;
  }

  private JobConfig config() {
    return JobConfig.defaults()
        .with("bootstrap.servers", broker.bootstrapServers())
        .with("state.dir", stateDir.toString())
        .with("shutdown.timeout", "200s")
        .with("kafka.consumer.fetch.max.wait.ms", "200000")
        .with("kafka.consumer.request.timeout.ms", "300000");
  }

  @Test
  void aReaderDoesNotWaitForItsFetch() {
    TopicPartition empty = new TopicPartition(broker.createTopic(broker.uniqueName("none"), 1), 0);
    try (KafkaClients clients = new DefaultKafkaClients(config())) {
      Consumer<byte[], byte[]> reader =
          clients.readerConsumer("reader", IsolationLevel.READ_COMMITTED);
      reader.assign(List.of(empty));
      reader.seekToBeginning(List.of(empty));
      Polling.until(() -> reader.position(empty) == 0, reader);
      assertThat(reader.poll(Duration.ofMillis(100))).isEmpty();
      KafkaClients.closeReader(reader);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aJobWithoutInputStopsAndLeavesItsGroups(MembershipProtocol membership) {
    Job job = Job.named(broker.uniqueName("idle"));
    job.source(KafkaSource.strings(broker.createTopic(broker.uniqueName("none"), 2)))
        .keyBy(word -> word)
        .count()
        .to(KafkaSink.upsert(broker.createTopic(broker.uniqueName("out"), 1)));
    String protocol = membership.name().toLowerCase(Locale.ROOT);
    JobConfig config = config().with("membership", protocol);
    try (RunningJob running = Millrace.start(job, config);
        JobAdmin admin = JobAdmin.connect(config)) {
      await().atMost(GENEROUS).until(() -> running.state() == InstanceState.RUNNING);
      running.close();
      assertThat(running.state()).isEqualTo(InstanceState.STOPPED);
      assertThat(admin.status(job.name()).stages())
          .extracting(JobStatus.Stage::members)
          .containsOnly(0);
    }
  }
}
