package dev.millrace.internal.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.admin.JobStatus;
import dev.millrace.admin.JobStatus.Task;
import dev.millrace.admin.ResetRequest;
import dev.millrace.admin.ResetTarget;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.launch.SteppedInstance;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** A job, or one of its sources, that is paused by order. */
final class JobPauseTest {

  private static final Optional<String> ALL = Optional.empty();

  private final SteppedCluster on = new SteppedCluster(JobConfig.defaults());
  private final Administration admin = on.admin;

  JobPauseTest() {
    for (String topic : List.of("north", "south", "counts")) {
      on.kafka.createTopic(topic, 1);
    }
  }

  private SteppedInstance start() {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("north"))
        .union(job.source(KafkaSource.strings("south")))
        .keyBy(word -> word)
        .count()
        .to(KafkaSink.upsert("counts"));
    return on.start(job);
  }

  private void work(SteppedInstance instance) {
    on.work(instance);
  }

  private void send(String topic, int records) {
    try (Producer<byte[], byte[]> producer = on.clients.plainProducer("test")) {
      for (int i = 0; i < records; i++) {
        producer.send(
            new ProducerRecord<>(topic, 0, null, ("w" + i).getBytes(StandardCharsets.UTF_8)));
      }
    }
  }

  private long counts() {
    TopicPartition out = new TopicPartition("counts", 0);
    return on.cluster.offsets().ends(List.of(out), IsolationLevel.READ_COMMITTED).get(out);
  }

  private long lag(String stage) {
    return stage(stage).totalLag();
  }

  private JobStatus.Stage stage(String name) {
    return admin.status("job").stages().stream()
        .filter(stage -> stage.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aPausedJobReadsNothingUntilItIsResumed() {
    SteppedInstance instance = start();
    send("north", 10);
    work(instance);
    admin.pause("job", ALL);
    send("south", 5);
    work(instance);
    long counted = counts();
    assertThat(counted).isPositive();
    send("north", 20);
    work(instance);

    JobStatus status = admin.status("job");
    assertThat(status.paused()).isTrue();
    assertThat(status.pausedSources()).isEmpty();
    assertThat(status.isHealthy()).as("it does what it was told").isTrue();
    assertThat(stage("north").tasks()).extracting(Task::state).containsOnly(Task.State.PAUSED);
    assertThat(stage("south").tasks()).extracting(Task::state).containsOnly(Task.State.PAUSED);
    assertThat(counts()).as("nothing more comes out").isEqualTo(counted);
    assertThat(lag("north")).isEqualTo(20);
    assertThat(on.kafka.openTransactions()).as("what was under way is committed").isEmpty();

    admin.resume("job", ALL);
    work(instance);
    assertThat(admin.status("job").paused()).isFalse();
    assertThat(lag("north")).isZero();
    assertThat(counts()).isGreaterThan(counted);
  }

  @Test
  void aPauseOutlivesInstancesAndResets() {
    SteppedInstance first = start();
    work(first);
    admin.pause("job", ALL);
    first.stop(); // It has not looked for orders since.
    send("north", 10);
    SteppedInstance second = start();
    work(second);
    assertThat(lag("north")).as("not even the first record is read").isEqualTo(10);
    second.stop();
    admin.reset(admin.planReset("job", ResetRequest.to(new ResetTarget.Earliest())));
    SteppedInstance third = start();
    work(third);
    assertThat(lag("north")).isEqualTo(10);
    admin.resume("job", ALL);
    work(third);
    assertThat(lag("north")).isZero();
  }

  @Test
  void onlyThePausedSourceWaits() {
    SteppedInstance instance = start();
    work(instance);
    admin.pause("job", Optional.of("south"));
    work(instance);
    send("north", 10);
    send("south", 10);
    work(instance);
    assertThat(admin.status("job").paused()).isFalse();
    assertThat(admin.status("job").pausedSources()).containsExactly("south");
    assertThat(lag("north")).isZero();
    assertThat(lag("south")).isEqualTo(10);
    assertThat(stage("south").tasks()).extracting(Task::state).containsOnly(Task.State.PAUSED);

    // The two orders do not know of each other.
    admin.pause("job", ALL);
    work(instance);
    send("north", 10);
    admin.resume("job", Optional.of("south"));
    work(instance);
    assertThat(lag("south")).isEqualTo(10);
    admin.pause("job", Optional.of("south"));
    admin.resume("job", ALL);
    work(instance);
    assertThat(lag("north")).isZero();
    assertThat(lag("south")).isEqualTo(10);
    admin.resume("job", Optional.of("south"));
    work(instance);
    assertThat(lag("south")).isZero();
  }

  @Test
  void backpressureDoesNotEndAPause() {
    SteppedInstance instance = start();
    send("north", 10);
    work(instance);
    admin.pause("job", Optional.of("north"));
    work(instance);
    send("north", 10);
    // Later stages have read everything, so that lag holds no source back.
    for (int i = 0; i < 5; i++) {
      work(instance);
    }
    assertThat(lag("north")).isEqualTo(10);
  }

  @Test
  void whatIsNoSourceOrNoJobIsRefused() {
    assertThatThrownBy(() -> admin.pause("job", ALL))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Cannot find job 'job'");
    SteppedInstance instance = start();
    work(instance);
    assertThatThrownBy(() -> admin.pause("job", Optional.of("counts")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Cannot pause 'counts': it is no source of job 'job'")
        .hasMessageContaining("[north, south]");
    assertThatThrownBy(() -> admin.resume("job", Optional.of("counts")))
        .isInstanceOf(ConfigurationException.class);
    admin.resume("job", ALL); // Nothing was paused, and nothing is.
    assertThat(admin.status("job").paused()).isFalse();
  }
}
