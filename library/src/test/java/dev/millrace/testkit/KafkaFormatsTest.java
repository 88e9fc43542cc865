package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.table.Change;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.LongSerializer;
import org.junit.jupiter.api.Test;

/** Keys and values in forms of all kinds, read and written. */
final class KafkaFormatsTest {

  private record Id(String shop, int number) {}

  private static byte[] bytes(long value) {
    return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void keysAreDecodedAsTheirTypeIsWritten() {
    Job job = Job.named("keys");
    job.source(KafkaSource.strings("in").records(Id.class))
        .map(record -> record.key() == null ? "none" : record.key().shop() + record.value())
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.of(job)) {
      test.topic("in", String.class)
          .send(TestRecord.of("a").key("{\"shop\":\"s\",\"number\":1}"))
          .send(TestRecord.of("b"));
      assertThat(test.run().output("out", String.class)).containsExactly("sa", "none");
    }
  }

  @Test
  void aKeyThatCannotBeDecodedGoesToTheErrorPolicy() {
    Job job = Job.named("keys");
    job.source(KafkaSource.strings("in").records(Long.class, LongDeserializer::new))
        .onError(ErrorPolicy.deadLetter())
        .map(record -> "" + record.key() + record.value())
        .to(KafkaSink.strings("out"));
    try (JobTest test = JobTest.of(job)) {
      test.topic("in", String.class)
          .send(TestRecord.of("a").key(bytes(7)))
          .send(TestRecord.of("b").key("no number"));
      assertThat(test.run().output("out", String.class)).containsExactly("7a");
      assertThat(test.deadLetters()).singleElement();
    }
  }

  /** A deserializer that is counted, and returns also what it is not meant to. */
  private static final class Counted implements Deserializer<Object> {
    private final List<Counted> closed;

    Counted(List<Counted> made, List<Counted> closed) {
      made.add(this);
      this.closed = closed;
    }

    @Override
    public Object deserialize(String topic, byte[] data) {
      String text = new String(data, StandardCharsets.UTF_8);
      return text.equals("null") ? null : text.equals("text") ? text : Long.valueOf(text);
    }

    @Override
    public void close() {
      closed.add(this);
    }
  }

  @Test
  void eachTaskHasADeserializerOfItsOwnAndWhatItReturnsIsChecked() {
    List<Counted> made = new ArrayList<>();
    List<Counted> closed = new ArrayList<>();
    Job job = Job.named("longs");
    job.source(KafkaSource.of("in", Long.class, () -> new Counted(made, closed)))
        .onError(ErrorPolicy.deadLetter())
        .map(value -> value + 1)
        .to(KafkaSink.of("out", LongSerializer::new));
    try (JobTest test = JobTest.of(job)) {
      TestTopic<byte[]> in = test.topic("in", byte[].class).partitions(3);
      for (int partition = 0; partition < 3; partition++) {
        in.sendBytes(partition, utf8("" + partition));
      }
      in.sendBytes(0, utf8("text")).sendBytes(1, utf8("null")).sendBytes(2, utf8("x"));
      test.run();
      assertThat(made).hasSize(3);
      assertThat(test.output("out", byte[].class))
          .containsExactlyInAnyOrder(bytes(1), bytes(2), bytes(3));
      assertThat(test.deadLetters())
          .extracting(letter -> letter.headers().toString())
          .hasSize(3)
          .anyMatch(text -> text.contains("returned a java.lang.String, not a java.lang.Long"))
          .anyMatch(text -> text.contains("returned null, not a java.lang.Long"));
      test.endInput();
    }
    assertThat(Set.copyOf(closed)).isEqualTo(Set.copyOf(made));
  }

  @Test
  void tablesAreWrittenWithSerializersAndKeysOfOnesOwn() {
    Job job = Job.named("counts");
    job.source(KafkaSource.strings("in"))
        .keyBy(word -> word)
        .count()
        .to(
            KafkaSink.<String, Long>upsert("out", LongSerializer::new)
                .key(
                    (Change<String, Long> change) -> change.key().length() + 0L,
                    LongSerializer::new));
    try (JobTest test = JobTest.of(job)) {
      test.topic("in", String.class).send("a").send("bb").send("a");
      test.run();
      assertThat(test.outputRecords("out", byte[].class))
          .anySatisfy(
              record -> {
                assertThat(record.key()).isEqualTo(bytes(1));
                assertThat(record.value()).isEqualTo(bytes(2));
              })
          .anySatisfy(
              record -> {
                assertThat(record.key()).isEqualTo(bytes(2));
                assertThat(record.value()).isEqualTo(bytes(1));
              });
    }
  }
}
