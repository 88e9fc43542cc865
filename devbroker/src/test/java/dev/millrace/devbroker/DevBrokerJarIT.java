package dev.millrace.devbroker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shaded jar as users run it. */
final class DevBrokerJarIT {

  private static final String JAR = System.getProperty("devbroker.jar", "target/devbroker.jar");

  @Test
  void saysWhatItIsGetsReadyAndEndsWithItsParent(@TempDir Path data) throws Exception {
    Process broker = run("--port", "0", "--data", data.toString(), "--exit-with-parent");
    try (BufferedReader out = broker.inputReader()) {
      assertThat(out.readLine()).contains("not for production", "one node", "no replication");
      String ready = out.readLine();
      assertThat(ready).matches("READY 127\\.0\\.0\\.1:\\d+");
      String servers = ready.substring("READY ".length());
      RoundTrip.createTopic(servers, "words");
      RoundTrip.commitAndAbort(servers, "words", "seen", "unseen");
      RoundTrip.assertCommitted(servers, "words", "seen");
      broker.getOutputStream().close();
      assertThat(broker.waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(broker.exitValue()).isZero();
      assertThat(errors(broker)).isEmpty();
    } finally {
      broker.destroyForcibly();
    }
  }

  @Test
  void startsAsAChildOfAProgramThatHasNoKafkaServer(@TempDir Path cache) throws Exception {
    ChildOptions options =
        ChildOptions.of(BrokerOptions.singleNode()).withJar(Path.of(JAR)).withCacheDirectory(cache);
    try (ChildKafka kafka = ChildKafka.start(options)) {
      RoundTrip.createTopic(kafka.bootstrapServers(), "words");
    }
  }

  @Test
  void refusesWhatItCannotRead() throws Exception {
    Process broker = run("--brokers", "2");
    assertThat(broker.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(broker.exitValue()).isEqualTo(2);
    assertThat(errors(broker)).contains("nodes=2");
  }

  @Test
  void carriesNoTestFramework() throws Exception {
    try (JarFile jar = new JarFile(JAR)) {
      assertThat(jar.stream().map(entry -> entry.getName()))
          .noneMatch(name -> name.startsWith("org/junit/"))
          .noneMatch(name -> name.startsWith("org/testcontainers/"))
          .noneMatch(name -> name.startsWith("dev/millrace/devbroker/testing/"))
          .noneMatch(name -> name.startsWith("org/apache/logging/log4j/core/"));
    }
  }

  private static Process run(String... words) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-jar", JAR));
    command.addAll(Arrays.asList(words));
    return new ProcessBuilder(command).start();
  }

  private static String errors(Process process) throws Exception {
    return new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
  }
}
