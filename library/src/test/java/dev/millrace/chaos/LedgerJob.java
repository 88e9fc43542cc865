package dev.millrace.chaos;

import dev.millrace.Job;
import dev.millrace.JobArguments;
import dev.millrace.JobDefinition;
import dev.millrace.connector.FileSink;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.time.Watermarks;
import dev.millrace.window.WindowResult;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.time.Instant;

/**
 * The job that the tests of this package attack: every entry is copied through a shuffle, added to
 * its key's total, and added to its key's window.
 *
 * <p>Arguments: {@code --job --in --copies --totals --windows}, the job's name and its topics;
 * {@code --files}, a directory that gets a second set of copies.
 */
public final class LedgerJob implements JobDefinition {

  static final Duration WINDOW = Duration.ofMillis(500);

  /** The names of stages: they are those of consumer groups and changelogs, too. */
  static final String TOTALS = "totals";

  static final String WINDOWS = "windows";

  /**
   * A line of the ledger.
   *
   * @param id no other entry has it
   * @param seq 1, 2, 3... per key
   */
  public record Entry(String id, String key, long seq, long amount, long timeMs) {}

  /** What entries of one key add up to. */
  public record Total(String key, long count, long sum, long lastSeq) {

    static Total of(Entry entry) {
      return new Total(entry.key(), 1, entry.amount(), entry.seq());
    }

    /** Adds. */
    public Total plus(Total other) {
      return new Total(key, count + other.count, sum + other.sum, Math.max(lastSeq, other.lastSeq));
    }
  }

  /** What entries of one key and window add up to. */
  public record WindowTotal(String key, long startMs, long count, long sum, long lastSeq) {

    static WindowTotal of(WindowResult<String, Total> result) {
      Total total = result.value();
      return new WindowTotal(
          result.key(),
          result.window().start().toEpochMilli(),
          total.count(),
          total.sum(),
          total.lastSeq());
    }
  }

  @Override
  public Job define(JobArguments arguments) {
    Job job = Job.named(arguments.text("job"));
    var entries =
        job.source(
            KafkaSource.json(arguments.text("in"), Entry.class)
                .eventTime(entry -> Instant.ofEpochMilli(entry.timeMs()))
                .watermarks(Watermarks.monotonous().idleness(Duration.ofHours(1))));
    entries
        .rebalance()
        .name("copies")
        .parallelism(2)
        .map(Entry::id)
        .to(KafkaSink.strings(arguments.text("copies")));
    if (arguments.has("files")) {
      entries
          .rebalance()
          .name("files")
          .parallelism(2)
          .map(Entry::id)
          .to(
              FileSink.<String>jsonLines(arguments.path("files"))
                  .rollAtBytes(20_000)
                  .rollEvery(Duration.ofSeconds(2)));
    }
    var totals = entries.map(Total::of);
    totals
        .keyBy(Total::key)
        .parallelism(4)
        .reduce(Total::plus)
        .name(TOTALS)
        .to(KafkaSink.upsert(arguments.text("totals")));
    totals
        .keyBy(Total::key)
        .window(Windows.tumbling(WINDOW))
        .reduce(Total::plus)
        .name(WINDOWS)
        .map(WindowTotal::of)
        .to(KafkaSink.json(arguments.text("windows")));
    return job;
  }
}
