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
import dev.millrace.internal.launch.Launcher;
import dev.millrace.internal.launch.SteppedInstance;
import dev.millrace.internal.launch.Surroundings;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.sim.SimDisk;
import dev.millrace.internal.sim.SimKafka;
import dev.millrace.internal.stage.Rhythm;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** A job that is stopped by order. */
final class JobStopTest {

  private final SimClock clock = new SimClock(Instant.parse("2026-01-01T00:00:00Z"));
  private final SimKafka kafka = new SimKafka(clock);
  private final JobConfig config =
      JobConfig.defaults().with("http.advertised", "http://10.1.2.3:7575");
  private final Administration admin = Administration.through(kafka.connect(config), config, clock);
  private final Random ids = new Random(7);

  JobStopTest() {
    for (String topic : List.of("words", "counts")) {
      kafka.createTopic(topic, 1);
    }
  }

  private SteppedInstance start() {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("words"))
        .keyBy(word -> word)
        .count()
        .to(KafkaSink.upsert("counts"));
    SimDisk disk = new SimDisk(ids::nextInt);
    SteppedInstance instance =
        Launcher.step(
            Launcher.plan(PlanAccess.of(job), config),
            config,
            new Surroundings(
                kafka.connect(config),
                identity -> disk.takeSlot(),
                () -> disk,
                clock,
                () -> new UUID(ids.nextLong(), ids.nextLong()),
                Rhythm.EVERY_TURN));
    instance.begin();
    return instance;
  }

  /** Lets the instance work until it has had time to look for orders. */
  private void work(SteppedInstance instance) {
    for (int step = 0; step < 12; step++) {
      for (int i = 0; i < 20; i++) {
        instance.workers().forEach(Worker::turn);
        instance.workers().forEach(Worker::commitPending);
      }
      instance.keepHouse();
      clock.advance(Duration.ofMillis(500));
    }
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
