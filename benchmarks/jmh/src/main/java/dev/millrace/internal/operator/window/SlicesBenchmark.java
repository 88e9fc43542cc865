package dev.millrace.internal.operator.window;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.benchmarks.micro.Keys;
import dev.millrace.internal.fold.FoldFunction;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;
import dev.millrace.internal.window.SliceRow;
import dev.millrace.internal.window.SliceRows;
import dev.millrace.internal.window.Slicing;
import dev.millrace.internal.window.WindowAccess;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
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
import org.openjdk.jmh.infra.Blackhole;

/**
 * The cost in slices of a record of a count over sliding windows of 60 s by 1 s: its slice, the
 * queue of its key, and its share of the window that fires after each 20,000 records, for all words
 * that were there in the last minute, and of the rows that are written before.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 4)
@Measurement(iterations = 5, time = 4)
@Fork(value = 3, jvmArgsAppend = "-Xmx2g")
public class SlicesBenchmark {

  private static final int RECORDS_PER_SLICE = 20_000;
  private static final long SLICE_MS = 1_000;
  private static final int SLICES_PER_ROW = 15;

  private final ByteWriter key = new ByteWriter();
  private final Keys keys = Keys.of(Keys.Kind.WORDS);
  private Slicing slicing;
  private KeyRuns runs;
  private long timeMs = 1_800_000_000_000L;
  private int records;

  @Setup
  public void open(Blackhole sink) {
    WindowKind kind =
        WindowAccess.kind(Windows.sliding(Duration.ofSeconds(60), Duration.ofSeconds(1)));
    FoldFunction count = FoldFunction.of(Aggregates.count());
    slicing = Slicing.of(kind).orElseThrow();
    runs =
        new KeyRuns(
            new Merging(count, UnaryOperator.identity()),
            SliceRows.of(kind, SLICES_PER_ROW),
            new Written(sink),
            1L << 40);
  }

  @Benchmark
  public void count(Blackhole sink) {
    keys.next(key);
    long slice = slicing.sliceEnd(timeMs + records % SLICE_MS);
    int hash = Hashing.murmur2(key.array(), 0, key.size());
    KeyRun run = runs.find(key.array(), 0, key.size(), hash);
    if (run == null) {
      run = runs.add(key.array(), 0, key.size(), hash);
    }
    Long before = (Long) run.slice(slice);
    boolean ignored = runs.put(run, slice, before == null ? 1L : before + 1, 0);
    if (++records == RECORDS_PER_SLICE) {
      records = 0;
      fire(slice, sink);
      timeMs += SLICE_MS;
    }
  }

  private void fire(long windowEnd, Blackhole sink) {
    runs.write();
    long start = slicing.windowStart(windowEnd);
    for (KeyRun run : runs.inOrder()) {
      sink.consume(runs.over(run, start, windowEnd, start + SLICE_MS));
    }
  }

  private record Written(Blackhole sink) implements KeyRun.Rows {

    @Override
    public void write(
        KeyRun run, long rowEnd, SliceRow<Object> slices, boolean known, int grownBytes) {
      sink.consume(slices);
    }

    @Override
    public void delete(KeyRun run, long rowEnd) {
      sink.consume(rowEnd);
    }
  }
}
