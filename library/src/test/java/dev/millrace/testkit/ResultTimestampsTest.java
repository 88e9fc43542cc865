package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.connector.FileSource;
import dev.millrace.connector.GeneratorSource;
import dev.millrace.connector.KafkaRecord;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.time.Watermarks;
import dev.millrace.window.WindowResult;
import dev.millrace.window.Windows;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Results that a topic deletes by their time have one that somebody asked for, or a warning. */
final class ResultTimestampsTest {

  private static final Duration HOUR = Duration.ofHours(1);

  private static final Instant LONG_AGO = Instant.parse("2001-02-03T04:05:06.007Z");

  @TempDir Path directory;

  private Path oldFile(String... lines) throws IOException {
    Path file = Files.write(directory.resolve("old.txt"), List.of(lines));
    return Files.setLastModifiedTime(file, FileTime.from(LONG_AGO));
  }

  private static List<Instant> times(JobTest test, String topic) {
    return test.outputRecords(topic, byte[].class).stream().map(KafkaRecord::timestamp).toList();
  }

  @Test
  void resultsOfSourcesWithoutTimesCarryTheTimeOfWriting() throws Exception {
    Path file = oldFile("a", "b", "a");
    Job job = Job.named("files");
    DataStream<String> lines = job.source(FileSource.lines(file));
    lines.to(KafkaSink.strings("lines"));
    lines.keyBy(line -> line).count().to(KafkaSink.upsert("counts"));
    lines.union(job.source(KafkaSource.strings("in"))).to(KafkaSink.strings("both"));
    lines
        .keyBy(line -> line)
        .window(Windows.tumbling(Duration.ofMinutes(1)))
        .count()
        .name("windowed")
        .map(WindowResult::key)
        .to(KafkaSink.strings("windows"));
    job.source(GeneratorSource.of(String.class, number -> "g" + number).count(3))
        .to(KafkaSink.strings("generated"));
    try (JobTest test = JobTest.of(job)) {
      test.topic("in", String.class).send("c");
      Instant begin = test.now();
      test.advanceProcessingTime(Duration.ofMinutes(2));
      for (String topic : List.of("lines", "counts", "both", "windows")) {
        assertThat(times(test, topic)).as(topic).isNotEmpty().noneMatch(begin::isAfter);
      }
      // The generator has a clock of its own; the time of writing is that of the simulated one.
      assertThat(times(test, "generated"))
          .hasSize(3)
          .allMatch(time -> !time.isBefore(begin) && !time.isAfter(test.now()));
    }
  }

  @Test
  void timesThatWereAskedForAreKept() throws Exception {
    Path file = oldFile(LONG_AGO.plusSeconds(1).toString());
    Job job = Job.named("times");
    job.source(FileSource.lines(file).eventTime(Instant::parse)).to(KafkaSink.strings("read"));
    job.source(FileSource.lines(file).watermarks(Watermarks.monotonous()))
        .name("again")
        .to(KafkaSink.strings("modified"));
    job.source(KafkaSource.strings("in")).to(KafkaSink.strings("sent"));
    job.source(GeneratorSource.of(String.class, number -> "g" + number).count(1))
        .to(KafkaSink.<String>strings("given").timestamp(value -> LONG_AGO));
    try (JobTest test = JobTest.of(job)) {
      test.topic("in", String.class).send(TestRecord.of("c").at(LONG_AGO.plusSeconds(2)));
      test.run();
      assertThat(times(test, "read")).containsExactly(LONG_AGO.plusSeconds(1));
      assertThat(times(test, "modified")).containsExactly(LONG_AGO);
      assertThat(times(test, "sent")).containsExactly(LONG_AGO.plusSeconds(2));
      assertThat(times(test, "given")).containsExactly(LONG_AGO);
    }
  }

