package dev.millrace.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.MillraceException;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.internal.sim.AdminFault;
import dev.millrace.internal.sim.ClusterFaults;
import dev.millrace.internal.sim.SimDisk;
import dev.millrace.internal.stage.Rhythm;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** A change of a job that dies at any of its calls is completed or undone by the next start. */
final class BrokenChangeTest {

  /** More calls than a start makes that changes the job. */
  private static final int MOST_CALLS = 500;

  private static final List<String> STEPS = List.of("createTopics", "deleteTopics");

  private static final class Crash extends Error {
    private static final long serialVersionUID = 1L;
  }

  /** The job of {@link FaultyInstance#job}, with one more stage. */
  private static Job grown() {
    Job job = Job.named("job");
    var words = job.source(KafkaSource.strings("in"));
    words.keyBy(word -> word).count().name("counts").to(KafkaSink.upsert("out"));
    words.keyBy(String::length).count().name("lengths").to(KafkaSink.upsert("lengths"));
    return job;
  }

  private static FaultyInstance deployed(Job job) {
    FaultyInstance rig = new FaultyInstance();
    rig.kafka.createTopic("lengths", 1);
    rig.send(20);
    rig.start(job);
    rig.settle();
    rig.kill();
    return rig;
  }

  /** Starts, and dies at a call; returns whether it came to that. */
  private static boolean dies(FaultyInstance rig, Job job, int atCall) {
    int[] calls = {0};
    rig.clients.inject(
        call -> {
          if (calls[0]++ == atCall) {
            throw new Crash();
          }
          return null;
        });
    try {
      rig.start(job);
      return false;
    } catch (Crash e) {
      rig.clients.simulated().kill();
      rig.connect();
      return true;
    } finally {
      rig.clients.inject(FaultyClients.Faults.NONE);
    }
  }

  private static void checkCounts(FaultyInstance rig, Job job) {
    rig.send(20);
    rig.start(job);
    rig.settle();
    assertThat(rig.counts()).isEqualTo(rig.expected());
    rig.kill();
  }

  /** {@return whether the job has come to have the new stage} */
  private static boolean goesBack(FaultyInstance rig) throws Exception {
    try {
      rig.start();
    } catch (IncompatibleJobException e) {
      assertThat(e).hasMessageContaining("--drop lengths");
      return false;
    }
    rig.kill();
    assertThat(rig.topics()).doesNotContain("job.lengths.shuffle", "job.lengths.changelog");
    return true;
  }

  @Test
  void growing() throws Exception {
    int wentBack = 0;
    int went = 0;
    int call = 0;
    while (true) {
      FaultyInstance rig = deployed(FaultyInstance.job());
      if (!dies(rig, grown(), call)) {
        break;
      }
      if (call % 2 == 0) {
        if (goesBack(rig)) {
          wentBack++;
          checkCounts(rig, FaultyInstance.job());
        } else {
          went++;
        }
      }
      checkCounts(rig, grown());
      assertThat(rig.topics()).contains("job.lengths.shuffle", "job.lengths.changelog");
      assertThat(++call).isLessThan(MOST_CALLS);
    }
    assertThat(wentBack).isPositive();
    assertThat(went).isPositive();
  }

  @Test
  void dropping() throws Exception {
    int call = 0;
    while (true) {
      FaultyInstance rig = deployed(grown());
      rig.configure("drop", "lengths");
      if (!dies(rig, FaultyInstance.job(), call)) {
        break;
      }
      if (call % 2 == 0) { // back to the version that has the stage
        rig.configure("drop", "");
        checkCounts(rig, grown());
        rig.configure("drop", "lengths");
      }
      checkCounts(rig, FaultyInstance.job());
      assertThat(rig.topics()).doesNotContain("job.lengths.shuffle", "job.lengths.changelog");
      assertThat(++call).isLessThan(MOST_CALLS);
    }
    assertThat(call).isGreaterThan(20);
  }

  /** The broker makes one of two topics, and does not answer for the other. */
  @Test
  void topicsOfWhichHalfAreMade() throws Exception {
    FaultyInstance rig = deployed(FaultyInstance.job());
    for (String step : STEPS) {
      int[] left = {1};
      rig.kafka.injectFaults(
          new ClusterFaults() {
            @Override
            public AdminFault ofAdminCall(String name) {
              return name.equals(step) && left[0]-- > 0 ? AdminFault.HALF_DONE : AdminFault.NONE;
            }
          });
      if (step.equals("deleteTopics")) {
        rig.configure("drop", "lengths");
        checkCounts(rig, FaultyInstance.job());
        assertThat(rig.topics()).doesNotContain("job.lengths.shuffle", "job.lengths.changelog");
      } else {
        checkCounts(rig, grown());
      }
      assertThat(left[0]).as(step).isNotPositive();
    }
  }

  @Test
  void topicsWithForeignRecordsAreNotTaken() throws Exception {
    FaultyInstance rig = deployed(FaultyInstance.job());
    rig.kafka.createTopic("job.lengths.shuffle", 4);
    rig.kafka
        .connect(JobConfig.defaults())
        .plainProducer("other")
        .send(new ProducerRecord<>("job.lengths.shuffle", new byte[1]));
    Set<String> before = rig.topics();
    assertThatThrownBy(() -> rig.start(grown()))
        .isInstanceOf(MillraceException.class)
        .hasMessageContaining("are there already")
        .hasMessageContaining("(job.lengths.shuffle)");
    assertThat(rig.topics()).isEqualTo(before);
    checkCounts(rig, FaultyInstance.job());
  }

  /** Another copy of the same version makes the change while this one waits for the former's. */
  @Test
  void whoWaitsForOtherCopiesSeesThatTheyAreOfItsOwnVersion() {
    FaultyInstance rig = deployed(FaultyInstance.job());
    SteppedInstance former = start(rig, FaultyInstance.job());
    former.workers().forEach(Worker::turn); // joins the groups
    SteppedInstance[] other = {null};
    int[] looks = {0};
    rig.clients.inject(
        call -> {
          if (call.method().equals("describeConsumerGroups") && looks[0]++ == 10) {
            former.stop();
            other[0] = start(rig, grown());
            other[0].workers().forEach(Worker::turn); // joins the groups
          }
          return null;
        });
    rig.start(grown());
    rig.clients.inject(FaultyClients.Faults.NONE);
    assertThat(other[0]).isNotNull();
    rig.send(20);
    for (int i = 0; i < 50; i++) {
      other[0].workers().forEach(Worker::turn);
      other[0].workers().forEach(Worker::commitPending);
      boolean ignored = rig.turn();
    }
    rig.settle();
    assertThat(rig.counts()).isEqualTo(rig.expected());
  }

  private static SteppedInstance start(FaultyInstance rig, Job job) {
    Random ids = new Random(11);
    SimDisk disk = new SimDisk(ids::nextInt);
    SteppedInstance instance =
        Launcher.step(
            Launcher.plan(PlanAccess.of(job), JobConfig.defaults()),
            JobConfig.defaults(),
            new Surroundings(
                rig.kafka.connect(JobConfig.defaults()),
                identity -> disk.takeSlot(),
                () -> disk,
                rig.clock,
                () -> new UUID(ids.nextLong(), ids.nextLong()),
                Rhythm.EVERY_TURN));
    instance.begin();
    return instance;
  }
}
