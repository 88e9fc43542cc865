package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.millrace.admin.InstanceState;
import dev.millrace.admin.PeekRequest;
import dev.millrace.admin.ResetPlan;
import dev.millrace.admin.ResetRequest;
import dev.millrace.admin.ResetTarget;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.error.JobActiveException;
import dev.millrace.error.JobStateException;
import dev.millrace.error.MillraceException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One administration, used by many threads at a time. */
@WithBroker
final class JobAdminThreadsTest {

  private static final int THREADS = 8;
  private static final int RECORDS = 20;

  private final TestBroker broker;
  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);

  @TempDir Path stateDir;

  private String in = "";
  private String name = "";

  JobAdminThreadsTest(TestBroker broker) {
    this.broker = broker;
  }

  @BeforeEach
  void runTheJobToItsEnd() throws InterruptedException {
    in = broker.createTopic(broker.uniqueName("words"), 1);
    name = broker.uniqueName("counts");
    broker.produce(
        in,
        IntStream.range(0, RECORDS)
            .mapToObj(i -> new ProducerRecord<byte[], byte[]>(in, null, bytes("word" + i)))
            .toList());
    Job job = Job.named(name);
    job.source(KafkaSource.strings(in))
        .keyBy(word -> word)
        .count()
        .to(KafkaSink.upsert(broker.createTopic(broker.uniqueName("out"), 1)));
    JobConfig config = config().with("state.dir", stateDir.toString()).with("until.end", "true");
    try (RunningJob running = Millrace.start(job, config)) {
      assertThat(running.awaitTermination(Duration.ofSeconds(60))).isTrue();
      assertThat(running.state()).isEqualTo(InstanceState.FINISHED);
    }
  }

  @AfterEach
  void stopThreads() {
    threads.shutdownNow();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private JobConfig config() {
    return JobConfig.defaults().with("bootstrap.servers", broker.bootstrapServers());
  }

  private <T> List<T> inAllThreads(Callable<T> call) throws Exception {
    List<Future<T>> futures = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      futures.add(threads.submit(call));
    }
    List<T> results = new ArrayList<>();
    for (Future<T> future : futures) {
      results.add(future.get(60, TimeUnit.SECONDS));
    }
    return results;
  }

  @Test
  void callsThatRunAtATimeGiveWhatEachGivesAlone() throws Exception {
    try (JobAdmin admin = JobAdmin.connect(config())) {
      List<?> alone = progress(admin);
      // Each is in the middle of its peek when it calls the other methods.
      CyclicBarrier allRead = new CyclicBarrier(THREADS);
      List<List<Long>> offsets =
          inAllThreads(
              () -> {
                List<Long> seen = new ArrayList<>();
                admin.peek(
                    in,
                    PeekRequest.all(),
                    record -> {
                      seen.add(record.offset());
                      if (seen.size() == RECORDS / 2) {
                        await(allRead);
                        assertThat(progress(admin)).isEqualTo(alone);
                        assertThat(admin.partitions(in)).hasValue(1);
                        assertThat(admin.jobs()).anyMatch(job -> job.job().equals(name));
                        await(allRead);
                      }
                      return true;
                    });
                return seen;
              });
      List<Long> all = IntStream.range(0, RECORDS).mapToObj(Long::valueOf).toList();
      assertThat(offsets).hasSize(THREADS).allMatch(all::equals);
    }
  }

  /** {@return what stays in the status of a job that has finished} */
  private List<?> progress(JobAdmin admin) {
    return admin.status(name).stages().stream()
        .map(stage -> List.of(stage.name(), stage.tasks(), stage.inputs()))
        .toList();
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await(60, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void resetsFollowOneAnother() throws Exception {
    try (JobAdmin admin = JobAdmin.connect(config())) {
      ResetPlan plan =
          Awaitility
              .await() // On a busy machine members may leave a little later than their instance.
              .atMost(Duration.ofSeconds(30))
              .ignoreExceptionsInstanceOf(JobActiveException.class)
              .until(
                  () -> admin.planReset(name, ResetRequest.to(new ResetTarget.Earliest())),
                  Objects::nonNull);
      CyclicBarrier allThere = new CyclicBarrier(THREADS);
      List<String> outcomes =
          inAllThreads(
              () -> {
                await(allThere);
                @Nullable Throwable failure = catchThrowable(() -> admin.reset(plan));
                return failure == null ? "done" : failure.getClass().getSimpleName();
              });
      // Side by side they would have fenced each other in the middle of what they do.
      assertThat(outcomes)
          .containsOnlyOnce("done")
          .containsOnly("done", JobStateException.class.getSimpleName());
      assertThat(admin.status(name).resetEpoch()).isEqualTo(1);
    }
  }

  @Test
  void closingEndsTheCallsOfOtherThreadsAndSaysSo() throws Exception {
    JobAdmin admin = JobAdmin.connect(config());
    CountDownLatch allWait = new CountDownLatch(THREADS);
    List<Future<@Nullable Throwable>> peeks = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      peeks.add(
          threads.submit(
              () ->
                  catchThrowable(
                      () ->
                          admin.peek(
                              in,
                              PeekRequest.all().following(),
                              record -> {
                                if (record.offset() == RECORDS - 1) {
                                  allWait.countDown(); // No more comes: it waits for ever.
                                }
                                return true;
                              }))));
    }
    assertThat(allWait.await(60, TimeUnit.SECONDS)).isTrue();

    admin.close();

    for (Future<@Nullable Throwable> peek : peeks) {
      assertThat(peek.get(60, TimeUnit.SECONDS))
          .isInstanceOf(MillraceException.class)
          .hasMessageContaining("Cannot peek into topic " + in + ": the administration was closed");
    }
    assertThatThrownBy(() -> admin.status(name))
        .isInstanceOf(MillraceException.class)
        .hasMessage(
            "Cannot find out how job '%s' is doing: the administration was closed. Connect again,"
                + " and repeat it",
            name);
    admin.close(); // Harmless.
  }

  @Test
  void aReaderMayCloseTheAdministrationThatCallsIt() {
    JobAdmin admin = JobAdmin.connect(config());
    assertThatThrownBy(
            () ->
                admin.peek(
                    in,
                    PeekRequest.all().following(),
                    record -> {
                      admin.close();
                      return true;
                    }))
        .hasMessageContaining("the administration was closed before the call had ended");
  }
}
