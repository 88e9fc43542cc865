package dev.millrace.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.runner.cli.CommandLine.Result;
import dev.millrace.runner.jobs.PickyCountJob;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** Dead letters on a real broker: what a job has refused is listed, and put back once. */
@WithBroker
final class DlqOnABrokerTest {

  @TempDir Path directory;

  private TestBroker broker;
  private BrokerCommands job;

  @BeforeEach
  void setUp(TestBroker testBroker) {
    broker = testBroker;
    job = new BrokerCommands(broker, PickyCountJob.class, directory);
    job.write("a", "!b", "?c", "!d", "a");
    assertThat(job.runToEnd().code()).isZero();
  }

  @Test
  void lettersAreListedAndTheirRecordsComeBackOnce() {
    Result list = job.run("dlq", "list", job.name);
    assertThat(list.code()).isZero();
    assertThat(list.outLines()).hasSize(4);
    assertThat(list.out())
        .containsPattern("pending +" + job.in + " .* " + job.in + "-1@0 +IllegalStateException")
        .contains("Cannot make anything of ?c");
    Result json =
        job.run(
            "dlq", "list", job.name, "-o", "json", "--where", "exception=IllegalArgumentException");
    assertThat(json.outLines())
        .singleElement()
        .asString()
        .contains("\"value\":\"?c\"", "\"state\":\"PENDING\"");
    assertThat(job.run("dlq", "list", job.name, "--limit", "1").err()).contains("There are more");

    Result dry = job.run("dlq", "replay", job.name);
    assertThat(dry.code()).isZero();
    assertThat(dry.err()).contains("Nothing was changed; --execute does it");
    assertThat(dry.outLines()).hasSize(4);
    assertThat(lines()).containsEntry("!b", 1L);

    Result some =
        job.run(
            "dlq", "replay", job.name, "--where", "exception=IllegalStateException", "--execute");
    assertThat(some.err()).contains("2 records were put back");
    Result rest = job.run("dlq", "replay", job.name, "--execute", "-o", "json");
    Map<?, ?> answer = JsonMapper.shared().readValue(rest.out(), Map.class);
    assertThat(answer.get("replayed")).isEqualTo(1);
    assertThat(answer.get("executed")).isEqualTo(true);
    assertThat(lines()).isEqualTo(Map.of("a", 2L, "!b", 2L, "?c", 2L, "!d", 2L));
    assertThat(broker.consumeAll(job.in))
        .filteredOn(record -> BrokerCommands.text(record.value()).equals("!b"))
        .allSatisfy(
            record -> {
              assertThat(record.partition()).isEqualTo(1);
              assertThat(record.timestamp()).isEqualTo(1_001);
              assertThat(record.headers()).isEmpty();
            });

    assertThat(job.runToEnd("--mended", "1").code()).isZero();
    assertThat(job.results()).isEqualTo(Map.of("a", "2", "!b", "1", "?c", "1", "!d", "1"));
    assertThat(job.run("dlq", "replay", job.name, "--execute").err()).contains("0 records");
    assertThat(job.run("dlq", "list", job.name).out())
        .contains("replayed")
        .doesNotContain("pending");
  }

  /** One that was killed leaves its transaction open; it does not come back to life. */
  @Test
  void whatAKilledReplayHadBegunIsNotThereTwice() {
    String id = job.name + "-dlq-replay";
    Producer<byte[], byte[]> killed =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker.bootstrapServers(), "transactional.id", id),
            new ByteArraySerializer(),
            new ByteArraySerializer());
    try {
      killed.initTransactions();
      killed.beginTransaction();
      var ignored =
          killed.send(new ProducerRecord<>(job.in, 1, null, "!b".getBytes(StandardCharsets.UTF_8)));
      killed.flush();
      Result replay = job.run("dlq", "replay", job.name, "--execute");
      assertThat(replay.err()).contains("3 records were put back");
      assertThat(lines()).isEqualTo(Map.of("a", 2L, "!b", 2L, "?c", 2L, "!d", 2L));
      assertThatThrownBy(killed::commitTransaction).isInstanceOf(KafkaException.class);
      assertThat(lines()).isEqualTo(Map.of("a", 2L, "!b", 2L, "?c", 2L, "!d", 2L));
    } finally {
      killed.close(Duration.ZERO);
    }
  }

  @Test
  void mistakesAreNamed() {
    for (List<String> words :
        List.of(
            List.of("dlq", "list"),
            List.of("dlq", "burn", job.name),
            List.of("dlq", "list", job.name, "--execute"),
            List.of("dlq", "replay", job.name, "--where", "colour=red"),
            List.of("dlq", "replay", job.name, "--limit", "0"),
            List.of("dlq", "replay", job.name, "--to", "nowhere"),
            List.of("dlq", "replay", job.name, "--to", job.name + ".meta"),
            List.of("dlq", "replay", "nobody"))) {
      Result result = job.run(words.toArray(new String[0]));
      assertThat(result.code()).as(words.toString()).isEqualTo(2);
      assertThat(result.err()).startsWith("Cannot ");
    }
  }

  private Map<String, Long> lines() {
    return broker.consumeAll(job.in).stream()
        .map(ConsumerRecord::value)
        .collect(Collectors.groupingBy(BrokerCommands::text, Collectors.counting()));
  }
}
