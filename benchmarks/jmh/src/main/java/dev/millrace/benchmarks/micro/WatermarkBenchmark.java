package dev.millrace.benchmarks.micro;

import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.time.WatermarkCombiner;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The cost to a task of an update of one channel's watermark: each frame that ends a transaction
 * has one of each channel of its sender. Channels go on at random, none by far ahead of the others.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class WatermarkBenchmark {

  private static final int UPDATES = 1 << 14;
  private static final long STEP_MS = 100;

  @Param({"4", "64"})
  int channels;

  private final int[] order = new int[UPDATES];
  private WatermarkCombiner combiner;
  private long[] watermarks;
  private int next;

  @Setup
  public void open() {
    combiner = WatermarkCombiner.ofEventTime(channels);
    watermarks = new long[channels];
    SplittableRandom random = new SplittableRandom(20261126);
    for (int round = 0; round < UPDATES; round += channels) {
      for (int i = 0; i < channels; i++) {
        int other = random.nextInt(i + 1);
        order[round + i] = order[round + other];
        order[round + other] = i;
      }
    }
  }

  @Benchmark
  public boolean update() {
    int channel = order[next];
    next = (next + 1) & (UPDATES - 1);
    watermarks[channel] += STEP_MS;
    return combiner.update(channel, ChannelStatus.ACTIVE, 1, watermarks[channel], 0);
  }
}
