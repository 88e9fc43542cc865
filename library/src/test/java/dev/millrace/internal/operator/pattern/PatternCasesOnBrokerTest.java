package dev.millrace.internal.operator.pattern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.KeyedStream;
import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.internal.operator.pattern.PatternCases.Case;
import dev.millrace.internal.operator.pattern.PatternCases.Step;
import dev.millrace.output.OutputTag;
import dev.millrace.pattern.Match;
import dev.millrace.pattern.Unfinished;
import dev.millrace.time.Watermarks;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/**
 * Cases of {@link PatternCases} on a real broker: one job, with a source of four partitions and two
 * instances. Both stop in the middle of all cases, lose what they had on disk, and go on.
 *
 * <p>Events of all cases come in the order in which the table has them, so that the watermark moves
 * on while matches are under way and is never ahead of an event. Cases with late events are left
 * out: when the watermark comes to a task is not for a test to say.
 */
@WithBroker
final class PatternCasesOnBrokerTest {

  private static final Duration GENEROUS = Duration.ofSeconds(60);
  private static final int PARTITIONS = 4;

  /** The time 0 of the cases. */
  private static final long EPOCH_MS = 1_700_000_000_000L;

  /** The watermark in the middle of the cases, when the instances stop. */
  private static final long MIDDLE_MS = 5;

  /** How often each case is there, each time with a key of its own. */
  private static final int COPIES = 3;

  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Every second of those that can be. */
  private static final List<Case> CASES =
      PatternCases.ALL.stream()
          .filter(each -> !each.hasLateEvents())
          .filter(each -> PatternCases.ALL.indexOf(each) % 2 == 0)
          .toList();

  @TempDir Path stateDir;

  /** An event of a case. */
  record Item(int number, int copy, String word, long timeMs) {
    String key() {
      return number + "/" + copy;
    }
  }

  /** An event that is sent when time in its case has come to {@code atMs}. */
  private record Sent(Item item, int partition, long atMs) {}

  @Test
  void casesHoldOnTwoInstances(TestBroker broker) {
    long begun = System.nanoTime();
    assertThat(CASES).hasSizeGreaterThanOrEqualTo(PatternCases.ALL.size() / 3);
    String in = broker.createTopic(broker.uniqueName("events"), PARTITIONS);
    String out = broker.createTopic(broker.uniqueName("matches"), 1);
    List<Sent> all = sent();
    long disorderMs = disorderMs(all);
    long middleMs = MIDDLE_MS + disorderMs;
    send(broker, in, all.stream().filter(each -> each.atMs() < middleMs).toList());
    Job job = job(broker.uniqueName("cases"), in, out, disorderMs);
    try (RunningJob one = start(broker, job, "one", false);
        RunningJob two = start(broker, job, "two", false)) {
      await().atMost(GENEROUS).until(() -> !broker.consumeAll(out).isEmpty());
      assertThat(List.of(one, two)).allSatisfy(each -> assertThat(each.failure()).isEmpty());
    }
    send(broker, in, all.stream().filter(each -> each.atMs() >= middleMs).toList());
    try (RunningJob one = start(broker, job, "three", true);
        RunningJob two = start(broker, job, "four", true)) {
      assertThat(List.of(one, two))
          .allSatisfy(
              each -> {
                assertThat(each.awaitTermination(GENEROUS)).isTrue();
                assertThat(each.failure()).isEmpty();
              });
    }
    check(broker, out);
    System.out.printf(
        "PATTERNS ON A BROKER: %d of %d cases, %.1f s%n",
        CASES.size(), PatternCases.ALL.size(), (System.nanoTime() - begun) / 1e9);
  }

  // ------------------------------------------------------------------ events

  /** All events, in the order in which they are sent. */
  private static List<Sent> sent() {
    List<Sent> all = new ArrayList<>();
    for (int number = 0; number < CASES.size(); number++) {
      List<Step> steps =
          CASES.get(number).steps().stream().filter(step -> !step.isWatermark()).toList();
      // Events of one time come in the order of their arrival.
      boolean apart = steps.stream().map(Step::timeMs).distinct().count() == steps.size();
      for (int copy = 0; copy < COPIES; copy++) {
        long atMs = 0;
        for (int i = 0; i < steps.size(); i++) {
          Step step = steps.get(i);
          atMs = Math.max(atMs, step.timeMs());
          Item item = new Item(number, copy, step.word(), step.timeMs());
          all.add(new Sent(item, (number + copy + (apart ? i : 0)) % PARTITIONS, atMs));
        }
      }
    }
    all.sort(Comparator.comparingLong(Sent::atMs));
    return all;
  }

