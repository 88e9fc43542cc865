package dev.millrace.devbroker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.utils.Exit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FatalFaultsTest {

  @TempDir Path directory;

  @Test
  void aBrokerThatMeetsAFatalFaultEndsAloneAndReportsIt() throws Exception {
    Path out = directory.resolve("out");
    Path err = directory.resolve("err");
    // In a JVM of its own: a fault that is not caught would end this one without a word.
    Process program =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                FatalFaultProgram.class.getName())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    try {
      assertThat(program.waitFor(3, TimeUnit.MINUTES)).as("the program ends").isTrue();
    } finally {
      program.destroyForcibly();
    }
    String log = Files.readString(err, UTF_8);
    assertThat(program.exitValue()).as(log).isZero();
    assertThat(Files.readAllLines(out, UTF_8))
        .satisfiesExactly(
            line ->
                assertThat(line).startsWith("USED: Cannot use the broker").contains("127.0.0.1"),
            line -> assertThat(line).startsWith("CLOSED: Cannot use the broker"),
            line -> assertThat(line).isEqualTo("CLOSED AGAIN: null"),
            line -> assertThat(line).isEqualTo("DATA: false"),
            line -> assertThat(line).isEqualTo("THE OTHER: works"));
    assertThat(log).contains("The embedded broker stops after a fatal fault");
  }

  @Test
  void theFirstFaultOfAClusterIsKeptAndEndsItsThreadOnly() throws Exception {
    FatalFaults faults = new FatalFaults("here:1");
    assertThat(faults.found()).isEmpty();
    boolean[] wentOn = {false};
    Runnable halting =
        () -> {
          Exit.halt(3, "no disk");
          wentOn[0] = true;
        };
    // As Kafka's threads are started: by a thread of the cluster.
    Thread[] child = new Thread[1];
    Thread node =
        new Thread(
            faults.watch(
                () -> {
                  child[0] = new Thread(halting, "log-dir-watcher");
                  child[0].setUncaughtExceptionHandler((thread, failure) -> {});
                  child[0].start();
                }));
    node.start();
    node.join();
    child[0].join();
    assertThat(wentOn[0]).isFalse();
    assertThat(faults.first()).isCompletedExceptionally();
    assertThat(faults.found().orElseThrow())
        .hasMessageContaining("here:1")
        .hasMessageContaining("log-dir-watcher")
        .hasMessageContaining("exit status=3")
        .hasMessageContaining("no disk");
  }
}
