package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.JobConfig;
import dev.millrace.connector.ConsoleSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Emission;
import dev.millrace.window.Late;
import dev.millrace.window.Windows;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What a plan says of windows. */
final class WindowPlanTest {

  record Reading(String sensor, long value) {}

  private final Job job = Job.named("plan");

  private WindowedStream<String, Reading> windows() {
    return job.source(
            KafkaSource.json("readings", Reading.class).watermarks(Watermarks.monotonous()))
        .keyBy(Reading::sensor)
        .window(Windows.tumbling(Duration.ofSeconds(1)));
  }

  private String plan() {
    return Millrace.plan(job, JobConfig.defaults()).toText();
  }

  @Test
  void saysThatPartialAggregatesTravel() {
    windows().count().to(ConsoleSink.lines());
    assertThat(plan())
        .contains("by java.lang.String, partial aggregates")
        .contains("window tumbling(1000 ms) in event time\n");
  }

  @Test
  void saysThatLateOutputKeepsRecordsSingle() {
    windows().lateTo(Late.tag("late", Reading.class)).count().to(ConsoleSink.lines());
    assertThat(plan())
        .doesNotContain("partial aggregates")
        .contains("in event time, late records to 'late'\n");
  }

  @Test
  void saysWhenWindowsEmitAndForHowLongTheyAreCorrected() {
    windows()
        .allowedLateness(Duration.ofSeconds(5))
        .emit(Emission.every(Duration.ofSeconds(2)))
        .count()
        .to(ConsoleSink.lines());
    assertThat(plan())
        .contains("in event time, corrected for 5000 ms, early results every 2000 ms\n")
        .contains("partial aggregates");
  }
}
