package dev.millrace.runner.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.JobAdmin;
import dev.millrace.config.JobConfig;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.runner.jobs.LetterCountJob;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A supervisor and its instance as processes, on a real broker. */
@WithBroker
final class SupervisedRunTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path directory;

  private TestBroker broker;
  private String in;
  private String out;
  private String name;

  @BeforeEach
  void setUp(TestBroker testBroker) {
    broker = testBroker;
    in = broker.createTopic(broker.uniqueName("lines"), 2);
    out = broker.createTopic(broker.uniqueName("letters"), 1);
    name = broker.uniqueName("letters");
  }

  private SupervisedRun start(Class<?> job, String... words) throws Exception {
    List<String> all = new ArrayList<>(List.of("-b", broker.bootstrapServers()));
    all.addAll(List.of("--state-dir", directory.toString()));
    all.addAll(Arrays.asList(words));
    all.addAll(List.of(job.getName(), "--", "--in", in, "--out", out, "--name", name));
    return SupervisedRun.start(directory, all);
  }

  private void send(String line) {
    broker.produce(
        in, List.of(new ProducerRecord<>(in, null, line.getBytes(StandardCharsets.UTF_8))));
  }

  private void awaitOutput(long records) {
    Awaitility.await().atMost(PATIENCE).until(() -> broker.consumeTexts(out).size() >= records);
  }

  @Test
  void outputGoesOnAfterTheInstanceWasKilledAndAStopEndsBoth() throws Exception {
    send("apple");
    try (SupervisedRun run = start(LetterCountJob.class)) {
      awaitOutput(1);
      ProcessHandle first = run.instance();
      first.destroyForcibly();
      send("avocado");
      awaitOutput(2);
      assertThat(broker.consumeTexts(out)).containsExactly("1", "2");
      run.awaitLines(2, "Instance process started");
      ProcessHandle second = run.instance();
      assertThat(second).isNotEqualTo(first);
      assertThat(run.lines())
          .anyMatch(line -> line.contains("Instance process ended") && line.contains("by signal 9"))
          .noneMatch(line -> line.contains("evicted"))
          .noneMatch(line -> line.indexOf(ChildReport.MARK) >= 0);
      run.signal("TERM");
      assertThat(run.awaitEnd()).isEqualTo(143);
      assertThat(second.isAlive()).isFalse();
      assertThat(run.lines()).anyMatch(line -> line.contains("Job stopped"));
    }
  }

  @ParameterizedTest
  @CsvSource({"HUP, 129", "INT, 130"})
  void othersSignalsArePassedOnAsWell(String signal, int code) throws Exception {
    send("apple");
    try (SupervisedRun run = start(LetterCountJob.class)) {
      awaitOutput(1);
      ProcessHandle instance = run.instance();
      run.signal(signal);
      assertThat(run.awaitEnd()).isEqualTo(code);
      assertThat(instance.isAlive()).isFalse();
      assertThat(run.lines()).anyMatch(line -> line.contains("Job stopped"));
    }
  }

  /** Its heap is 32 MB; the rest is the JVM. */
  @Test
  void aSupervisorNeedsLittleMemory() throws Exception {
    send("apple");
    try (SupervisedRun run = start(LetterCountJob.class)) {
      awaitOutput(1);
      long resident = run.residentKiB();
      System.out.println("A supervisor has " + resident / 1024 + " MiB resident");
      assertThat(resident).isLessThan(128 << 10);
    }
  }

  @Test
  void anInstanceThatIsStillStartingIsNoOrphanEither() throws Exception {
    List<String> words = new ArrayList<>(List.of("-b", "127.0.0.1:1"));
    words.addAll(List.of("--state-dir", directory.toString(), LetterCountJob.class.getName()));
    try (SupervisedRun run = SupervisedRun.start(directory, words)) {
      run.awaitLines(1, "The start waits for Kafka");
      ProcessHandle instance = run.instance();
      run.killSupervisor();
      Awaitility.await().atMost(PATIENCE).until(() -> !instance.isAlive());
    }
  }

  @Test
  void anInstanceWhoseSupervisorWasKilledLeavesInGoodOrder() throws Exception {
    send("apple");
    try (SupervisedRun run = start(LetterCountJob.class);
        JobAdmin admin =
            JobAdmin.connect(
                JobConfig.defaults().with("bootstrap.servers", broker.bootstrapServers()))) {
      awaitOutput(1);
      run.awaitLines(1, "Job running");
      ProcessHandle instance = run.instance();
      run.killSupervisor();
      Awaitility.await().atMost(PATIENCE).until(() -> !instance.isAlive());
      assertThat(admin.status(name).instances()).as("it took its report back").isEmpty();
    }
  }

  @Test
  void aJobThatHasComeToItsEndEndsItsSupervisor() throws Exception {
    send("apple");
    try (SupervisedRun run = start(LetterCountJob.class, "--until-end")) {
      assertThat(run.awaitEnd()).as("%s", run.lines()).isZero();
      assertThat(broker.consumeTexts(out)).containsExactly("1");
    }
  }

  @Test
  void whatAsksForAPersonEndsItsSupervisorWithTheSameCode() throws Exception {
    in = broker.uniqueName("missing");
    try (SupervisedRun run = start(LetterCountJob.class)) {
      assertThat(run.awaitEnd()).isEqualTo(2);
      assertThat(run.lines())
          .anyMatch(line -> line.contains(in))
          .anyMatch(
              line -> line.startsWith("Cannot keep the job running: it ended with exit code 2"))
          .filteredOn(line -> line.contains("Instance process started"))
          .hasSize(1);
    }
  }

  @Test
  void aCrashLoopIsSeenWhereverOneLooksAndAStopEndsItsWait() throws Exception {
    send("apple");
    try (SupervisedRun run =
            start(FailingJob.class, "--restarts", "99/10m", "--http", "127.0.0.1:0");
        JobAdmin admin =
            JobAdmin.connect(
                JobConfig.defaults().with("bootstrap.servers", broker.bootstrapServers()))) {
      run.awaitLine("the third death", SupervisedRunTest::waitsForASecond);
      Awaitility.await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(50))
          .ignoreExceptions()
          .until(() -> health(run), SupervisedRunTest::isOfTheSupervisor);
      assertThat(admin.status(name).instances())
          .singleElement()
          .satisfies(
              instance -> {
                assertThat(instance.restarts()).isPositive();
                assertThat(instance.lastFailure()).contains("no luck with apple");
              });
      // Whether it comes amid the wait or finds the next process: nothing is left.
      run.signal("TERM");
      assertThat(run.awaitEnd()).isEqualTo(143);
      assertThat(run.instanceIfAny().filter(ProcessHandle::isAlive)).isEmpty();
    }
  }

  private static boolean isOfTheSupervisor(String health) {
    return health.contains("has ended with exit code 1")
        && health.contains("no luck with apple")
        && health.contains("It is started again in");
  }

  private static boolean waitsForASecond(String line) {
    return line.matches(".*restartInMs=[1-9][0-9]{3,}.*");
  }

  /** {@return what /health says at the address that the instance had last} */
  private static String health(SupervisedRun run) throws Exception {
    String line = run.awaitLine("its address", each -> each.startsWith("its dashboard is at "));
    URI status = URI.create(line.substring("its dashboard is at ".length()));
    HttpResponse<String> reply =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(status.resolve("/health")).build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(reply.statusCode()).isEqualTo(503);
    return reply.body();
  }

  @Test
  void aJobThatFailsOverAndOverIsGivenUpWithItsLastError() throws Exception {
    send("apple");
    try (SupervisedRun run = start(FailingJob.class, "--restarts", "2/10m")) {
      assertThat(run.awaitEnd()).isEqualTo(1);
      assertThat(run.lines())
          .anyMatch(
              line ->
                  line.startsWith("Cannot keep job '" + name + "' running: it has ended 3 times")
                      && line.contains("no luck with apple"))
          .anyMatch(line -> line.contains("Instance evicted"))
          .filteredOn(line -> line.contains("Instance process started"))
          .hasSize(3);
    }
  }
}
