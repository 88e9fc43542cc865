package dev.millrace.internal.shuffle;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.aggregate.Aggregation;
import dev.millrace.benchmarks.micro.Keys;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.codec.InMemorySchemaBook;
import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.codec.ValueCodecs;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.frame.FrameWriter;
import dev.millrace.internal.frame.PartialHead;
import dev.millrace.internal.operator.Caution;
import dev.millrace.internal.operator.Folding;
import dev.millrace.internal.plan.ShuffleEdge.CombinerPlan;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;
import dev.millrace.internal.window.WindowAccess;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.serde.TypeRef;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
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
import org.openjdk.jmh.infra.Blackhole;

/**
 * The cost to the sender of a record of a count, running or in windows, between its key and the
 * shuffle: the hash of the key and its place in the combiner, and its share of what goes out with
 * the commit.
 *
 * <p>A transaction of 65,536 records is one of a busy worker at the usual pace, one of 1,048,576
 * one of a second and more.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class CombinerBenchmark {

  private static final int PARTITIONS = 4;
  private static final int RECORDS_PER_WINDOW = 1 << 16;
  private static final int FRAME_BYTES = 32 << 10;
  private static final long NOW_MS = 1_800_000_000_000L;

  /** Aggregates that are combined. */
  public enum Counting {
    /** A sum for each key. */
    RUNNING,
    /** A sum for each key and window. */
    WINDOWS,
    /** An object for each key and window. */
    OBJECTS
  }

  @Param({"WORDS", "FEW_WORDS", "IDS"})
  Keys.Kind keys;

  @Param({"RUNNING", "WINDOWS", "OBJECTS"})
  Counting counting;

  @Param({"65536", "1048576"})
  int transaction;

  private final ByteWriter key = new ByteWriter();
  private final PartialHead head = new PartialHead();
  private final FrameWriter[] frames = new FrameWriter[PARTITIONS];
  private Keys sequence;
  private Combiner combiner;
  private ValueCodec<Object> partials;
  private long sentBytes;
  private int records;

  @Setup
  @SuppressWarnings("unchecked") // the codec is asked for the accumulators of this very fold
  public void open() {
    sequence = Keys.of(keys);
    Fold fold =
        counting == Counting.OBJECTS ? Fold.of(new CountAndLast()) : Fold.of(Aggregates.count());
    Optional<WindowKind> windows =
        counting == Counting.RUNNING
            ? Optional.empty()
            : Optional.of(
                WindowAccess.kind(Windows.tumbling(Duration.ofMillis(RECORDS_PER_WINDOW))));
    CombinerPlan plan = new CombinerPlan("count", fold, windows, ErrorPolicy.fail(), true);
    Folding folding =
        Folding.ofSharedRecords(fold, UnaryOperator.identity(), plan.errors(), new Caution());
    combiner = new Combiner(plan, folding, 256 << 20);
    partials =
        (ValueCodec<Object>) ValueCodecs.forType(fold.accumulatorType(), new InMemorySchemaBook());
    for (int i = 0; i < PARTITIONS; i++) {
      frames[i] = new FrameWriter(1, partials.schemaId(), PARTITIONS);
    }
  }

  /** The combiner by itself. */
  @Benchmark
  public void combine(Blackhole sink) throws Exception {
    Combiner.Drain drain =
        (bytes, offset, length, hash, timeMs, spanMs, weight, partial) -> sink.consume(partial);
    add();
    if (combiner.isFull()) {
      combiner.makeRoom(drain);
    }
    if (records == 0) {
      combiner.drain(drain);
    }
  }

  /** With the frames that its partial results become. */
  @Benchmark
  public long combineToFrames() throws Exception {
    add();
    if (combiner.isFull()) {
      combiner.makeRoom(this::write);
    }
    if (records == 0) {
      combiner.drain(this::write);
    }
    return sentBytes;
  }

  private void add() throws Exception {
    sequence.next(key);
    int hash = Hashing.murmur2(key.array(), 0, key.size());
    combiner.add(key.array(), key.size(), hash, NOW_MS + records, FrameFormat.RECORD, key);
    records = records + 1 == transaction ? 0 : records + 1;
  }

  private void write(
      byte[] keyBytes,
      int offset,
      int length,
      int hash,
      long timeMs,
      long spanMs,
      long weight,
      Object partial) {
    FrameWriter frame = frames[Hashing.partition(hash, PARTITIONS)];
    ByteWriter body = frame.beginEntry(keyBytes, offset, length, timeMs, FrameFormat.PARTIAL);
    head.of(weight, spanMs).write(body);
    partials.encode(partial, body);
    frame.endEntry();
    if (frame.sizeBytes() >= FRAME_BYTES) {
      sentBytes += frame.finish(0, List.of()).length;
    }
  }

  private record Seen(long count, long last) {}

  /** A count that is not known to be a sum. */
  private static final class CountAndLast implements Aggregation<Object, Seen, Seen> {

    private static final long serialVersionUID = 1L;

    @Override
    public Seen create() {
      return new Seen(0, 0);
    }

    @Override
    public Seen add(Seen seen, Object value) {
      return new Seen(seen.count + 1, Math.max(seen.last, seen.count));
    }

    @Override
    public Seen merge(Seen left, Seen right) {
      return new Seen(left.count + right.count, Math.max(left.last, right.last));
    }

    @Override
    public Seen finish(Seen seen) {
      return seen;
    }

    @Override
    public TypeRef<Seen> accumulatorType() {
      return TypeRef.of(Seen.class);
    }

    @Override
    public TypeRef<Seen> resultType() {
      return TypeRef.of(Seen.class);
    }
  }
}
