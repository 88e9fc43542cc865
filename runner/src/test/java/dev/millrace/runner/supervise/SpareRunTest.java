package dev.millrace.runner.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.runner.jobs.LetterCountJob;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A supervisor with an instance and a spare process, on a real broker. */
@WithBroker
final class SpareRunTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String SPARE_STARTED = "Spare process started";
  private static final Pattern PID = Pattern.compile("pid=([0-9]+)");

  @TempDir Path directory;

  private static ProcessHandle spareOf(SupervisedRun run) {
    String line = run.awaitLine(SPARE_STARTED, each -> each.contains(SPARE_STARTED));
    Matcher pid = PID.matcher(line);
    assertThat(pid.find()).as(line).isTrue();
    return ProcessHandle.of(Long.parseLong(pid.group(1))).orElseThrow();
  }

  private static void send(TestBroker broker, String topic, String line) {
    broker.produce(
        topic, List.of(new ProducerRecord<>(topic, null, line.getBytes(StandardCharsets.UTF_8))));
  }

  @Test
  void theSpareGoesOnAndNeitherIsLeftAsAnOrphan(TestBroker broker) throws Exception {
    String in = broker.createTopic(broker.uniqueName("lines"), 2);
    String out = broker.createTopic(broker.uniqueName("letters"), 1);
    List<String> words = new ArrayList<>(List.of("--spare", "-b", broker.bootstrapServers()));
    words.addAll(List.of("--state-dir", directory.toString(), LetterCountJob.class.getName()));
    words.addAll(List.of("--", "--in", in, "--out", out, "--name", broker.uniqueName("letters")));
    send(broker, in, "apple");
    try (SupervisedRun run = SupervisedRun.start(directory, words)) {
      ProcessHandle spare = spareOf(run);
      run.instance().destroyForcibly();
      send(broker, in, "avocado");
      Awaitility.await().atMost(PATIENCE).until(() -> broker.consumeTexts(out).size() >= 2);
      assertThat(broker.consumeTexts(out)).containsExactly("1", "2");
      assertThat(run.instance()).as("the spare is the instance now").isEqualTo(spare);
      run.awaitLines(2, SPARE_STARTED);
      ProcessHandle next = spareOf(run);
      run.killSupervisor();
      Awaitility.await().atMost(PATIENCE).until(() -> !spare.isAlive() && !next.isAlive());
    }
  }
}
