package dev.millrace.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.testkit.JobTest;
import dev.millrace.testkit.TestTopic;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The guides' programs that go by event time, run as they stand: whether their input is live or a
 * backlog that waits for them, the results are the same.
 */
final class GuideResultsTest {

  private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");
  private static final int RECORDS = 150;
  private static final Pattern SOURCE = Pattern.compile("KafkaSource\\.json\\(\"([a-z]+)\"");
  private static final Pattern SINK = Pattern.compile("KafkaSink\\.(\\w+)\\(\"([a-z-]+)\"");
  private static final Pattern CHANGE = Pattern.compile("key=(.*), value=");

  @TempDir Path classes;

  /** A record of a source, in JSON. */
  private record Input(int partition, Instant sent, String json) {}

  /** Defines a job. */
  private interface Program {
    void define(Job job) throws Exception;
  }

  @ParameterizedTest
  @CsvSource({"docs/EVENT-TIME.md, 10, 1", "docs/PROCESS-FUNCTIONS.md, 1, 0"})
  void liveInputAndABacklogGiveTheSame(String document, int atLeast, int byTheClock)
      throws Exception {
    Snippets guide = Snippets.of(Checkout.file("").resolve(document));
    assertThat(guide.compile(classes)).isEmpty();
    int compared = 0;
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {classes.toUri().toURL()}, getClass().getClassLoader())) {
      Class<?> type = loader.loadClass(guide.className());
      for (Snippets.Block block : guide.blocks()) {
        if (block.goesByEventTime()) {
          compared++;
          compare(
              document + ", line " + block.line(),
              String.join("\n", block.code()),
              job -> type.getMethod(block.method(), Job.class).invoke(null, job));
        }
      }
    }
    assertThat(compared).isGreaterThanOrEqualTo(atLeast);
    assertThat(guide.blocks().stream().filter(Snippets.Block::isJob))
        .hasSize(compared + byTheClock);
  }

  private static void compare(String where, String code, Program program) throws Exception {
    List<String> live = live(code, program);
    assertThat(live).as(where).hasSizeGreaterThanOrEqualTo(3);
    assertThat(backlog(code, program)).as(where).isEqualTo(live);
  }

  private static Job job(Program program) throws Exception {
    Job job = Job.named("guide");
    program.define(job);
    return job;
  }

  /** Each record is processed as it is sent, while the clock goes on. */
  private static List<String> live(String code, Program program) throws Exception {
    // The clock moves by days, and nobody reads what an instance reports of itself meanwhile.
    try (JobTest test =
        JobTest.builder(job(program)).set("status.interval", "1d").startAt(START).build()) {
      String source = source(code);
      TestTopic<Object> topic = test.topic(source, Object.class).partitions(2);
      int sent = 0;
      for (Input each : input(source)) {
        if (sent++ % 8 == 0 || each.sent().isAfter(test.now().plus(Duration.ofMinutes(10)))) {
          test.advanceTo(each.sent());
        }
        topic.sendBytes(each.partition(), each.json().getBytes(StandardCharsets.UTF_8));
        test.run();
      }
      return results(test, code);
    }
  }

  /** All records are there when the job is first started, long after they were sent. */
  private static List<String> backlog(String code, Program program) throws Exception {
    Instant later = START.plus(Duration.ofDays(100));
    try (JobTest test = JobTest.builder(job(program)).startAt(later).build()) {
      String source = source(code);
      TestTopic<Object> topic = test.topic(source, Object.class).partitions(2);
      for (Input each : input(source)) {
        topic.sendBytes(each.partition(), each.json().getBytes(StandardCharsets.UTF_8));
      }
      return results(test, code);
    }
  }

  /** The source of a program: that of the guide, unless it makes another stream. */
  private static String source(String code) {
    Matcher named = SOURCE.matcher(code);
    if (named.find()) {
      return named.group(1);
    }
    return code.contains("clicks(job)")
        ? "clicks"
        : code.contains("transfers(job)") ? "transfers" : "readings";
  }

  /**
   * Records with silences of minutes and of a day, out of order by less than any bound of the
   * guides. Numbers are such that sums are exact in any order.
   */
  private static List<Input> input(String source) {
    Random random = new Random(source.hashCode());
    List<Input> input = new ArrayList<>();
    Instant now = START;
    for (int i = 0; i < RECORDS; i++) {
      now =
          now.plusSeconds(
              i % 60 == 59
                  ? 86_400
                  : random.nextInt(15) == 0 ? 650 + random.nextInt(4_000) : random.nextInt(90));
      Instant at = now.minusSeconds(random.nextInt(29)).plusMillis(random.nextInt(900));
      int key = random.nextInt(3);
      String json =
          switch (source) {
            case "clicks" ->
                "{'user': 'u%d', 'at': '%s', 'onPhone': %s}"
                    .formatted(key, at, random.nextBoolean());
            case "transfers" ->
                "{'account': 'a%d', 'amount': %d, 'at': '%s'}"
                    .formatted(key, random.nextInt(100) - 10, at);
            case "readings" ->
                "{'sensor': 's%d', 'at': '%s', 'celsius': %s}"
                    .formatted(key, at, random.nextInt(40) * 0.5);
            default -> throw new AssertionError("no input for " + source);
          };
      input.add(new Input(random.nextInt(2), now, json.replace('\'', '"')));
    }
    return input;
  }

  /** What the sinks of a program have got in the end, in an order of its own. */
  private static List<String> results(JobTest test, String code) {
    test.endInput();
    assertThat(test.deadLetters()).isEmpty();
    assertThat(test.lateRecords()).isZero();
    List<String> results = new ArrayList<>(newest(test.printed()));
    Matcher sinks = SINK.matcher(code);
    Map<String, String> topics = new HashMap<>();
    while (sinks.find()) {
      topics.put(sinks.group(2), sinks.group(1));
    }
    topics.forEach(
        (topic, kind) -> {
          if (kind.equals("upsert")) {
            test.table(topic, String.class)
                .forEach((key, value) -> results.add(topic + " " + key + " = " + value));
          } else {
            test.output(topic, String.class).forEach(value -> results.add(topic + " " + value));
          }
        });
    results.sort(null);
    return results;
  }

  /** Of the changes to a row only the last is the same however often results are looked at. */
  private static List<String> newest(List<String> lines) {
    List<String> others = new ArrayList<>();
    Map<String, String> rows = new TreeMap<>();
    for (String line : lines) {
      Matcher change = CHANGE.matcher(line);
      if (line.startsWith("Change[") && change.find()) {
        rows.put(change.group(1), line.replaceFirst("kind=\\w+", ""));
      } else {
        others.add(line);
      }
    }
    others.addAll(rows.values());
    return others;
  }
}
