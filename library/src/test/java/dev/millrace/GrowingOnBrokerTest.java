package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.error.IncompatibleJobException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job gets a stage and loses it again, on brokers that make and delete topics. */
@WithBroker
final class GrowingOnBrokerTest {

  @TempDir Path stateDir;

  private String name = "";
  private String in = "";
  private String words = "";
  private String lengths = "";

  private Job program(boolean grown) {
    Job job = Job.named(name);
    DataStream<String> source = job.source(KafkaSource.strings(in));
    source.keyBy(word -> word).count().name("words").to(KafkaSink.upsert(words));
    if (grown) {
      source.keyBy(String::length).count().name("lengths").to(KafkaSink.upsert(lengths));
    }
    return job;
  }

  private void run(TestBroker broker, boolean grown, String drop) throws Exception {
    JobConfig config =
        JobConfig.defaults()
            .with("bootstrap.servers", broker.bootstrapServers())
            .with("state.dir", stateDir.toString())
            .with("until.end", "true")
            .with("drop", drop);
    try (RunningJob running = Millrace.start(program(grown), config)) {
      assertThat(running.awaitTermination(Duration.ofSeconds(60))).isTrue();
      assertThat(running.failure()).isEmpty();
    }
  }

  private void send(TestBroker broker, String... texts) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < texts.length; i++) {
      records.add(new ProducerRecord<>(in, i % 2, null, texts[i].getBytes(StandardCharsets.UTF_8)));
    }
    broker.produce(in, records);
  }

  private List<String> of(TestBroker broker, String stage) throws Exception {
    List<String> found =
        broker.admin().listTopics().names().get().stream()
            .filter(topic -> topic.startsWith(name + "." + stage))
            .sorted()
            .collect(Collectors.toCollection(ArrayList::new));
    broker.admin().listGroups().all().get().stream()
        .map(group -> group.groupId())
        .filter(group -> group.equals(name + "." + stage))
        .forEach(found::add);
    return found;
  }

  @Test
  void aStageComesAndGoesAndComesBack(TestBroker broker) throws Exception {
    in = broker.createTopic(broker.uniqueName("in"), 2);
    words = broker.createTopic(broker.uniqueName("words"), 1);
    lengths = broker.createTopic(broker.uniqueName("lengths"), 1);
    name = broker.uniqueName("growing");
    send(broker, "a", "bb");
    run(broker, false, "");
    send(broker, "a", "ccc");
    run(broker, true, "");
    assertThat(broker.consumeTable(words)).isEqualTo(Map.of("a", "2", "bb", "1", "ccc", "1"));
    assertThat(broker.consumeTable(lengths)).isEqualTo(Map.of("1", "1", "3", "1"));
    assertThat(of(broker, "lengths"))
        .containsExactly(name + ".lengths.changelog", name + ".lengths.shuffle", name + ".lengths");

    send(broker, "a", "bb");
    assertThatThrownBy(() -> run(broker, false, ""))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("--drop lengths");
    run(broker, false, "lengths");
    assertThat(broker.consumeTable(words)).isEqualTo(Map.of("a", "3", "bb", "2", "ccc", "1"));
    assertThat(of(broker, "lengths")).isEmpty();

    send(broker, "a", "bb");
    run(broker, true, "");
    assertThat(broker.consumeTable(words)).isEqualTo(Map.of("a", "4", "bb", "3", "ccc", "1"));
    assertThat(broker.consumeTable(lengths)).isEqualTo(Map.of("1", "1", "2", "1", "3", "1"));
  }
}