  @Test
  void aTopicThatDeletesWhatIsWrittenIsNamedOnce() {
    Job job = Job.named("retention");
    DataStream<String> in = job.source(KafkaSource.strings("in"));
    in.to(KafkaSink.strings("short"));
    in.to(KafkaSink.strings("long"));
    in.to(KafkaSink.strings("compacted"));
    in.to(KafkaSink.strings("stamped"));
    in.to(KafkaSink.strings("unlimited"));
    in.to(KafkaSink.<String>strings("written").writeTime());
    in.to(KafkaSink.<String>strings("given").timestamp(value -> LONG_AGO));
    try (JobTest test = JobTest.of(job)) {
      create(test, "in", Map.of());
      Map<String, String> day = Map.of("retention.ms", "86400000");
      create(test, "short", day);
      create(test, "written", day);
      create(test, "given", day);
      create(test, "long", Map.of("retention.ms", Long.toString(Duration.ofDays(30).toMillis())));
      create(test, "compacted", Map.of("retention.ms", "1000", "cleanup.policy", "compact"));
      create(
          test,
          "stamped",
          Map.of("retention.ms", "1000", "message.timestamp.type", "LogAppendTime"));
      create(test, "unlimited", Map.of("retention.ms", "-1"));
      String log =
          Logged.all(
              () -> {
                Instant now = test.now();
                test.topic("in", String.class)
                    .send(TestRecord.of("new").at(now))
                    .send(TestRecord.of("recent").at(now.minus(Duration.ofHours(23))));
                test.run();
                for (int i = 0; i < 6; i++) {
                  test.topic("in", String.class)
                      .send(TestRecord.of("old").at(now.minus(Duration.ofDays(2))));
                }
                test.abortNextCommit().run();
              });
      assertThat(log.lines().filter(line -> line.contains("deletes results")))
          .anySatisfy(
              line ->
                  assertThat(line)
                      .contains("Topic short")
                      .contains("86400000 ms")
                      .contains(test.now().minus(Duration.ofDays(2)).toString())
                      .contains("retention.ms=-1")
                      .contains(".writeTime()"))
          .anySatisfy(
              line ->
                  assertThat(line)
                      .contains("Topic given")
                      .contains(LONG_AGO.toString())
                      .contains("timestamp(..)"))
          .hasSize(2);
    }
  }

  @Test
  void aChangeOfATableHasTheTimeOfItsKeyWhichNeverGoesBack() {
    Job job = Job.named("table");
    job.source(KafkaSource.strings("in"))
        .keyBy(value -> value)
        .count()
        .to(KafkaSink.upsert("counts"));
    try (JobTest test = JobTest.of(job)) {
      Instant start = test.now();
      test.topic("in", String.class)
          .send(TestRecord.of("a").at(start.minusSeconds(10)))
          .send(TestRecord.of("b").at(start.minusSeconds(3)))
          .send(TestRecord.of("a").at(start.minusSeconds(20)))
          .send(TestRecord.of("c").at(start.minusSeconds(7)));
      test.run();
      assertThat(timesByKey(test))
          .containsOnly(
              Map.entry("a", start.minusSeconds(10)),
              Map.entry("b", start.minusSeconds(3)),
              Map.entry("c", start.minusSeconds(7)));
      // Older than what a key had before: the newest change is still the last in time.
      test.topic("in", String.class)
          .send(TestRecord.of("a").at(start.minusSeconds(40)))
          .send(TestRecord.of("c").at(start.minusSeconds(5)));
      test.abortNextCommit().run();
      assertThat(timesByKey(test))
          .containsOnly(
              Map.entry("a", start.minusSeconds(10)),
              Map.entry("b", start.minusSeconds(3)),
              Map.entry("c", start.minusSeconds(5)));
      test.restart(LocalState.LOST);
      test.topic("in", String.class).send(TestRecord.of("a").at(start.minusSeconds(60)));
      test.run();
      assertThat(timesByKey(test)).containsEntry("a", start.minusSeconds(10));
      assertThat(test.state("in-count", String.class, Long.class))
          .containsOnly(Map.entry("a", 4L), Map.entry("b", 1L), Map.entry("c", 2L));
    }
  }

  @Test
  void aTimeThatNobodyBelievesIsNotThatOfAKey() {
    Job job = Job.named("table");
    job.source(
            KafkaSource.strings("in").watermarks(Watermarks.<String>monotonous().maxFuture(HOUR)))
        .keyBy(value -> value)
        .count()
        .to(KafkaSink.upsert("counts"));
    try (JobTest test = JobTest.of(job)) {
      Instant start = test.now();
      TestTopic<String> in = test.topic("in", String.class);
      in.send(TestRecord.of("a").at(start.minusSeconds(10)));
      test.run();
      in.send(TestRecord.of("a").at(start.plus(HOUR.multipliedBy(100))));
      in.send(TestRecord.of("b").at(start.plus(HOUR.multipliedBy(100))));
      test.run();
      assertThat(test.table("counts", Long.class)).isEqualTo(Map.of("a", 2L, "b", 1L));
      assertThat(timesByKey(test))
          .as("the second key has no time, so that its change is one of the present")
          .containsEntry("a", start.minusSeconds(10))
          .containsEntry("b", start.minusSeconds(10));
      in.send(TestRecord.of("a").at(start.minusSeconds(4)));
      test.run();
      assertThat(timesByKey(test)).containsEntry("a", start.minusSeconds(4));
    }
  }

  private static Map<String, Instant> timesByKey(JobTest test) {
    Map<String, Instant> times = new TreeMap<>();
    for (KafkaRecord<byte[], byte[]> record : test.outputRecords("counts", byte[].class)) {
      times.put(new String(record.key(), StandardCharsets.UTF_8), record.timestamp());
    }
    return times;
  }

  private static void create(JobTest test, String topic, Map<String, String> settings) {
    UserTopics.create(test, topic, 3, settings);
  }
}
