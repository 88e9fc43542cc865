package dev.millrace.internal.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.admin.ResetPlan;
import dev.millrace.admin.ResetRequest;
import dev.millrace.admin.ResetTarget;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.error.JobStateException;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.util.SystemClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A reset that dies at any step is completed by the next. */
@WithBroker
final class JobResetTest {

  private static final class Crash extends RuntimeException {}

  @TempDir Path stateDir;

  @ParameterizedTest
  @EnumSource(JobReset.Step.class)
  void aBrokenResetKeepsTheJobFromRunningAndIsCompletedByTheNext(
      JobReset.Step diesAfter, TestBroker broker) throws Exception {
    String in = broker.createTopic(broker.uniqueName("words"), 2);
    String out = broker.createTopic(broker.uniqueName("counts"), 1);
    String name = broker.uniqueName("count");
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      byte[] word = ("w" + i).getBytes(StandardCharsets.UTF_8);
      records.add(new ProducerRecord<>(in, i % 2, null, word));
    }
    broker.produce(in, records);
    JobConfig config =
        JobConfig.defaults()
            .with("bootstrap.servers", broker.bootstrapServers())
            .with("state.dir", stateDir.toString())
            .with("until.end", "true");
    Job job = Job.named(name);
    job.source(KafkaSource.strings(in)).keyBy(word -> word).count().to(KafkaSink.upsert(out));
    runToEnd(job, config);
    assertThat(epochsOfLocalState()).containsOnly("0");

    try (Cluster cluster = Cluster.connect(config)) {
      JobReset reset = new JobReset(cluster, name, SystemClock.INSTANCE);
      ResetPlan broken = reset.plan(ResetRequest.to(new ResetTarget.Shift(-10)));
      assertThatThrownBy(
              () ->
                  reset.execute(
                      broken,
                      step -> {
                        if (step == diesAfter) {
                          throw new Crash();
                        }
                      }))
          .isInstanceOf(Crash.class);
      assertThatThrownBy(() -> Millrace.start(job, config).close())
          .isInstanceOf(JobStateException.class)
          .hasMessageContaining("Run reset again");

      // Asking for something else does not shift twice: the broken one is completed.
      ResetPlan rest = reset.plan(ResetRequest.to(new ResetTarget.Shift(-10)));
      assertThat(rest.resumes()).isTrue();
      assertThat(rest.moves()).extracting(ResetPlan.Move::to).containsExactly(40L, 40L);
      reset.execute(rest);
    }

    runToEnd(job, config);
    assertThat(epochsOfLocalState()).containsOnly("1");
    // A store from before the reset would have made these two.
    assertThat(broker.consumeCounts(out))
        .hasSize(100)
        .allSatisfy((word, count) -> assertThat(count).isOne());
    assertThat(broker.consumeAll(out)).hasSize(120);
  }

  private static void runToEnd(Job job, JobConfig config) throws InterruptedException {
    try (RunningJob running = Millrace.start(job, config)) {
      assertThat(running.awaitTermination(Duration.ofSeconds(60))).isTrue();
      assertThat(running.failure()).isEmpty();
    }
  }

  private Set<String> epochsOfLocalState() throws IOException {
    try (Stream<Path> files = Files.walk(stateDir)) {
      return files
          .filter(file -> file.endsWith("identity") && file.toString().contains("tasks"))
          .map(JobResetTest::read)
          .map(identity -> identity.substring(identity.indexOf(' ') + 1).trim())
          .collect(Collectors.toSet());
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
