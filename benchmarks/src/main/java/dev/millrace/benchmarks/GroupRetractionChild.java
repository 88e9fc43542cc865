package dev.millrace.benchmarks;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.Table;
import dev.millrace.aggregate.Aggregates;
import dev.millrace.aggregate.Aggregation;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;

/** One run of {@link GroupRetractionBenchmark}. */
public final class GroupRetractionChild {

  record Reading(long id, int group, long value) {}

  private static final LongAdder CHANGES = new LongAdder();

  private GroupRetractionChild() {}

  /** Arguments: brokers, input, output, shape, aggregate. */
  public static void main(String[] args) throws Exception {
    Job job = Job.named("bench-" + args[2]);
    DataStream<Reading> readings = job.source(KafkaSource.json(args[1], Reading.class));
    Aggregation<Reading, ?, Long> aggregation =
        GroupRetractionBenchmark.Aggregate.valueOf(args[4].toUpperCase(Locale.ROOT)).aggregation();
    switch (GroupRetractionBenchmark.Shape.valueOf(args[3].toUpperCase(Locale.ROOT))) {
      case STREAM -> write(readings.keyBy(Reading::group).aggregate(aggregation), args[2]);
      case TABLE ->
          write(
              readings
                  .keyBy(Reading::id)
                  .latest()
                  .name("newest")
                  .groupBy((id, reading) -> reading.group())
                  .aggregate(aggregation),
              args[2]);
      case ROWS ->
          readings
              .keyBy(Reading::id)
              .latest()
              .name("newest")
              .changes()
              .peek(change -> CHANGES.increment());
    }
    new MeasuredJob(
            job,
            JobConfig.defaults()
                .with("bootstrap.servers", args[0])
                .with(
                    "state.dir", Files.createTempDirectory("millrace-benchmark-state").toString()),
            List.of(args[1]))
        .toEnd();
  }

  private static void write(Table<Integer, Long> groups, String topic) {
    groups.name("groups").to(KafkaSink.upsert(topic));
  }

  static Aggregation<Reading, ?, Long> sum() {
    return Aggregates.sum(Reading::value);
  }

  static Aggregation<Reading, ?, Long> max() {
    return Aggregates.max(Long.class, Reading::value);
  }
}
