package dev.millrace.internal.progress;

import dev.millrace.error.MillraceException;
import dev.millrace.error.Place;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.spec.SourceSpec;
import dev.millrace.internal.spec.WatermarkStrategy;
import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.time.SourceProgress;
import dev.millrace.internal.time.SourceWatermark;
import dev.millrace.internal.time.SourceWatermarkSpec;
import dev.millrace.internal.time.Watermarks;
import dev.millrace.time.WatermarkGenerator;
import dev.millrace.time.WatermarkOutput;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
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
  private long seenMs = Watermarks.UNKNOWN;
  private long seenNanos;

  private SourceTime(String name, WatermarkStrategy strategy) {
    this.name = name;
    this.watermark = new SourceWatermark(spec(strategy));
    this.generator = generator(strategy);
    this.periodNanos = saturated(strategy.period(), 1_000_000);
  }

  /** {@return the event time of a partition of the input; null if its source has no watermarks} */
  static @Nullable SourceTime of(StageInput input) {
    SourceSpec source = ((StageInput.OfSource) input).source();
    WatermarkStrategy strategy = source.times().watermarks();
    return strategy == null ? null : new SourceTime(source.name(), strategy);
  }

  /** {@return how long others have to advance before an idle partition of the input is excluded} */
  static long idleGraceNanos(StageInput input) {
    WatermarkStrategy strategy = ((StageInput.OfSource) input).source().times().watermarks();
    return strategy == null ? 0 : TimeUnit.MILLISECONDS.toNanos(spec(strategy).idleGraceMs());
  }

  private static SourceWatermarkSpec spec(WatermarkStrategy strategy) {
    SourceWatermarkSpec moved =
        strategy.generators() != null
            ? SourceWatermarkSpec.generated()
            : SourceWatermarkSpec.boundedOutOfOrderness(saturated(strategy.bound(), 1));
    SourceWatermarkSpec spec =
        moved
            .withIdleTimeout(idleTimeoutMs(strategy))
            .withMaxFuture(saturated(strategy.maxFuture(), 1));
    Duration behind = strategy.behindClock();
    return behind == null ? spec : spec.advancingWithClock(saturated(behind, 1));
  }

  private static long idleTimeoutMs(WatermarkStrategy strategy) {
    Duration timeout = strategy.effectiveIdleTimeout();
    return timeout == null ? SourceWatermarkSpec.UNLIMITED : saturated(timeout, 1);
  }

  @SuppressWarnings("unchecked") // the source's type matches what arrives
  private static @Nullable WatermarkGenerator<Object> generator(WatermarkStrategy strategy) {
    Supplier<?> generators = strategy.generators();
    return generators == null ? null : (WatermarkGenerator<Object>) generators.get();
  }

  /** Long durations mean never; they must not overflow. */
  private static long saturated(Duration duration, long perMilli) {
    return duration.compareTo(Duration.ofDays(365 * 200)) >= 0
        ? SourceWatermarkSpec.UNLIMITED
        : duration.toMillis() * perMilli;
  }

  /** Restores what the former owner has committed. */
  void restore(ChannelStatus status, long watermarkMs) {
    watermark.restore(status, watermarkMs);
  }

  /** Takes over the silence that the same worker measured before its transaction was aborted. */
  void goOnAfter(SourceTime before, ChannelStatus committed) {
    watermark.goOnAfter(before.watermark, committed);
  }

  /**
   * Notes a record; returns whether its event time counts, or false if it is too far in the future.
   */
  boolean observe(Object value, long eventTimeMs, long wallMs) throws Exception {
    boolean believed = watermark.observe(eventTimeMs, wallMs);
    if (generator != null && believed) {
      proposals.wallMs = wallMs;
      generator.onRecord(value, Instant.ofEpochMilli(eventTimeMs), proposals);
    }
    return believed;
  }

  /** Checks the clocks; returns whether the watermark or the status has changed. */
  boolean check(SourceProgress progress, long wallMs, long nowNanos) {
    boolean changed = callGenerator(wallMs, nowNanos);
    changed |= watermark.check(progress, wallMs, nowNanos);
    if (watermark.watermark() != seenMs) {
      seenMs = watermark.watermark();
      seenNanos = nowNanos;
    }
    return changed;
  }

  /** {@return how long the watermark has stood still, as of the last check; 0 if there is none} */
  long ageNanos(long nowNanos) {
    return seenMs == Watermarks.UNKNOWN ? 0 : nowNanos - seenNanos;
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
          Place.ofStep(name),
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

  /** The output that the generator emits its watermarks to. */
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
      return now == Watermarks.UNKNOWN ? Optional.empty() : Optional.of(Instant.ofEpochMilli(now));
    }
  }
}
