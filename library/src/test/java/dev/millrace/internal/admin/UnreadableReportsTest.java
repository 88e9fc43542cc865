package dev.millrace.internal.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.admin.JobStatus;
import dev.millrace.admin.ResetRequest;
import dev.millrace.admin.ResetTarget;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.internal.launch.SteppedInstance;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Records of a job's status topic that are no reports of an instance. */
final class UnreadableReportsTest {

  private final SteppedCluster on = new SteppedCluster(JobConfig.defaults());

  private void write(String value) {
    on.clients
        .plainProducer("test")
        .send(
            new ProducerRecord<>(
                "job.status",
                0,
                "other".getBytes(StandardCharsets.UTF_8),
                value.getBytes(StandardCharsets.UTF_8)));
  }

  /** NOW is the time of the clock: what is old is left out in any case. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "it is no JSON",
        "null",
        "7",
        "{'instance':'other','pid':'none'}",
        "{'host':'host','error':'','atMs':NOW,'stages':{}}",
        "{'instance':'other','host':'host','atMs':NOW,'stages':{}}",
        "{'instance':'other','host':'host','error':'','atMs':NOW}",
        "{'instance':'other','host':'host','error':'','atMs':NOW,'stages':{'words':{}}}",
        "{'instance':'other','host':'host','error':'','atMs':NOW,'stages':{'words':null}}"
      })
  void oneHidesNeitherItsJobNorTheInstances(String value) {
    on.kafka.createTopic("words", 1);
    on.kafka.createTopic("copies", 1);
    Job job = Job.named("job");
    job.source(KafkaSource.strings("words")).to(KafkaSink.strings("copies"));
    SteppedInstance instance = on.start(job);
    on.work(instance);
    write(value.replace('\'', '"').replace("NOW", Long.toString(on.clock.wallMs())));
    assertThat(on.admin.jobs())
        .singleElement()
        .satisfies(found -> assertThat(found.instances()).isEqualTo(1));
    JobStatus status = on.admin.status("job");
    assertThat(status.instances()).hasSize(1);
    assertThat(status.isHealthy()).isTrue();
    instance.stop();
    assertThat(on.admin.planReset("job", ResetRequest.to(new ResetTarget.Earliest())).moves())
        .hasSize(1);
  }
}
