package dev.millrace.internal.runtime;

import dev.millrace.connector.Source;
import dev.millrace.error.MillraceException;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.time.SourceProgress;
import dev.millrace.internal.time.SourceWatermark;
import dev.millrace.internal.time.SourceWatermarkSpec;
import dev.millrace.time.WatermarkGenerator;
import dev.millrace.time.WatermarkOutput;
import dev.millrace.time.Watermarks;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The event time of one source partition: its watermark, made by the source's strategy, with the
 * partition's own generator if the strategy is the user's.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class SourceTime {

  private final String name;
  private final SourceWatermark watermark;
  private final @Nullable WatermarkGenerator<Object> generator;
  private final Proposals proposals = new Proposals();
  private final long periodNanos;
  private boolean called;
  private long calledNanos;
  private long seenMs = dev.millrace.internal.time.Watermarks.UNKNOWN;
  private long seenNanos;

  private SourceTime(String name, Watermarks<?> strategy) {
    this.name = name;
    this.watermark = new SourceWatermark(spec(strategy));
    this.generator = generator(strategy);
    this.periodNanos = saturated(strategy.period(), 1_000_000);
  }

  /** {@return the event time of a partition of the input; null if its source has no watermarks} */
  static @Nullable SourceTime of(StageInput input) {
    Source<?> source = source(input);
    Watermarks<?> strategy = source.watermarks().orElse(null);
    return strategy == null ? null : new SourceTime(source.name(), strategy);
  }

  /** {@return how long others have to go on before an idle partition of the input is left out} */
  static long idleGraceNanos(StageInput input) {
    return source(input)
        .watermarks()
        .map(strategy -> TimeUnit.MILLISECONDS.toNanos(spec(strategy).idleGraceMs()))
        .orElse(0L);
  }

  private static Source<?> source(StageInput input) {
    if (input instanceof StageInput.Kafka kafka) {
      return kafka.source();
    }
    return ((StageInput.Splits) input).source();
  }

  private static SourceWatermarkSpec spec(Watermarks<?> strategy) {
    SourceWatermarkSpec moved =
        strategy.generators().isPresent()
            ? SourceWatermarkSpec.generated()
            : SourceWatermarkSpec.boundedOutOfOrderness(saturated(strategy.bound(), 1));
    SourceWatermarkSpec spec =
        moved
            .withIdleTimeout(
                strategy
                    .idleTimeout()
                    .map(timeout -> saturated(timeout, 1))
                    .orElse(SourceWatermarkSpec.UNLIMITED))
            .withMaxFuture(saturated(strategy.maxFuture(), 1));
    return strategy
        .behindClock()
        .map(behind -> spec.advancingWithClock(saturated(behind, 1)))
        .orElse(spec);
  }

  @SuppressWarnings("unchecked") // the source's type says what arrives
  private static @Nullable WatermarkGenerator<Object> generator(Watermarks<?> strategy) {
    return (WatermarkGenerator<Object>)
        strategy.generators().map(supplier -> supplier.get()).orElse(null);
  }

  /** Long durations mean never; they must not overflow. */
  private static long saturated(Duration duration, long perMilli) {
    return duration.compareTo(Duration.ofDays(365 * 200)) >= 0
        ? SourceWatermarkSpec.UNLIMITED
        : duration.toMillis() * perMilli;
  }

  /** Takes up what a former owner has committed. */
  void restore(ChannelStatus status, long watermarkMs) {
    watermark.restore(status, watermarkMs);
  }

  /**
   * Notes a record; returns whether its event time may be believed, or is too far ahead of the
   * clock.
   */
  boolean observe(Object value, long eventTimeMs, long wallMs) throws Exception {
    boolean believed = watermark.observe(eventTimeMs, wallMs);
    if (generator != null && believed) {
      proposals.wallMs = wallMs;
      generator.onRecord(value, Instant.ofEpochMilli(eventTimeMs), proposals);
    }
    return believed;
  }

  /** Looks at the clocks; returns whether the watermark or the status has changed. */
  boolean check(SourceProgress progress, long wallMs, long nowNanos) {
    boolean changed = callGenerator(wallMs, nowNanos);
    changed |= watermark.check(progress, wallMs, nowNanos);
    if (watermark.watermark() != seenMs) {
      seenMs = watermark.watermark();
      seenNanos = nowNanos;
    }
    return changed;
  }

  /** {@return how long the watermark has stood still, as of the last look; 0 if there is none} */
  long ageNanos(long nowNanos) {
    return seenMs == dev.millrace.internal.time.Watermarks.UNKNOWN ? 0 : nowNanos - seenNanos;
  }

  private boolean callGenerator(long wallMs, long nowNanos) {
    if (generator == null
        || watermark.status() == ChannelStatus.FINISHED
        || (called && nowNanos - calledNanos < periodNanos)) {
      return false;
    }
    called = true;
    calledNanos = nowNanos;
    long before = watermark.watermark();
    proposals.wallMs = wallMs;
    try {
      generator.onPeriod(proposals);
    } catch (MillraceException e) {
      throw e;
    } catch (Exception e) {
      throw new MillraceException(
          "Cannot make a watermark for source '"
              + name
              + "': its generator's onPeriod failed ("
              + e
              + "). Correct it and start again; nothing is lost",
          e);
    }
    return watermark.watermark() != before;
  }

  /** {@return how long until the generator's interval is over; {@link Long#MAX_VALUE} for none} */
  long nanosUntilPeriod(long nowNanos) {
    if (generator == null || watermark.status() == ChannelStatus.FINISHED) {
      return Long.MAX_VALUE;
    }
    return called ? Math.max(0, periodNanos - (nowNanos - calledNanos)) : 0;
  }

  boolean isQuietForLong(long nowNanos) {
    return watermark.isQuietForLong(nowNanos);
  }

  void finish() {
    watermark.finish();
  }

  long watermark() {
    return watermark.watermark();
  }

  ChannelStatus status() {
    return watermark.status();
  }

  /** What the generator puts its watermarks into. */
  private final class Proposals implements WatermarkOutput {
    private long wallMs;

    @Override
    public void emit(Instant proposed) {
      long proposedMs;
      try {
        proposedMs = proposed.toEpochMilli();
      } catch (ArithmeticException e) {
        proposedMs = proposed.getEpochSecond() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
      }
      watermark.propose(proposedMs, wallMs);
    }

    @Override
    public Optional<Instant> watermark() {
      long now = watermark.watermark();
      return now == dev.millrace.internal.time.Watermarks.UNKNOWN
          ? Optional.empty()
          : Optional.of(Instant.ofEpochMilli(now));
    }
  }
}
