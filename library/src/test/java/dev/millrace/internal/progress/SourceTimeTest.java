package dev.millrace.internal.progress;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.MillraceException;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.spec.KafkaSourceSpec;
import dev.millrace.internal.spec.Specs;
import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.time.SourceProgress;
import dev.millrace.time.WatermarkGenerator;
import dev.millrace.time.WatermarkOutput;
import dev.millrace.time.Watermarks;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Watermark strategies of the user's, as a source partition sees them. */
final class SourceTimeTest {

  private static final long UNKNOWN = Long.MIN_VALUE;
  private static final long WALL = 1_000_000;

  /** Follows the newest event time and says it at intervals only, as far as it is told. */
  private static final class Periodic implements WatermarkGenerator<Object> {
    private Instant newest = Instant.MIN;

    @Override
    public void onRecord(Object record, Instant eventTime, WatermarkOutput output) {
      newest = eventTime.isAfter(newest) ? eventTime : newest;
    }

    @Override
    public void onPeriod(WatermarkOutput output) {
      output.emit(newest);
    }
  }

  @Test
  void aPeriodicGeneratorIsCalledOncePerInterval() throws Exception {
    List<Long> calls = new ArrayList<>();
    SourceTime source =
        source(
            Watermarks.<String>generator(
                    () ->
                        new WatermarkGenerator<>() {
                          @Override
                          public void onRecord(String record, Instant at, WatermarkOutput output) {}

                          @Override
                          public void onPeriod(WatermarkOutput output) {
                            calls.add((long) calls.size());
                          }
                        })
                .period(Duration.ofMillis(50)));
    assertThat(source.nanosUntilPeriod(0)).isZero();
    for (int atMs = 0; atMs <= 200; atMs += 10) {
      source.check(SourceProgress.LAGGING, WALL, atMs * 1_000_000L);
    }
    assertThat(calls).hasSize(5);
    assertThat(source.nanosUntilPeriod(210_000_000L)).isEqualTo(40_000_000L);
  }

  @Test
  void whatAPeriodicGeneratorSaysCounts() throws Exception {
    SourceTime source = source(Watermarks.generator(Periodic::new));
    assertThat(source.observe("a", 700, WALL)).isTrue();
    assertThat(source.watermark()).isEqualTo(UNKNOWN);
    assertThat(source.check(SourceProgress.LAGGING, WALL, 0)).isTrue();
    assertThat(source.watermark()).isEqualTo(700);
    source.observe("a", 600, WALL);
    assertThat(source.check(SourceProgress.LAGGING, WALL, 1_000_000_000)).isFalse();
    assertThat(source.watermark()).isEqualTo(700);
  }

  @Test
  void everyPartitionHasAGeneratorOfItsOwn() throws Exception {
    Watermarks<Object> strategy = Watermarks.generator(Periodic::new);
    SourceTime first = source(strategy);
    SourceTime second = source(strategy);
    first.observe("a", 700, WALL);
    first.check(SourceProgress.LAGGING, WALL, 0);
    second.check(SourceProgress.LAGGING, WALL, 0);
    assertThat(first.watermark()).isEqualTo(700);
    assertThat(second.watermark()).isEqualTo(UNKNOWN);
  }

  @Test
  void aPunctuatedStrategyMovesWithTheRecordsThatSaySo() throws Exception {
    SourceTime source =
        source(
            Watermarks.punctuated(
                (String record, Instant at) ->
                    record.startsWith("mark")
                        ? Optional.of(Instant.ofEpochMilli(Long.parseLong(record.substring(4))))
                        : Optional.empty()));
    source.observe("a", 700, WALL);
    assertThat(source.watermark()).isEqualTo(UNKNOWN);
    source.observe("mark500", 900, WALL);
    assertThat(source.watermark()).isEqualTo(500);
    source.observe("mark400", 900, WALL);
    assertThat(source.watermark()).isEqualTo(500);
  }

  @Test
  void aGeneratorDoesNotSeeRecordsThatAreTooFarAhead() throws Exception {
    SourceTime source =
        source(Watermarks.generator(Periodic::new).maxFuture(Duration.ofMillis(100)));
    assertThat(source.observe("a", WALL + 101, WALL)).isFalse();
    source.check(SourceProgress.LAGGING, WALL, 0);
    assertThat(source.watermark()).isEqualTo(UNKNOWN);
  }

