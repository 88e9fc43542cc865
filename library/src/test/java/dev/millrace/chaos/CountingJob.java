package dev.millrace.chaos;

import dev.millrace.Job;
import dev.millrace.JobArguments;
import dev.millrace.JobDefinition;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.state.ListState;
import dev.millrace.state.MapState;
import dev.millrace.state.ValueState;
import java.time.Instant;

/**
 * Says for each record of a topic the how many-th of its key it is, by three kinds of state, and
 * for every tenth also a little later: {@code --job --in --out}.
 */
public final class CountingJob implements JobDefinition {

  /** Counts in three ways, which have to agree. */
  public static final class Counting extends KeyedProcessFunction<String, String, String> {
    private final ValueState<Long> value = state.value("value", Long.class);
    private final MapState<Long, Long> map = state.map("map", Long.class, Long.class);
    private final ListState<Long> tens = state.list("tens", Long.class);

    @Override
    public void onRecord(String line, Context context) {
      long count = value.valueOr(0L) + 1;
      value.set(count);
      Long inMap = map.value(count % 7);
      long before = inMap == null ? 0 : inMap;
      map.put(count % 7, before + 1);
      if (before != (count - 1) / 7) {
        throw new IllegalStateException("the map says " + before + " at " + count);
      }
      if (count % 10 == 0) {
        tens.add(count);
        if (tens.size() != count / 10) {
          throw new IllegalStateException("the list has " + tens.size() + " at " + count);
        }
        // Later and later, so that no two of a key fall on the same millisecond.
        context.timers().setProcessingTime(context.processingTime().plusMillis(200 + count));
      }
      context.emit("count " + context.key() + " " + count);
    }

    @Override
    public void onTimer(Instant time, Context context) {
      context.emit("timer " + context.key() + " " + time.toEpochMilli());
    }
  }

  @Override
  public Job define(JobArguments arguments) {
    Job job = Job.named(arguments.text("job"));
    job.source(KafkaSource.strings(arguments.text("in")))
        .keyBy(line -> line)
        .parallelism(4)
        .process(Counting::new)
        .name("counting")
        .to(KafkaSink.<String>strings(arguments.text("out")).key(line -> line.split(" ", 3)[1]));
    return job;
  }
}
