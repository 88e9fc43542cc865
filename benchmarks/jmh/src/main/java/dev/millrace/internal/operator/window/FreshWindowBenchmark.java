package dev.millrace.internal.operator.window;

import dev.millrace.benchmarks.micro.Keys;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * The cost of a record of a count in windows that come and go within a transaction: its place in
 * the window, and its share of the firing after each 20,000 records, with all words of the window
 * in the order of their bytes.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(value = 3, jvmArgsAppend = "-Xmx1g")
public class FreshWindowBenchmark {

  private static final int RECORDS_PER_WINDOW = 20_000;

  private final Entry entry = new Entry();
  private final Keys keys = Keys.of(Keys.Kind.WORDS);
  private FreshWindow window = new FreshWindow(1, 0);

  @Benchmark
  public void count(Blackhole sink) {
    entry.next(keys);
    int key = window.find(entry);
    if (key == FreshWindow.NONE) {
      window.add(entry, 1L);
    } else {
      window.set(key, (Long) window.accumulator(key) + 1);
    }
    if (entry.time % RECORDS_PER_WINDOW == 0) {
      fire(sink);
    }
  }

  private void fire(Blackhole sink) {
    while (window.hasNext()) {
      int key = window.next();
      sink.consume(window.keyOffset(key));
      sink.consume(window.keyLength(key));
      sink.consume(window.take());
    }
    window = new FreshWindow(window.end() + 1, window.size());
  }

  private static final class Entry implements KeyedRecord {

    private final ByteWriter key = new ByteWriter();
    private int hash;
    private long time;

    void next(Keys keys) {
      keys.next(key);
      hash = Hashing.murmur2(key.array(), 0, key.size());
      time++;
    }

    @Override
    public byte[] bytes() {
      return key.array();
    }

    @Override
    public int keyOffset() {
      return 0;
    }

    @Override
    public int keyLength() {
      return key.size();
    }

    @Override
    public int keyHash() {
      return hash;
    }

    @Override
    public long timeMs() {
      return time;
    }

    @Override
    public long firstTimeMs() {
      return time;
    }

    @Override
    public long weight() {
      return 1;
    }

    @Override
    public int kind() {
      return FrameFormat.RECORD;
    }

    @Override
    public Object value() {
      return 1L;
    }
  }
}
