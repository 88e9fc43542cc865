package dev.millrace.internal.admin;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.admin.LetterFilter;
import dev.millrace.admin.LetterKind;
import dev.millrace.admin.LetterState;
import dev.millrace.admin.ReplayPlan;
import dev.millrace.admin.ReplayRequest;
import dev.millrace.admin.ReplayResult;
import dev.millrace.admin.ResetRequest;
import dev.millrace.admin.ResetTarget;
import dev.millrace.admin.StoredLetter;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.JobStateException;
import dev.millrace.error.MillraceException;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.launch.SteppedInstance;
import dev.millrace.internal.sim.CommitFault;
import dev.millrace.internal.sim.CommitFaults;
import dev.millrace.internal.sim.SimClients;
import dev.millrace.internal.sim.SimDeath;
import dev.millrace.internal.sim.SimKafka;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The replay of dead letters, whatever becomes of the process that does it. */
final class JobReplayTest {

  private static final int FEW = 3;

  private final SteppedCluster on =
      new SteppedCluster(JobConfig.builder().errorsPolicy(ErrorPolicy.Action.DEAD_LETTER).build());
  private final SimKafka kafka = on.kafka;
  private final Administration admin = on.admin;
  private final Set<String> seen = new HashSet<>();

  JobReplayTest() {
    kafka.createTopic("lines", 2);
    kafka.createTopic("counts", 1);
    kafka.createTopic("other", 3);
  }

  /** Fails on what begins with a mark, the first time. */
  private String checked(String word) {
    if (word.startsWith("!") && seen.add(word)) {
      throw new IllegalStateException("Cannot take it");
    }
    if (word.startsWith("?") && seen.add(word)) {
      throw new IllegalArgumentException("Cannot make anything of it");
    }
    return word.substring(0, Math.min(word.length(), 10));
  }

