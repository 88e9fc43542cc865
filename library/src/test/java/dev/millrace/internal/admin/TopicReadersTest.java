package dev.millrace.internal.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.admin.PeekRequest;
import dev.millrace.config.JobConfig;
import dev.millrace.error.KafkaUnreachableException;
import dev.millrace.error.MillraceException;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.KafkaClients;
import dev.millrace.internal.stage.LetterHeaders;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.TimeoutException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The reading of topics to their ends, also if brokers answer one more question and are away. */
@Timeout(20)
final class TopicReadersTest {

  private static final String TOPIC = "job.errors";

  private final SteppedCluster on = new SteppedCluster(JobConfig.builder().build());

  private int opened;
  private int closed;

  /** Its consumers poll in vain. */
  private final Cluster silent = cluster(Map.of("poll", ConsumerRecords.empty()));

  TopicReadersTest() {
    on.kafka.createTopic(TOPIC, 2);
    try (Producer<byte[], byte[]> producer = on.clients.plainProducer("test")) {
      producer.send(new ProducerRecord<>(TOPIC, 1, bytes("key"), bytes("value")));
    }
  }

  /** {@return the cluster with other answers of some methods of its clients and consumers} */
  private Cluster cluster(Map<String, Object> answers) {
    return new Cluster(
        proxy(KafkaClients.class, on.clients, answers),
        on.cluster.topics(),
        on.cluster.offsets(),
        on.cluster.groups(),
        on.cluster.transactions(),
        on.config);
  }

  private <T> T proxy(Class<T> type, Object target, Map<String, Object> answers) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              closed += target instanceof Consumer && method.getName().equals("close") ? 1 : 0;
              if (answers.get(method.getName()) instanceof RuntimeException refusal) {
                throw refusal;
              }
              if (answers.containsKey(method.getName())) {
                return answers.get(method.getName());
              }
              try {
                Object answer = method.invoke(target, arguments);
                if (answer instanceof Consumer<?, ?> consumer) {
                  opened++;
                  return proxy(Consumer.class, consumer, answers);
                }
                return answer;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void isGivenUp(ThrowingCallable reading) {
    assertThatThrownBy(reading)
        .isInstanceOfSatisfying(
            KafkaUnreachableException.class,
            e -> {
              assertThat(e.place().topic()).contains(TOPIC);
              assertThat(e.place().partition()).hasValue(1);
            })
        .hasMessage(
            "Cannot read topic job.errors: its brokers have sent nothing of partition 1 for 10 s"
                + " (at offset 0 of 1). Check that they run, and repeat the call");
  }

  @Test
  void lettersAreNotWaitedForWithoutEnd() {
    LetterTopic topic = LetterTopic.of(silent, "job").orElseThrow();
    isGivenUp(() -> topic.read(silent, "job", partition -> 0, letter -> true));
  }

  @Test
  void theRecordOfALetterIsNotWaitedForWithoutEnd() {
    ConsumerRecord<byte[], byte[]> stored = new ConsumerRecord<>("any", 0, 0, null, null);
    stored.headers().add(LetterHeaders.JOB, bytes("job"));
    stored.headers().add(LetterHeaders.TOPIC, bytes(TOPIC));
    stored.headers().add(LetterHeaders.PARTITION, bytes("1"));
    stored.headers().add(LetterHeaders.OFFSET, bytes("0"));
    Letter letter = Letter.of(stored, "job").orElseThrow();
    try (OriginalRecords originals = new OriginalRecords(silent)) {
      isGivenUp(() -> originals.find(letter));
    }
  }

  @Test
  void whatSomebodyPeeksAtIsNotWaitedForWithoutEnd() {
    List<Object> seen = new ArrayList<>();
    isGivenUp(() -> new TopicPeek(silent, TOPIC).read(PeekRequest.all(), seen::add));
    assertThat(seen).isEmpty();
  }

  /** An instance that is asked again and again while brokers are away must not run out of files. */
  @Test
  void nothingStaysOpenIfItCannotBeFoundOutWhatATopicIs() {
    on.kafka.createTopic("job.meta", 1);
    Cluster away = cluster(Map.of("endOffsets", new TimeoutException("no answer")));
    assertThatThrownBy(
            () -> new TopicPeek(away, "job.words.changelog").read(PeekRequest.all(), seen -> true))
        .isInstanceOf(MillraceException.class);
    on.kafka.createTopic("job.words.changelog", 1);
    assertThatThrownBy(
            () -> new TopicPeek(away, "job.words.changelog").read(PeekRequest.all(), seen -> true))
        .isInstanceOf(TimeoutException.class);
    assertThat(opened).isEqualTo(1);
    assertThat(closed).isEqualTo(1);
  }

  /** A fetch that waits for more records would hold up the next one for half a second. */
  @Test
  void whatIsReadToItsEndLeavesNoFetchBehind() {
    Cluster cluster =
        cluster(Map.of("readerConsumer", new UnsupportedOperationException("it waits")));
    List<Object> peeked = new ArrayList<>();
    new TopicPeek(cluster, TOPIC).read(PeekRequest.all(), peeked::add);
    assertThat(peeked).hasSize(1);
    LetterTopic topic = LetterTopic.of(cluster, "job").orElseThrow();
    topic.read(cluster, "job", partition -> 0, letter -> true);
    assertThat(TopicScan.lastValues(cluster, TOPIC)).isEmpty();
    assertThatThrownBy(
            () -> new TopicPeek(cluster, TOPIC).read(PeekRequest.all().following(), peeked::add))
        .as("who follows has to wait")
        .hasMessage("it waits");
  }
}
