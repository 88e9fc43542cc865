package dev.millrace.internal.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.admin.InstanceState;
import dev.millrace.admin.JobStatus;
import dev.millrace.admin.ResetRequest;
import dev.millrace.admin.ResetTarget;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.JobActiveException;
import dev.millrace.internal.launch.SteppedInstance;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Reports of instances of a later version, which has states, phases and reasons that this one does
 * not know: copies of both run side by side while one replaces the other.
 */
final class LaterReportsTest {

  private final SteppedCluster on = new SteppedCluster(JobConfig.defaults());

  @BeforeEach
  void runForAMoment() {
    for (String topic : new String[] {"words", "copies"}) {
      on.kafka.createTopic(topic, 1);
    }
    Job job = Job.named("job");
    job.source(KafkaSource.strings("words")).to(KafkaSink.strings("copies"));
    SteppedInstance instance = on.start(job);
    on.work(instance);
    instance.stop();
  }

  private void report(String state, String error) {
    String stage =
        "{'workers':2,'tasks':[{'task':0,'positions':[0],'watermark':5,'status':'DREAMING'}],"
            + "'opening':[],'recordsIn':3,'dreams':4,'awaits':[],'heldBackBy':null,"
            + "'pace':{'cause':'TIDE','intervalMicros':10,'commitMicros':1},"
            + "'doing':[{'phase':'DREAMING','sinceMs':1},{'phase':'RUNNING','sinceMs':2}]}";
    String report =
        "{'instance':'later','job':'job','host':'host','pid':7,'state':'"
            + state
            + "','error':'"
            + error
            + "','restarts':0,'lastFailure':'','atMs':"
            + on.clock.wallMs()
            + ",'moon':{'phase':'FULL'},'stages':{'words':"
            + stage
            + "},'tables':[]}";
    on.clients
        .plainProducer("test")
        .send(
            new ProducerRecord<>(
                "job.status",
                0,
                "later".getBytes(StandardCharsets.UTF_8),
                report.replace('\'', '"').getBytes(StandardCharsets.UTF_8)));
  }

  private JobStatus.Instance instance() {
    return on.admin.status("job").instances().stream()
        .filter(each -> each.id().equals("later"))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void whatIsUnknownInThemDoesNotHideTheRest() {
    report("DREAMING", "");
    assertThat(instance().alive()).isTrue();
    assertThat(instance().state()).isEqualTo(InstanceState.RUNNING);
    JobStatus.Stage stage = on.admin.status("job").stages().get(0);
    assertThat(stage.tasks())
        .singleElement()
        .satisfies(
            task -> {
              assertThat(task.instance()).isEqualTo("later");
              assertThat(task.state()).isEqualTo(JobStatus.Task.State.ACTIVE);
            });
    assertThat(stage.counters().recordsIn()).isEqualTo(3);
    assertThat(stage.pace()).isEmpty();
    assertThat(stage.workers())
        .singleElement()
        .satisfies(
            worker -> {
              assertThat(worker.number()).isEqualTo(1);
              assertThat(worker.phase()).isEqualTo(JobStatus.Worker.Phase.RUNNING);
            });
    assertThat(on.admin.status("job").isHealthy()).isTrue();
  }

  @Test
  void anInstanceThatHasFailedIsNotAliveWhateverItsStateIsCalled() {
    report("EXPLODED", "it was full moon");
    assertThat(instance().alive()).isFalse();
    assertThat(instance().state()).isEqualTo(InstanceState.FAILED);
    assertThat(instance().error()).isEqualTo("it was full moon");
  }

  /** It may be one before it joins its groups, so that these do not show it. */
  @Test
  void aJobIsNotResetUnderAnInstanceInAStateThatIsNotKnown() {
    JobReset reset = new JobReset(on.cluster, "job", on.clock);
    ResetRequest toEarliest = ResetRequest.to(new ResetTarget.Earliest());
    report("DREAMING", "");
    assertThatThrownBy(() -> reset.plan(toEarliest))
        .isInstanceOf(JobActiveException.class)
        .hasMessageContaining("instance later is starting (process 7 on host)");
    on.clock.advance(Duration.ofSeconds(11));
    assertThat(reset.plan(toEarliest).moves()).hasSize(1);
  }
}