  private SteppedInstance start() {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("lines"))
        .map(word -> checked(word))
        .keyBy(word -> word)
        .count()
        .to(KafkaSink.upsert("counts"));
    return on.start(job);
  }

  private void work(SteppedInstance instance) {
    on.work(instance);
  }

  /** Lets a job fail on some lines, and stops it. */
  private void failOn(String... words) {
    SteppedInstance instance = start();
    try (Producer<byte[], byte[]> producer = on.clients.plainProducer("test")) {
      for (int i = 0; i < words.length; i++) {
        producer.send(line(i % 2, 1_000 + i, words[i]));
      }
    }
    work(instance);
    instance.stop();
  }

  private static ProducerRecord<byte[], byte[]> line(int partition, long timestampMs, String word) {
    RecordHeaders headers = new RecordHeaders();
    headers.add("trace", bytes("of " + word));
    headers.add("millrace.stage", bytes("of another job"));
    return new ProducerRecord<>(
        "lines", partition, timestampMs, bytes("key"), bytes(word), headers);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte @Nullable [] bytes) {
    return bytes == null ? "null" : new String(bytes, StandardCharsets.UTF_8);
  }

  private List<ConsumerRecord<byte[], byte[]>> all(String topic) {
    List<ConsumerRecord<byte[], byte[]>> all = new ArrayList<>();
    Consumer<byte[], byte[]> reader =
        on.clients.readerConsumer("test", IsolationLevel.READ_COMMITTED);
    for (int i = 0; i < kafka.partitions(topic).orElseThrow(); i++) {
      TopicPartition partition = new TopicPartition(topic, i);
      reader.assign(List.of(partition));
      reader.seekToBeginning(List.of(partition));
      long end = reader.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
      while (reader.position(partition) < end) {
        reader.poll(Duration.ZERO).forEach(all::add);
      }
    }
    return all;
  }

  /** {@return how often each line is in the topic} */
  private Map<String, Long> lines(String topic) {
    return all(topic).stream()
        .collect(Collectors.groupingBy(record -> text(record.value()), Collectors.counting()));
  }

  private List<StoredLetter> letters() {
    List<StoredLetter> letters = new ArrayList<>();
    admin.letters("job", LetterFilter.all(), letters::add);
    return letters;
  }

  private ReplayResult replay(ReplayRequest request) {
    return admin.replay(admin.planReplay("job", request));
  }

  private static ReplayRequest only(LetterFilter filter) {
    return ReplayRequest.all().only(filter);
  }

  @Test
  void aRecordGoesBackAsItWasAndIsCountedOnce() {
    failOn("a", "!b", "?c", "a");
    assertThat(letters())
        .extracting(letter -> letter.kind().exception() + " " + letter.value())
        .containsExactlyInAnyOrder(
            "java.lang.IllegalStateException !b", "java.lang.IllegalArgumentException ?c");
    assertThat(letters()).extracting(StoredLetter::state).containsOnly(LetterState.PENDING);

    assertThat(replay(ReplayRequest.all())).isEqualTo(new ReplayResult("job", 2, 0));
    assertThat(letters()).extracting(StoredLetter::state).containsOnly(LetterState.REPLAYED);
    List<ConsumerRecord<byte[], byte[]>> copies =
        all("lines").stream().filter(record -> text(record.value()).equals("!b")).toList();
    assertThat(copies).hasSize(2);
    ConsumerRecord<byte[], byte[]> before = copies.get(0);
    ConsumerRecord<byte[], byte[]> after = copies.get(1);
    assertThat(after.partition()).isEqualTo(before.partition()).isEqualTo(1);
    assertThat(after.timestamp()).isEqualTo(before.timestamp()).isEqualTo(1_001);
    assertThat(after.key()).isEqualTo(before.key());
    assertThat(after.headers()).as("none of ours").isEqualTo(before.headers());

    SteppedInstance again = start();
    work(again);
    again.stop();
    Map<String, String> counts = new HashMap<>();
    // A count is a number of eight bytes, of which the last one is enough here.
    all("counts").forEach(row -> counts.put(text(row.key()), String.valueOf(last(row.value()))));
    assertThat(counts).containsExactlyInAnyOrderEntriesOf(Map.of("a", "2", "!b", "1", "?c", "1"));
    assertThat(replay(ReplayRequest.all())).isEqualTo(new ReplayResult("job", 0, 0));
  }

  private static int last(byte @Nullable [] bytes) {
    byte[] value = requireNonNull(bytes);
    byte end = value[value.length - 1];
    return end >= '0' ? end - '0' : end;
  }

  @Test
  void whatAFilterLeavesOutStaysForLater() {
    failOn("!1", "?2", "!3", "?4", "!5", "?6");
    LetterFilter states = LetterFilter.all().onlyException("IllegalStateException");
    ReplayPlan plan = admin.planReplay("job", only(states));
    assertThat(plan.letters())
        .extracting(letters -> letters.count() + " " + letters.selected())
        .containsExactlyInAnyOrder("3 3", "3 0");
    assertThat(lines("lines")).as("a plan does nothing").containsEntry("!1", 1L);
    assertThat(replay(only(states)).replayed()).isEqualTo(3);
    assertThat(replay(only(states)).replayed()).isZero();
    assertThat(lines("lines")).containsEntry("!1", 2L).containsEntry("?2", 1L);

    failOn("!7", "?8");
    assertThat(replay(ReplayRequest.all().atMost(2)).replayed()).isEqualTo(2);
    assertThat(replay(ReplayRequest.all().atMost(100)).replayed()).isEqualTo(3);
    assertThat(lines("lines").values()).as("each of them once more").containsOnly(2L);
  }

  @Test
  void anotherTopicCanBeTheTarget() {
    failOn("!1", "!2");
    assertThat(replay(ReplayRequest.all().into("other")).replayed()).isEqualTo(2);
    assertThat(lines("other")).isEqualTo(Map.of("!1", 1L, "!2", 1L));
    assertThat(lines("lines")).isEqualTo(Map.of("!1", 1L, "!2", 1L));
    assertThat(replay(ReplayRequest.all()).replayed()).as("once, wherever to").isZero();
    assertThatThrownBy(() -> admin.planReplay("job", ReplayRequest.all().into("nowhere")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("no such topic");
    for (String own : List.of("job.meta", "job.errors", "job.lines.shuffle")) {
      assertThatThrownBy(() -> admin.planReplay("job", ReplayRequest.all().into(own)))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("only job 'job' itself");
    }
  }

  @Test
  void afterAResetFormerLettersGoBackOnDemandOnly() {
    failOn("!1");
    admin.reset(admin.planReset("job", ResetRequest.to(new ResetTarget.Latest())));
    failOn("!2");
    assertThat(letters())
        .extracting(letter -> letter.value() + " " + letter.state())
        .containsExactlyInAnyOrder("!1 FORMER_LIFE", "!2 PENDING");
    assertThat(replay(ReplayRequest.all()).replayed()).isEqualTo(1);
    assertThat(lines("lines")).isEqualTo(Map.of("!1", 1L, "!2", 2L));
    assertThat(replay(ReplayRequest.all().ofAllLives()).replayed()).isEqualTo(1);
    assertThat(lines("lines")).isEqualTo(Map.of("!1", 2L, "!2", 2L));
  }

  @Test
  void whatCannotGoBackIsPassedOver() {
    failOn("!1", "!2");
    ConsumerRecord<byte[], byte[]> letter = all("job.errors").get(0);
    sendLike(letter, "millrace.topic", "job.lines.shuffle");
    sendLike(letter, "millrace.topic", "forgotten");
    sendLike(letter, "millrace.topic", null);
    sendLike(letter, "millrace.job", "another");
    sendLike(letter, "millrace.job", null);
    assertThat(letters())
        .extracting(StoredLetter::state)
        .containsExactlyInAnyOrder(
            LetterState.PENDING,
            LetterState.PENDING,
            LetterState.WITHIN_JOB,
            LetterState.NO_SOURCE,
            LetterState.RESULT);
    assertThat(replay(ReplayRequest.all()).replayed()).isEqualTo(2);
    assertThat(replay(ReplayRequest.all()).replayed()).isZero();
    assertThat(admin.planReplay("job", ReplayRequest.all()).letters())
        .extracting(ReplayPlan.Letters::state)
        .as("of what is left, the topic may become a source again")
        .contains(LetterState.NO_SOURCE)
        .doesNotContain(LetterState.PENDING, LetterState.REPLAYED);
  }

  /** Writes a letter with another value of a header, or without it. */
  private void sendLike(
      ConsumerRecord<byte[], byte[]> letter, String header, @Nullable String value) {
    RecordHeaders headers = new RecordHeaders();
    letter
        .headers()
        .forEach(
            each -> {
              if (!each.key().equals(header)) {
                headers.add(each);
              } else if (value != null) {
                headers.add(header, bytes(value));
              }
            });
    try (Producer<byte[], byte[]> producer = on.clients.plainProducer("test")) {
      producer.send(
          new ProducerRecord<>(
              letter.topic(), letter.partition(), null, letter.key(), letter.value(), headers));
    }
  }

  @Test
  void aLetterInPartsGoesBackFromTheTopicOfItsRecord() {
    String large = "!" + "x".repeat(1_047_500);
    failOn(large, "!small");
    assertThat(letters()).extracting(StoredLetter::parts).containsExactlyInAnyOrder(2, 1);
    assertThat(replay(ReplayRequest.all())).isEqualTo(new ReplayResult("job", 2, 0));
    assertThat(lines("lines")).isEqualTo(Map.of(large, 2L, "!small", 2L));
    List<ConsumerRecord<byte[], byte[]>> copies =
        all("lines").stream().filter(record -> text(record.value()).equals(large)).toList();
    assertThat(copies.get(1).headers()).isEqualTo(copies.get(0).headers());
    assertThat(copies.get(1).timestamp()).isEqualTo(copies.get(0).timestamp());

    failOn(large + "y");
    kafka.deleteBefore(new TopicPartition("lines", 0), 4);
    assertThat(replay(ReplayRequest.all())).isEqualTo(new ReplayResult("job", 0, 1));
    assertThat(replay(ReplayRequest.all())).isEqualTo(new ReplayResult("job", 0, 0));
  }

  @Test
  void aSecondReplayEndsTheFirst() {
    failOn("!1", "!2");
    kafka.injectFaults(
        (CommitFaults)
            id -> id.equals("job-dlq-replay") ? CommitFault.ABORTED_UNKNOWN : CommitFault.NONE);
    ReplayPlan plan = admin.planReplay("job", ReplayRequest.all());
    assertThatThrownBy(() -> admin.replay(plan))
        .isInstanceOf(JobStateException.class)
        .hasMessageContaining("another replay of them has begun");
    kafka.injectFaults(CommitFaults.NEVER);
    assertThat(admin.replay(plan).replayed()).isEqualTo(2);
    assertThat(lines("lines").values()).containsOnly(2L);
  }

  @Test
  void aJobWithoutLettersOrNoJobAtAll() {
    assertThatThrownBy(() -> admin.planReplay("job", ReplayRequest.all()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("Cannot find job 'job'");
    failOn("fine");
    assertThat(letters()).isEmpty();
    assertThat(replay(ReplayRequest.all()).replayed()).isZero();
  }

  /** Of replays that die anywhere, with filters and limits, the last one makes it whole. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void eachLetterGoesBackOnceHoweverOftenReplaysDie(long seed) {
    Random random = new Random(seed);
    List<String> words = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      words.add((random.nextBoolean() ? "!" : "?") + i);
    }
    failOn(words.toArray(new String[0]));
    CommitFault[] faults = CommitFault.values();
    for (int attempt = 0; attempt < 12; attempt++) {
      SimClients process = kafka.connect(on.config);
      kafka.injectFaults(
          (CommitFaults)
              id -> {
                CommitFault fault =
                    random.nextInt(3) == 0
                        ? faults[random.nextInt(faults.length)]
                        : CommitFault.NONE;
                if (fault == CommitFault.DEATH_BEFORE || fault == CommitFault.DEATH_AFTER) {
                  process.kill(); // What it has open stays open.
                }
                return fault;
              });
      ReplayRequest request = ReplayRequest.all();
      if (random.nextBoolean()) {
        String cause = random.nextBoolean() ? "IllegalStateException" : "IllegalArgumentException";
        request = request.only(LetterFilter.all().onlyException(cause));
      }
      if (random.nextBoolean()) {
        request = request.atMost(1 + random.nextInt(10));
      }
      attempt(process, request);
    }
    kafka.injectFaults(CommitFaults.NEVER);
    new JobReplay(on.cluster, "job", FEW).execute(ReplayRequest.all());
    assertThat(lines("lines")).as("seed %d", seed).hasSize(40);
    assertThat(lines("lines").values()).as("seed %d", seed).containsOnly(2L);
    assertThat(letters()).extracting(StoredLetter::state).containsOnly(LetterState.REPLAYED);
  }

  private void attempt(SimClients process, ReplayRequest request) {
    try {
      new JobReplay(Cluster.through(process, on.config, on.clock), "job", FEW).execute(request);
    } catch (SimDeath e) {
      assertThat(e).hasMessageContaining("illed");
    } catch (MillraceException e) {
      assertThat(e).hasMessageContaining("Cannot replay the dead letters of job 'job'");
    }
  }

  @Test
  void kindsAreRememberedHoweverLettersAlternate() {
    List<String> words = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      words.add((i % 4 < 2 ? "!" : "?") + i);
    }
    failOn(words.toArray(new String[0]));
    assertThat(
            replay(only(LetterFilter.all().onlyException("IllegalArgumentException"))).replayed())
        .isEqualTo(100);
    List<ConsumerRecord<byte[], byte[]>> notes =
        all("job.meta").stream()
            .filter(record -> text(record.key()).startsWith("replayed:"))
            .toList();
    assertThat(notes).isNotEmpty().allMatch(note -> requireNonNull(note.value()).length < 500);
    LetterKind kind = letters().get(0).kind();
    assertThat(replay(only(LetterFilter.all().onlyOperator(kind.operator()))).replayed())
        .isEqualTo(100);
    assertThat(lines("lines").values()).containsOnly(2L);
  }
}
