package dev.millrace.benchmarks.micro;

import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.frame.FrameReader;
import dev.millrace.internal.frame.FrameWriter;
import dev.millrace.internal.util.ByteWriter;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The cost of an entry of a shuffle by itself, without its value: each record that is not combined
 * is one, and each partial result. The keys are words, and a frame has the usual 32 KiB.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class FrameBenchmark {

  private static final int CHANNELS = 4;
  private static final int FRAME_BYTES = 32 << 10;
  private static final int FRAMES = 256;
  private static final long NOW_MS = 1_800_000_000_000L;

  private final Keys keys = Keys.of(Keys.Kind.WORDS);
  private final ByteWriter key = new ByteWriter();
  private final FrameWriter writer = new FrameWriter(1, 2, CHANNELS);
  private final byte[][] frames = new byte[FRAMES][];
  private final FrameReader reader = new FrameReader();
  private int next;
  private long timeMs = NOW_MS;

  /** Writes the frames that are read: more than the caches of a processor's core can have. */
  @Setup
  public void writeFrames() {
    for (int i = 0; i < FRAMES; i++) {
      byte @Nullable [] frame = null;
      while (frame == null) {
        frame = written();
      }
      frames[i] = frame;
    }
    reader.reset(frames[0], 0, frames[0].length);
  }

  /** An entry written, and its share of a finished frame. */
  @Benchmark
  public byte @Nullable [] write() {
    return written();
  }

  /** An entry found and taken apart. */
  @Benchmark
  public long read() {
    while (!reader.next()) {
      next = (next + 1) % FRAMES;
      reader.reset(frames[next], 0, frames[next].length);
    }
    return reader.time() + reader.kind() + reader.keyLength() + reader.valueLength();
  }

  private byte @Nullable [] written() {
    keys.next(key);
    ByteWriter body = writer.beginEntry(key.array(), 0, key.size(), timeMs++, FrameFormat.RECORD);
    body.writeZigzag(key.size());
    writer.endEntry();
    return writer.sizeBytes() < FRAME_BYTES ? null : writer.finish(0, List.of());
  }
}
