package dev.millrace.internal.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.millrace.Job;
import dev.millrace.admin.PeekRequest;
import dev.millrace.admin.ResetPlan;
import dev.millrace.admin.ResetRequest;
import dev.millrace.admin.ResetTarget;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.JobActiveException;
import dev.millrace.error.JobStateException;
import dev.millrace.error.KafkaUnreachableException;
import dev.millrace.error.MillraceException;
import dev.millrace.error.Place;
import dev.millrace.internal.launch.SteppedInstance;
import dev.millrace.internal.sim.ClusterFaults;
import dev.millrace.internal.sim.SimKafka;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What starts and administration refuse: the place as data is what the message names. */
final class PlacesOfFailuresTest {

  private static final Place JOB = Place.ofJob("sums");

  private final SteppedCluster on =
      new SteppedCluster(JobConfig.defaults().with("startup.timeout", "5s"));
  private final SimKafka kafka = on.kafka;
  private final JobConfig config = on.config;
  private final Administration admin = on.admin;

  private Job job(int parallelism) {
    Job job = Job.named("sums");
    job.source(KafkaSource.strings("words"))
        .keyBy(word -> word)
        .parallelism(parallelism)
        .count()
        .to(KafkaSink.upsert("counts"));
    return job;
  }

  private SteppedInstance start(Job job, JobConfig settings) {
    return on.start(job, settings);
  }

  private void createTopics() {
    kafka.createTopic("words", 2);
    kafka.createTopic("counts", 1);
  }

  /** Checks the place, and that each of its parts but the job is named in the message. */
  private static void assertFails(
      Class<? extends MillraceException> type, ThrowingCallable call, Place place) {
    MillraceException failure = catchThrowableOfType(type, call);
    assertThat(failure).as(type.getSimpleName()).isNotNull();
    assertThat(failure.place()).isEqualTo(place);
    String message = String.valueOf(failure.getMessage());
    place.stage().ifPresent(stage -> assertThat(message).contains("stage '" + stage + "'"));
    place.step().ifPresent(step -> assertThat(message).contains("'" + step + "'"));
    place.task().ifPresent(task -> assertThat(message).contains("task " + task));
    place.topic().ifPresent(topic -> assertThat(message).contains("topic " + topic));
    place.partition().ifPresent(number -> assertThat(message).contains("partition " + number));
    place.offset().ifPresent(offset -> assertThat(message).contains("offset " + offset));
  }

  @Test
  void starts() {
    kafka.createTopic("counts", 1);
    assertFails(ConfigurationException.class, () -> start(job(2), config), JOB.withTopic("words"));
    kafka.createTopic("words", 2);
    assertFails(
        ConfigurationException.class,
        () -> start(job(2), config.with("stages", "elsewhere")),
        JOB.withStage("elsewhere"));
    kafka.injectFaults(
        new ClusterFaults() {
          @Override
          public boolean isCoordinatorMoving(String id) {
            return id.equals("sums-bootstrap");
          }
        });
    assertFails(KafkaUnreachableException.class, () -> start(job(2), config), JOB);
    kafka.injectFaults(ClusterFaults.NEVER);
    start(job(2), config).stop();
    assertFails(IncompatibleJobException.class, () -> start(job(3), config), JOB);
  }

  @Test
  void administration() {
    createTopics();
    ResetRequest toEarliest = ResetRequest.to(new ResetTarget.Earliest());
    assertFails(ConfigurationException.class, () -> admin.status("sums"), JOB);
    SteppedInstance instance = start(job(2), config);
    for (int i = 0; i < 20; i++) {
      instance.workers().forEach(worker -> worker.turn());
    }
    assertFails(
        JobActiveException.class,
        () -> admin.planReset("sums", toEarliest),
        JOB.withStage(instance.workersByStage().keySet().iterator().next()));
    instance.stop();
    assertFails(
        ConfigurationException.class,
        () -> admin.planReset("sums", toEarliest.onlyTopic("counts", Set.of())),
        JOB.withTopic("counts"));
    assertFails(
        ConfigurationException.class,
        () -> admin.planReset("sums", toEarliest.onlyTopic("words", Set.of(5))),
        JOB.withTopic("words").withPartition(5));
    ResetPlan plan = admin.planReset("sums", toEarliest);
    admin.reset(plan);
    assertFails(JobStateException.class, () -> admin.reset(plan), JOB);
    assertFails(
        ConfigurationException.class,
        () -> admin.peek("nowhere", PeekRequest.all(), record -> true),
        Place.ofTopic("nowhere"));
    assertFails(
        ConfigurationException.class,
        () -> admin.peek("words", PeekRequest.all().onlyPartition(9), record -> true),
        Place.ofPartition("words", 9));
  }
}
