package dev.millrace.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.runner.cli.CommandLine.Result;
import dev.millrace.runner.jobs.LetterCountJob;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands, in this process, on a real broker. */
@WithBroker
final class CommandsOnABrokerTest {

  @TempDir Path directory;

  private TestBroker broker;
  private String in;
  private String out;
  private String name;

  @BeforeEach
  void setUp(TestBroker testBroker) {
    broker = testBroker;
    in = broker.uniqueName("lines");
    out = broker.createTopic(broker.uniqueName("letters"), 1);
    name = broker.uniqueName("letters");
  }

  @Test
  void linesBecomeRecordsWithKeysAndHeaders() {
    assertThat(onBroker("apple\n", "put", in))
        .matches(result -> result.code() == 2 && result.err().contains("--create-partitions"));
    Result put =
        onBroker(
            "k1:v1\r\nnokey\n:empty key\nk2:",
            "put",
            in,
            "--create-partitions",
            "2",
            "--key-separator",
            ":",
            "--header",
            "a=1,2",
            "--header",
            "b=",
            "--rate",
            "1000");
    assertThat(put.err()).contains("4 records written");
    assertThat(put.code()).isZero();
    List<ConsumerRecord<byte[], byte[]>> records = broker.consumeAll(in);
    assertThat(records)
        .extracting(
            record -> BrokerCommands.text(record.key()) + "=" + BrokerCommands.text(record.value()))
        .containsExactlyInAnyOrder("k1=v1", "null=nokey", "=empty key", "k2=");
    assertThat(BrokerCommands.text(records.get(0).headers().lastHeader("a").value()))
        .isEqualTo("1,2");

    Result peek = onBroker("", "peek", in);
    assertThat(peek.outLines()).hasSize(4).anyMatch(line -> line.contains("\"key\":\"k1\""));
    assertThat(peek.out()).contains("\"headers\":{\"a\":\"1,2\",\"b\":\"\"}");
    assertThat(onBroker("", "peek", in, "-n", "1", "-o", "raw").outLines()).hasSize(1);
    assertThat(onBroker("", "peek", in, "--from", "end").out()).isEmpty();
    assertThat(onBroker("", "peek", in, "--from", "-1", "--partition", "0").outLines())
        .hasSizeLessThanOrEqualTo(1);
  }

  @Test
  void aJobRunsToTheEndIsInspectedAndReset() throws Exception {
    onBroker("apple\navocado\nbanana\n", "put", in, "--create-partitions", "2");
    Result run = runToEnd();
    assertThat(run.err()).contains("job " + name, "instance ", "brokers ", "stages ");
    assertThat(run.out()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(broker.consumeTable(out)).isEqualTo(Map.of("a", "2", "b", "1"));

    assertThat(onBroker("", "list").out()).containsPattern(name + " +finished");
    Result status = onBroker("", "status", name);
    assertThat(status.code()).isZero();
    assertThat(status.out()).contains("finished", in);
    assertThat(onBroker("", "status", name, "-o", "json").out())
        .contains("\"job\" : \"" + name + "\"", "\"lag\" : 0", "\"finished\" : true");
    assertThat(onBroker("", "status", "nobody").code()).isEqualTo(2);
    assertThat(onBroker("", "peek", name + ".meta").out()).contains("manifest");

    onBroker("cherry\n", "put", in);
    assertThat(runToEnd().code()).as("a further run").isZero();
    assertThat(broker.consumeTable(out)).isEqualTo(Map.of("a", "2", "b", "1", "c", "1"));
    assertThat(runToEnd().code()).as("without new input").isZero();

    Result dry = onBroker("", "reset", name, "--shift-by", "-1");
    assertThat(dry.code()).isZero();
    assertThat(dry.err()).contains("--execute");
    Result reset = onBroker("", "reset", name, "--to-earliest", "--execute");
    assertThat(reset.err()).contains("is reset");
    assertThat(onBroker("", "status", name).code()).isEqualTo(3);
    assertThat(runToEnd().code()).isZero();
    assertThat(broker.consumeTable(out)).isEqualTo(Map.of("a", "2", "b", "1", "c", "1"));
    assertThat(onBroker("", "status", name, "--max-lag", "0").code()).isZero();
  }

  @Test
  void anotherShapeIsIncompatibleAndARunningJobIsNotReset() throws Exception {
    onBroker("apple\n", "put", in, "--create-partitions", "2");
    assertThat(runToEnd().code()).isZero();
    Result changed = run("--until-end", "--", "--tasks", "7");
    assertThat(changed.code()).isEqualTo(4);
    assertThat(changed.err()).contains("7").doesNotContain("\tat ");

    Thread endless =
        new Thread(
            () ->
                onBroker("", words("run", LetterCountJob.class.getName(), "--name", name + "-2")));
    endless.start();
    try {
      assertThatARunningJobIsNotReset();
    } finally {
      endless.interrupt();
      endless.join();
    }
  }

  private void assertThatARunningJobIsNotReset() {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> onBroker("", "status", name + "-2").code() == 0);
    Result refused = onBroker("", "reset", name + "-2", "--to-earliest", "--execute");
    assertThat(refused.code()).isEqualTo(5);
    assertThat(refused.err()).contains("active members");
  }

  private Result runToEnd() {
    return run("--until-end");
  }

  private Result run(String... more) {
    List<String> words = new ArrayList<>(List.of("run", LetterCountJob.class.getName()));
    List<String> given = Arrays.asList(more);
    int end = given.indexOf("--");
    words.addAll(end < 0 ? given : given.subList(0, end));
    return onBroker("", words(words, end < 0 ? List.of() : given.subList(end + 1, given.size())));
  }

  private String[] words(String command, String job, String... jobArguments) {
    return words(List.of(command, job), Arrays.asList(jobArguments));
  }

  private String[] words(List<String> command, List<String> jobArguments) {
    List<String> words = new ArrayList<>(command);
    words.addAll(List.of("--state-dir", directory.toString(), "--"));
    words.addAll(List.of("--in", in, "--out", out));
    if (!jobArguments.contains("--name")) {
      words.addAll(List.of("--name", name));
    }
    words.addAll(jobArguments);
    return words.toArray(new String[0]);
  }

  private Result onBroker(String input, String... words) {
    List<String> all = new ArrayList<>(Arrays.asList(words));
    all.addAll(1, List.of("-b", broker.bootstrapServers()));
    return CommandLine.runWithInput(input, all.toArray(new String[0]));
  }
}
