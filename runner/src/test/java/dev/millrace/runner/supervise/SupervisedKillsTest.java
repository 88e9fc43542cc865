package dev.millrace.runner.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.MembershipProtocol;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.runner.jobs.LetterCountJob;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * How soon results go on after {@code kill -9} of a supervised instance, and that none is lost or
 * comes twice.
 */
@WithBroker
@Tag("slow")
final class SupervisedKillsTest {

  private static final int KILLS = Integer.getInteger("supervised.kills", 30);
  private static final int JVM_STARTS = 10;
  private static final boolean SPARE = Boolean.getBoolean("supervised.spare");

  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource(MembershipProtocol.class)
  void resultsGoOnSoonAfterEachKill(MembershipProtocol membership, TestBroker broker)
      throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    Random random = new Random(seed);
    String in = broker.createTopic(broker.uniqueName("lines"), 2);
    String out = broker.createTopic(broker.uniqueName("letters"), 1);
    List<String> words = new ArrayList<>(List.of("-b", broker.bootstrapServers()));
    words.addAll(List.of("--state-dir", directory.toString(), "--restarts", "1000/10m"));
    if (SPARE) {
      words.add("--spare");
    }
    words.add("-Dmembership=" + membership.name().toLowerCase(Locale.ROOT));
    words.addAll(List.of(LetterCountJob.class.getName(), "--", "--in", in, "--out", out));
    words.addAll(List.of("--name", broker.uniqueName("letters")));
    List<Long> gapsMs = new ArrayList<>();
    List<Long> caughtUpMs = new ArrayList<>();
    List<Long> processesMs = new ArrayList<>();
    try (CountedStream stream = CountedStream.start(broker, in, out);
        SupervisedRun run = SupervisedRun.start(directory, words)) {
      stream.awaitCaughtUp();
      for (int kill = 0; kill < KILLS; kill++) {
        // Longer than RestartPolicy.STEADY: it is the restart that is measured, not the backing
        // off. A spare process is started then, and needs as long again to be ready.
        if (SPARE) {
          run.awaitLines(kill + 1, "Spare process started");
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(6_500 + random.nextInt(1_500)));
        ProcessHandle victim = run.instance();
        CountedStream.Mark mark = stream.mark();
        victim.destroyForcibly();
        run.awaitLines(kill + 2, "Instance process started");
        processesMs.add(mark.msSince());
        gapsMs.add(stream.awaitFirstAfter(mark));
        caughtUpMs.add(stream.awaitSentAfter(mark));
      }
      stream.finish();
      run.signal("TERM");
      assertThat(run.awaitEnd()).as("seed %d", seed).isEqualTo(143);
    }
    List<Long> jvmMs = jvmStarts();
    System.out.printf(
        "SUPERVISED %s%s, %d kills: next committed result after p50 %d, p95 %d, most %d ms; result of a"
            + " record sent after the kill p50 %d ms; next process after p50 %d ms; a JVM that only"
            + " says its version takes p50 %d ms (seed %d)%n",
        membership,
        SPARE ? ", with a spare" : "",
        KILLS,
        at(gapsMs, 0.5),
        at(gapsMs, 0.95),
        at(gapsMs, 1),
        at(caughtUpMs, 0.5),
        at(processesMs, 0.5),
        at(jvmMs, 0.5),
        seed);
  }

  private static List<Long> jvmStarts() throws Exception {
    List<Long> ms = new ArrayList<>();
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            "dev.millrace.runner.Main",
            "version");
    for (int i = 0; i < JVM_STARTS; i++) {
      long begun = System.nanoTime();
      Process process =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(discard()).start();
      assertThat(process.waitFor()).isZero();
      ms.add(Duration.ofNanos(System.nanoTime() - begun).toMillis());
    }
    return ms;
  }

  private static ProcessBuilder.Redirect discard() {
    return ProcessBuilder.Redirect.DISCARD;
  }

  private static long at(List<Long> ms, double share) {
    List<Long> sorted = new ArrayList<>(ms);
    Collections.sort(sorted);
    return sorted.get((int) Math.min(sorted.size() - 1L, Math.round(share * (sorted.size() - 1))));
  }
}
