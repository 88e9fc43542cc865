package dev.millrace.devbroker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ChildKafkaTest {

  /** One cache for all tests here: only the first start writes an archive. */
  @TempDir private static Path cache;

  @BeforeAll
  static void theFirstStartWritesAnArchive() throws Exception {
    try (ChildKafka kafka = ChildKafka.start(options(BrokerOptions.singleNode()))) {
      assertThat(kafka.isAlive()).isTrue();
    }
    try (var files = Files.list(cache)) {
      assertThat(files.filter(file -> file.toString().endsWith(".jsa"))).hasSize(1);
    }
  }

  @Test
  void theSecondStartUsesTheArchive() {
    long before = System.nanoTime();
    try (ChildKafka kafka = ChildKafka.start(options(BrokerOptions.singleNode()))) {
      System.out.println("Child broker ready with a class archive in " + msSince(before) + " ms");
      assertThat(commandLine(kafka.pid())).contains("-XX:SharedArchiveFile=" + cache);
      assertThat(kafka.dataDirectory().resolve("broker.log")).isEmptyFile();
    }
  }

  @Test
  void aKilledClusterComesBackWithItsDataOnTheSamePort() throws Exception {
    try (ChildKafka kafka = ChildKafka.start(options(BrokerOptions.singleNode()))) {
      String servers = kafka.bootstrapServers();
      RoundTrip.createTopic(servers, "words");
      RoundTrip.commitAndAbort(servers, "words", "seen", "unseen");
      // A broker that is killed before the marker is written may never write it: LostMarkerTest.
      RoundTrip.awaitMarkers(servers, "words");
      long killed = kafka.pid();
      kafka.kill();
      assertThat(kafka.isAlive()).isFalse();
      long before = System.nanoTime();
      assertThat(kafka.restart()).isNotEqualTo(killed).isEqualTo(kafka.pid());
      System.out.println("Child broker back after kill -9 within " + msSince(before) + " ms");
      assertThat(kafka.bootstrapServers()).isEqualTo(servers);
      RoundTrip.assertCommitted(servers, "words", "seen");
      RoundTrip.commitAndAbort(servers, "words", "seen again", "unseen");
      RoundTrip.assertCommitted(servers, "words", "seen", "seen again");
      kafka.stop();
      kafka.restart();
      RoundTrip.assertCommitted(servers, "words", "seen", "seen again");
    }
  }

  @Test
  void aClosedClusterLeavesNothingBehind() {
    ChildKafka temporary = ChildKafka.start(options(BrokerOptions.threeNodes()));
    assertThat(temporary.bootstrapServers().split(",")).hasSize(3);
    ProcessHandle process = ProcessHandle.of(temporary.pid()).orElseThrow();
    temporary.close();
    temporary.close();
    assertThat(process.isAlive()).isFalse();
    assertThat(temporary.dataDirectory()).doesNotExist();
    assertThatThrownBy(temporary::restart).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aCacheThatCannotBeWrittenCostsTimeOnly(@TempDir Path directory) throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "");
    ChildOptions options =
        ChildOptions.of(BrokerOptions.singleNode()).withCacheDirectory(file.resolve("cache"));
    try (ChildKafka kafka = ChildKafka.start(options)) {
      assertThat(kafka.isAlive()).isTrue();
      assertThat(commandLine(kafka.pid()))
          .doesNotContain("SharedArchiveFile")
          .doesNotContain("RecordDynamicDumpInfo");
    }
  }

  @Test
  void aFailedStartTellsTheEndOfTheLog() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      ChildOptions options = options(BrokerOptions.singleNode().withPort(taken.getLocalPort()));
      assertThatThrownBy(() -> ChildKafka.start(options))
          .isInstanceOf(DevBrokerException.class)
          .hasMessageContaining("exit code 1")
          .hasMessageContaining("something listens on its port already");
    }
  }

  @Test
  void dataThatAnotherProcessUsesIsRefused(@TempDir Path directory) throws Exception {
    BrokerOptions options = BrokerOptions.singleNode().withDataDirectory(directory);
    try (ChildKafka kafka = ChildKafka.start(options(options))) {
      assertThatThrownBy(() -> EmbeddedKafka.start(options))
          .isInstanceOf(DevBrokerException.class)
          .hasMessageContaining("another broker runs on it")
          .hasMessageContaining(directory.toString());
      RoundTrip.createTopic(kafka.bootstrapServers(), "words");
    }
  }

  @Test
  void aMissingJarIsNamed() {
    ChildOptions options =
        options(BrokerOptions.singleNode()).withJar(Path.of("no-such", "devbroker.jar"));
    assertThatThrownBy(() -> ChildKafka.start(options))
        .isInstanceOf(DevBrokerException.class)
        .hasMessageContaining("no-such");
  }

  @Test
  void theChildEndsWhenItsParentIsKilled() throws Exception {
    Process parent =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                ParentProgram.class.getName(),
                cache.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out = parent.inputReader()) {
      ProcessHandle child = ProcessHandle.of(Long.parseLong(out.readLine())).orElseThrow();
      Path data = Path.of(out.readLine());
      assertThat(child.isAlive()).isTrue();
      parent.destroyForcibly().onExit().join();
      Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> !child.isAlive());
      assertThat(data).doesNotExist();
    } finally {
      parent.destroyForcibly();
    }
  }

  private static ChildOptions options(BrokerOptions broker) {
    return ChildOptions.of(broker).withCacheDirectory(cache);
  }

  private static long msSince(long nanos) {
    return Duration.ofNanos(System.nanoTime() - nanos).toMillis();
  }

  private static String commandLine(long pid) {
    Optional<String[]> arguments =
        ProcessHandle.of(pid).flatMap(process -> process.info().arguments());
    return String.join(" ", List.of(arguments.orElse(new String[0])));
  }
}
