package dev.millrace.internal.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.admin.JobStatus;
import dev.millrace.admin.ResetRequest;
import dev.millrace.admin.ResetTarget;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.JobStoppedException;
import dev.millrace.internal.launch.SteppedInstance;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A job that is stopped by order. */
final class JobStopTest {

  private final SteppedCluster on =
      new SteppedCluster(JobConfig.defaults().with("http.advertised", "http://10.1.2.3:7575"));
  private final Administration admin = on.admin;

  JobStopTest() {
    for (String topic : List.of("words", "counts")) {
      on.kafka.createTopic(topic, 1);
    }
  }

  private SteppedInstance start() {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("words"))
        .keyBy(word -> word)
        .count()
        .to(KafkaSink.upsert("counts"));
    return on.start(job);
  }

  private void work(SteppedInstance instance) {
    on.work(instance);
  }

  @Test
  void anInstanceObeysAndNoOtherStarts() {
    SteppedInstance first = start();
    SteppedInstance second = start();
    work(first);
    work(second);
    assertThat(first.isToStop()).isFalse();
    admin.stop("job");
    work(first);
    work(second);
    assertThat(first.isToStop()).isTrue();
    assertThat(second.isToStop()).isTrue();
    first.stop();
    second.stop();
    assertThatThrownBy(this::start)
        .isInstanceOf(JobStoppedException.class)
        .hasMessageContaining("Cannot run job 'job': it was stopped by order");
    JobStatus status = admin.status("job");
    assertThat(status.stopped()).isTrue();
    assertThat(status.isHealthy()).isFalse();

    admin.start("job");
    assertThat(admin.status("job").stopped()).isFalse();
    SteppedInstance third = start();
    work(third);
    assertThat(third.isToStop()).isFalse();
    assertThat(admin.status("job").isHealthy()).isTrue();
  }

  @Test
  void anOrderOutlivesAResetAndEndsWithTheJob() {
    SteppedInstance instance = start();
    work(instance);
    admin.stop("job");
    instance.stop(); // It has not looked for orders since.
    admin.reset(admin.planReset("job", ResetRequest.to(new ResetTarget.Earliest())));
    assertThatThrownBy(this::start).isInstanceOf(JobStoppedException.class);
    admin.delete(admin.planDeletion("job"));
    SteppedInstance again = start();
    work(again);
    assertThat(again.isToStop()).isFalse();
  }

  @Test
  void aJobThatIsNotThereCannotBeStopped() {
    assertThatThrownBy(() -> admin.stop("job")).isInstanceOf(ConfigurationException.class);
    assertThatThrownBy(() -> admin.start("job")).isInstanceOf(ConfigurationException.class);
    SteppedInstance instance = start();
    work(instance);
    admin.start("job"); // It was not stopped, and is not.
    work(instance);
    assertThat(instance.isToStop()).isFalse();
  }

  @Test
  void theStatusHasTheAddressOfAnInstancesServer() {
    work(start());
    assertThat(admin.status("job").instances())
        .singleElement()
        .satisfies(each -> assertThat(each.http()).contains("http://10.1.2.3:7575"));
  }
}