  private static long disorderMs(List<Sent> all) {
    return all.stream().mapToLong(each -> each.atMs() - each.item().timeMs()).max().orElseThrow();
  }

  private static void send(TestBroker broker, String topic, List<Sent> sent) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (Sent each : sent) {
      byte[] value = JSON.writeValueAsBytes(each.item());
      records.add(new ProducerRecord<>(topic, each.partition(), null, value));
    }
    broker.produce(topic, records);
  }

  // ------------------------------------------------------------------ the job

  private static Job job(String name, String in, String out, long disorderMs) {
    Job job = Job.named(name);
    KeyedStream<String, Item> items =
        job.source(
                KafkaSource.json(in, Item.class)
                    .eventTime(item -> Instant.ofEpochMilli(EPOCH_MS + item.timeMs()))
                    .watermarks(Watermarks.boundedOutOfOrderness(Duration.ofMillis(disorderMs))))
            .keyBy(Item::key)
            .parallelism(PARTITIONS);
    for (int i = 0; i < CASES.size(); i++) {
      int number = i;
      OutputTag<Unfinished<Item>> tag = Unfinished.tag("unfinished", Item.class);
      DataStream<String> matches =
          items
              .match(
                  new PatternText<Item>(Item::word, item -> item.number() == number)
                      .read(CASES.get(number).pattern()))
              .unfinishedTo(tag)
              .select(String.class, match -> text(match))
              .name("case-" + number);
      matches.to(KafkaSink.strings(out));
      matches
          .sideOutput(tag)
          .map(String.class, partial -> text(partial))
          .to(KafkaSink.strings(out));
    }
    return job;
  }

  private static String text(Match<Item> match) {
    Map<Item, String> stages = new IdentityHashMap<>();
    match.byStage().forEach((stage, events) -> events.forEach(each -> stages.put(each, stage)));
    return match.events().stream()
        .map(event -> PatternCases.shown(stages.get(event), event.word()))
        .collect(Collectors.joining(" ", match.events().get(0).key() + " ", ""));
  }

  private static String text(Unfinished<Item> partial) {
    Stream<String> words =
        partial.events().entrySet().stream()
            .flatMap(
                entry ->
                    entry.getValue().stream()
                        .map(event -> PatternCases.shown(entry.getKey(), event.word())));
    String key = partial.events().values().iterator().next().get(0).key();
    return words.collect(Collectors.joining(" ", key + " (", ")"));
  }

  private RunningJob start(TestBroker broker, Job job, String instance, boolean untilEnd) {
    return Millrace.start(
        job,
        JobConfig.defaults()
            .with("bootstrap.servers", broker.bootstrapServers())
            .with("workers", "1")
            .with("until.end", Boolean.toString(untilEnd))
            .with("shuffle.frame.size", "1KB")
            .with("commit.interval", "50ms")
            .with("state.dir", stateDir.resolve(instance).toString()));
  }

  // ------------------------------------------------------------------ what has to come of it

  private static void check(TestBroker broker, String out) {
    Map<String, List<String>> found = new TreeMap<>();
    broker
        .consumeAll(out)
        .forEach(
            record -> {
              String text = new String(record.value(), StandardCharsets.UTF_8);
              int space = text.indexOf(' ');
              found
                  .computeIfAbsent(text.substring(0, space), key -> new ArrayList<>())
                  .add(text.substring(space + 1));
            });
    Set<String> keys = new HashSet<>(found.keySet());
    for (int number = 0; number < CASES.size(); number++) {
      for (int copy = 0; copy < COPIES; copy++) {
        String key = new Item(number, copy, "", 0).key();
        keys.remove(key);
        assertThat(found.getOrDefault(key, List.of()))
            .as("%s, copy %d", CASES.get(number), copy)
            .containsExactlyElementsOf(PatternCases.results(CASES.get(number).expected()));
      }
    }
    assertThat(keys).isEmpty();
  }
}
