package dev.millrace.sidebyside.millrace;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.KeyedStream;
import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.pattern.Pattern;
import dev.millrace.sidebyside.engine.Engine;
import dev.millrace.sidebyside.engine.EngineMain;
import dev.millrace.sidebyside.engine.EngineTask;
import dev.millrace.sidebyside.engine.Goal;
import dev.millrace.sidebyside.engine.PatternJob;
import dev.millrace.sidebyside.engine.Payment;
import dev.millrace.sidebyside.engine.Query;
import dev.millrace.sidebyside.engine.Tuning;
import dev.millrace.sidebyside.engine.WordJob;
import dev.millrace.time.Watermarks;
import dev.millrace.window.WindowResult;
import dev.millrace.window.Windows;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.utils.AppInfoParser;
import org.jspecify.annotations.Nullable;

/**
 * Millrace. Its defaults are what it advises, but for latency: commits every 20 ms; and for
 * recovery an instance with a name, which also comes back as the same one without its disk.
 */
public final class MillraceEngine implements Engine {

  private @Nullable RunningJob running;

  /** Runs the engine. */
  public static void main(String[] args) {
    EngineMain.run(new MillraceEngine(), args);
  }

  @Override
  public String version() {
    return "Millrace of this tree, kafka-clients " + AppInfoParser.getVersion();
  }

  @Override
  public Map<String, String> settings(EngineTask task) {
    Map<String, String> settings = new HashMap<>();
    if (task.tuning() == Tuning.ADVISED && task.goal() != Goal.THROUGHPUT) {
      settings.put("commit.interval", "20ms");
    }
    if (task.tuning() == Tuning.ADVISED && task.goal() == Goal.RECOVERY) {
      settings.put("instance.id", "instance");
    }
    return settings;
  }

  @Override
  public void start(EngineTask task) {
    Job job = Job.named(task.name());
    if (task.workload() instanceof Query query) {
      MillraceQueries.define(job, query, task);
    } else if (task.workload() instanceof PatternJob) {
      definePattern(job, task);
    } else {
      defineCounts(job, (WordJob) task.workload(), task);
    }
    JobConfig.Builder config =
        JobConfig.builder()
            .set("bootstrap.servers", task.bootstrapServers())
            .set("state.dir", task.stateDirectory().toString());
    settings(task).forEach(config::set);
    task.overrides().forEach(config::set);
    RunningJob started = Millrace.start(job, config.build());
    running = started;
    Thread watch = new Thread(() -> failWith(started), "watch");
    watch.setDaemon(true);
    watch.start();
  }

  private static void defineCounts(Job job, WordJob counts, EngineTask task) {
    KafkaSource<String> source = KafkaSource.strings(task.input());
    DataStream<String> words =
        job.source(
            counts == WordJob.WINDOW_COUNT
                ? source.watermarks(Watermarks.boundedOutOfOrderness(WordJob.DISORDER))
                : source);
    for (int i = 1; i < task.shuffles(); i++) {
      words = words.rebalance().name("hop-" + i);
    }
    KeyedStream<String, String> byWord = words.keyBy(String.class, word -> word);
    switch (counts) {
      case RUNNING_COUNT -> byWord.count().name("count").to(KafkaSink.upsert(task.output()));
      case WINDOW_COUNT ->
          byWord
              .window(Windows.tumbling(WordJob.WINDOW))
              .count()
              .name("count")
              .to(
                  KafkaSink.<WindowResult<String, Long>>of(task.output(), DecimalCount::new)
                      .key(
                          result ->
                              WordJob.windowKey(
                                  result.key(), result.window().start().toEpochMilli())));
    }
  }

  private static void definePattern(Job job, EngineTask task) {
    job.source(
            KafkaSource.json(task.input(), Payment.class)
                .watermarks(Watermarks.boundedOutOfOrderness(PatternJob.DISORDER)))
        .keyBy(String.class, Payment::card)
        .match(
            Pattern.<Payment>begin(PatternJob.SMALL)
                .where(PatternJob::isSmall)
                .followedBy(PatternJob.ABROAD)
                .where(
                    (payment, match) -> PatternJob.isAbroad(match.first(PatternJob.SMALL), payment))
                .followedBy(PatternJob.LARGE)
                .where(PatternJob::isLarge)
                .within(PatternJob.WITHIN))
        .select(
            String.class,
            match ->
                PatternJob.line(
                    match.first(PatternJob.SMALL),
                    match.first(PatternJob.ABROAD),
                    match.first(PatternJob.LARGE)))
        .to(KafkaSink.strings(task.output()));
  }

  private static void failWith(RunningJob job) {
    try {
      while (!job.awaitTermination(Duration.ofDays(1))) {
        // It goes on until it is closed.
      }
      job.failure().ifPresent(EngineMain::fail);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    if (running != null) {
      running.close();
    }
  }

  /** Writes the count alone, in digits. */
  private static final class DecimalCount implements Serializer<WindowResult<String, Long>> {

    @Override
    public byte[] serialize(String topic, WindowResult<String, Long> result) {
      return Long.toString(result.value()).getBytes(StandardCharsets.US_ASCII);
    }
  }
}
