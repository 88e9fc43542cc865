package dev.millrace.internal.progress;

import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.time.WatermarkCombiner;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The making of the combiners of a stage's channels: which inputs' times are those of its tasks,
 * and for how long a channel that is silent is waited for.
 *
 * <p><b>Threads.</b> Immutable.
 */
final class ChannelCombiners {

  private final StageSetup setup;

  ChannelCombiners(StageSetup setup) {
    this.setup = setup;
  }

  /** {@return whether an input's times are part of the task's} */
  boolean goesByTimeOf(int input) {
    return setup.stage().goesByTimeOf(setup.inputs().get(input).input());
  }

  /**
   * {@return the number of an input's first channel among those of all inputs}
   *
   * @param channels how many each input has
   */
  static int first(int[] channels, int input) {
    int first = 0;
    for (int before = 0; before < input; before++) {
      first += channels[before];
    }
    return first;
  }

  /**
   * {@return the combiner of all channels in event time: with several inputs, one that is idle as a
   * whole must not hold the others back}
   */
  WatermarkCombiner eventTime(int[] channels) {
    return combined(channels).without(bystanders(channels));
  }

  /** {@return the combiner of all channels in processing time} */
  WatermarkCombiner processingTime(int[] channels) {
    return WatermarkCombiner.ofProcessingTime(first(channels, channels.length))
        .without(bystanders(channels));
  }

  /** The channels of inputs whose times are no part of the task's. */
  private boolean[] bystanders(int[] channels) {
    boolean[] bystanders = new boolean[first(channels, channels.length)];
    for (int i = 0; i < channels.length; i++) {
      Arrays.fill(bystanders, first(channels, i), first(channels, i + 1), !goesByTimeOf(i));
    }
    return bystanders;
  }

  private WatermarkCombiner combined(int[] channels) {
    List<StageSetup.Input> inputs = setup.inputs();
    int count = first(channels, channels.length);
    int[] timed = IntStream.range(0, inputs.size()).filter(this::goesByTimeOf).toArray();
    if (timed.length == 1 && !upstream(inputs.get(timed[0])).isSource()) {
      return WatermarkCombiner.ofDerivedEventTime(count);
    }
    long[] graceNanos = new long[count];
    for (int i = 0; i < inputs.size(); i++) {
      long grace = idleGraceNanos(setup.plan(), upstream(inputs.get(i)));
      Arrays.fill(graceNanos, first(channels, i), first(channels, i + 1), grace);
    }
    return WatermarkCombiner.ofEventTime(graceNanos);
  }

  private StagePlan upstream(StageSetup.Input input) {
    return setup.plan().stage(((StageInput.Shuffled) input.input()).edge().from());
  }

  /** The longest grace of the sources that a stage reads, directly or not. */
  private static long idleGraceNanos(PhysicalPlan plan, StagePlan stage) {
    long longest = 0;
    for (StageInput input : stage.inputs()) {
      longest =
          Math.max(
              longest,
              input instanceof StageInput.Shuffled shuffled
                  ? idleGraceNanos(plan, plan.stage(shuffled.edge().from()))
                  : SourceTime.idleGraceNanos(input));
    }
    return longest;
  }
}
