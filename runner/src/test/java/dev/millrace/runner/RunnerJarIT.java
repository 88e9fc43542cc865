package dev.millrace.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.runner.jobs.JobJars;
import dev.millrace.runner.jobs.LetterCountJob;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shaded jar as users run it. */
@WithBroker
final class RunnerJarIT {

  private static final Path JAR =
      Path.of(System.getProperty("runner.jar", "target/runner.jar")).toAbsolutePath();

  @TempDir Path directory;

  private record Ended(int code, String out, String err) {}

  @BeforeEach
  void theJarIsThere() {
    assertThat(JAR).isRegularFile();
  }

  @Test
  void carriesTheLibrariesOfTheCommonPlatformsAndNothingForTests() throws Exception {
    try (JarFile jar = new JarFile(JAR.toFile())) {
      List<String> names = jar.stream().map(entry -> entry.getName()).toList();
      assertThat(names)
          .filteredOn(name -> name.startsWith("librocksdbjni"))
          .containsExactlyInAnyOrder(
              "librocksdbjni-linux64.so",
              "librocksdbjni-linux-aarch64.so",
              "librocksdbjni-osx-arm64.jnilib",
              "librocksdbjni-win64.dll");
      assertThat(names)
          .noneMatch(name -> name.startsWith("org/junit/") || name.startsWith("com/beust/"))
          .noneMatch(name -> name.startsWith("io/prometheus/"))
          .noneMatch(name -> name.startsWith("dev/millrace/devbroker/"));
      assertThat(jar.getManifest().getMainAttributes().getValue("Enable-Native-Access"))
          .isEqualTo("ALL-UNNAMED");
    }
  }

  @Test
  void carriesEveryClassThatMillraceUses() {
    ToolProvider jdeps = ToolProvider.findFirst("jdeps").orElseThrow();
    StringWriter found = new StringWriter();
    PrintWriter out = new PrintWriter(found);
    int code =
        jdeps.run(
            out,
            out,
            "--multi-release",
            "17",
            "--missing-deps",
            "-include",
            // Prometheus is annotated by classes that are for compilers alone.
            "dev\\.millrace\\.(?!shaded\\.prometheus\\.).*",
            JAR.toString());
    assertThat(found.toString()).isEmpty();
    assertThat(code).isZero();
  }

  @Test
  void runsAJobFromAJarAndLeavesInGoodOrderOnASignal(TestBroker broker) throws Exception {
    String in = broker.uniqueName("lines");
    String out = broker.createTopic(broker.uniqueName("letters"), 1);
    String name = broker.uniqueName("letters");
    Path job = JobJars.jar(directory, LetterCountJob.class);
    String servers = broker.bootstrapServers();
    Path lines = Files.writeString(directory.resolve("lines.txt"), "apple\nbanana\n");
    Ended put = await(start(lines, "put", in, "-b", servers, "--create-partitions", "1"));
    assertThat(put.err()).contains("2 records written");
    String[] words = {
      "run",
      job.toString(),
      "-b",
      servers,
      "--state-dir",
      directory.toString(),
      "-Dstate.store=rocksdb",
      "--",
      "--in",
      in,
      "--out",
      out,
      "--name",
      name
    };
    assertThat(stopBy(INTERRUPT, words)).isEqualTo(INTERRUPT.exitCode());
    assertThat(stopBy(Signal.TERM, words)).isEqualTo(Signal.TERM.exitCode());
    // It left its groups and took its report back.
    Ended status = await(start(null, "status", name, "-b", servers));
    assertThat(status.code()).isEqualTo(3);
    assertThat(status.out()).doesNotContain("RUNNING", "GONE");
    Ended reset = await(start(null, "reset", name, "-b", servers, "--to-earliest"));
    assertThat(reset.err()).contains("Nothing was changed");
    assertThat(reset.code()).isZero();
  }

  private enum Signal {
    INT(2),
    TERM(15);

    private final int number;

    Signal(int number) {
      this.number = number;
    }

    int exitCode() {
      return 128 + number;
    }
  }

  /**
   * What a terminal sends on Ctrl-C. A build that a shell has put into the background ignores it,
   * and with it all that the build starts; there it has to be the other one.
   */
  private static final Signal INTERRUPT = ignoresInterrupts() ? Signal.TERM : Signal.INT;

  private static boolean ignoresInterrupts() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines
          .filter(line -> line.startsWith("SigIgn:"))
          .map(line -> Long.parseUnsignedLong(line.substring(7).trim(), 16))
          .anyMatch(mask -> (mask & 1L << (Signal.INT.number - 1)) != 0);
    } catch (IOException e) {
      return false; // There is no such file: nothing can be told.
    }
  }

  /** The exit code of a job that is sent a signal once its state is open. */
  private int stopBy(Signal signal, String... words) throws Exception {
    Process process = start(null, words);
    try (BufferedReader err = process.errorReader()) {
      assertThat(err.readLine()).startsWith("job ");
      new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
      assertThat(process.waitFor(40, TimeUnit.SECONDS)).isTrue();
      assertThat(err.lines())
          .anyMatch(line -> line.contains("Job stopped"))
          .noneMatch(line -> line.contains("Exception"));
    } finally {
      process.destroyForcibly();
    }
    return process.exitValue();
  }

  @Test
  void devStartsABrokerMakesTopicsRunsTheJobAndLeavesNothingBehind() throws Exception {
    assumeThat(JAR.resolveSibling("../../devbroker/target/devbroker.jar").normalize())
        .isRegularFile();
    Path job = JobJars.jar(directory, LetterCountJob.class);
    Process dev =
        start(
            null,
            "dev",
            job.toString(),
            "--port",
            "0",
            "--data",
            directory.resolve("kafka").toString(),
            "--state-dir",
            directory.resolve("state").toString());
    List<ProcessHandle> children;
    try (BufferedReader out = dev.inputReader();
        BufferedReader err = dev.errorReader()) {
      assertThat(out.readLine()).startsWith("READY 127.0.0.1:");
      assertThat(err.readLine()).contains("not for production");
      assertThat(err.readLine()).contains("created topic letters");
      assertThat(err.readLine()).contains("created topic lines");
      assertThat(err.readLine()).startsWith("job letters");
      children = dev.children().toList();
      assertThat(children).hasSize(1);
      new ProcessBuilder("kill", "-" + INTERRUPT, Long.toString(dev.pid())).start().waitFor();
      assertThat(dev.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(dev.exitValue()).isEqualTo(INTERRUPT.exitCode());
    } finally {
      dev.destroyForcibly();
    }
    assertThat(children).noneMatch(ProcessHandle::isAlive);
  }

  private Process start(Path stdin, String... words) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-jar"));
    command.add(JAR.toString());
    command.addAll(Arrays.asList(words));
    ProcessBuilder builder = new ProcessBuilder(command);
    if (stdin != null) {
      builder.redirectInput(stdin.toFile());
    }
    return builder.start();
  }

  private static Ended await(Process process) throws Exception {
    String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Ended(process.exitValue(), out, err);
  }
}