  @Test
  void aRestoredWatermarkIsWhatANewGeneratorStartsFrom() throws Exception {
    List<Optional<Instant>> seen = new ArrayList<>();
    SourceTime source =
        source(
            Watermarks.generator(
                () ->
                    (Object record, Instant at, WatermarkOutput output) -> {
                      seen.add(output.watermark());
                      output.emit(at);
                    }));
    source.restore(ChannelStatus.IDLE, 600);
    source.observe("a", 100, WALL);
    assertThat(source.watermark()).isEqualTo(600);
    source.observe("b", 650, WALL);
    assertThat(source.watermark()).isEqualTo(650);
    assertThat(seen)
        .containsExactly(
            Optional.of(Instant.ofEpochMilli(600)), Optional.of(Instant.ofEpochMilli(600)));
  }

  @Test
  void aCustomStrategyBecomesIdleLikeOthersAndFollowsTheClock() throws Exception {
    SourceTime source =
        source(
            Watermarks.generator(Periodic::new)
                .idleness(Duration.ofMillis(100))
                .advanceWithClock(Duration.ofMillis(20)));
    source.observe("a", 700, WALL);
    source.check(SourceProgress.QUIET, WALL, 0);
    source.check(SourceProgress.CAUGHT_UP, WALL, 50_000_000);
    assertThat(source.status()).isEqualTo(ChannelStatus.IDLE);
    source.check(SourceProgress.CAUGHT_UP, WALL, 100_000_000);
    assertThat(source.watermark()).isEqualTo(WALL - 20);
  }

  @Test
  void whatAGeneratorThrowsSaysWhoseItWas() throws Exception {
    SourceTime source =
        source(
            Watermarks.generator(
                () ->
                    new WatermarkGenerator<Object>() {
                      @Override
                      public void onRecord(Object record, Instant at, WatermarkOutput output)
                          throws Exception {
                        throw new java.io.IOException("record");
                      }

                      @Override
                      public void onPeriod(WatermarkOutput output) {
                        throw new IllegalStateException("period");
                      }
                    }));
    assertThatThrownBy(() -> source.observe("a", 1, WALL)).hasMessage("record");
    assertThatThrownBy(() -> source.check(SourceProgress.LAGGING, WALL, 0))
        .isInstanceOf(MillraceException.class)
        .hasMessageContaining("source 'topic'")
        .hasMessageContaining("period");
  }

  @Test
  void instantsBeyondEveryMillisecondAreTakenAsFarAsTheyGo() throws Exception {
    SourceTime source =
        source(
            Watermarks.punctuated(
                    (String record, Instant at) ->
                        Optional.of(record.equals("max") ? Instant.MAX : Instant.MIN))
                .maxFuture(Duration.ofDays(365_000_000)));
    source.observe("min", 1, WALL);
    assertThat(source.watermark()).isEqualTo(UNKNOWN);
    source.observe("max", 1, WALL);
    assertThat(source.watermark()).isEqualTo(Long.MAX_VALUE - 1);
  }

  @Test
  void noGeneratorMakesTheWatermarkGoBack() throws Exception {
    long seed = 31;
    Random random = new Random(seed);
    SourceTime source =
        source(
            Watermarks.generator(
                () ->
                    new WatermarkGenerator<Object>() {
                      @Override
                      public void onRecord(Object record, Instant at, WatermarkOutput output) {
                        output.emit(at.minusMillis(random.nextInt(1_000) - 500));
                      }

                      @Override
                      public void onPeriod(WatermarkOutput output) {
                        output.emit(Instant.ofEpochMilli(random.nextLong()));
                      }
                    }));
    long before = UNKNOWN;
    for (int step = 0; step < 20_000; step++) {
      if (random.nextInt(3) == 0) {
        source.check(SourceProgress.values()[random.nextInt(4)], WALL, step * 100_000_000L);
      } else {
        source.observe("a", random.nextInt(2_000_000), WALL);
      }
      assertThat(source.watermark())
          .as("seed %s, step %s", seed, step)
          .isGreaterThanOrEqualTo(before)
          .isLessThanOrEqualTo(WALL + 3_600_000);
      before = source.watermark();
    }
  }

  private static <T> SourceTime source(Watermarks<T> strategy) {
    @SuppressWarnings("unchecked") // the test's generators take what it gives them
    Watermarks<Object> any = (Watermarks<Object>) strategy;
    return requireNonNull(
        SourceTime.of(
            new StageInput.Kafka(
                Specs.of(KafkaSource.strings("topic").watermarks(any), KafkaSourceSpec.class),
                ErrorPolicy.fail(),
                List.of())));
  }
}
