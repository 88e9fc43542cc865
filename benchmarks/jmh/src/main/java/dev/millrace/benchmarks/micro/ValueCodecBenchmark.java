package dev.millrace.benchmarks.micro;

import dev.millrace.internal.codec.InMemorySchemaBook;
import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.codec.ValueCodecs;
import dev.millrace.internal.util.ByteWriter;
import java.time.Instant;
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
 * The cost of writing and reading the value of an entry or of a row: a count, a word, an order of
 * five components, and the same order as a class that is kept as JSON.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class ValueCodecBenchmark {

  private static final int VALUES = 1 << 10;

  /** The values that are written and read. */
  public enum Value {
    COUNT,
    WORD,
    RECORD,
    JSON
  }

  /** A value of a few components, as jobs have them. */
  public record Order(long id, String customer, int items, double total, Instant at) {}

  /** The same in a class that is no record. */
  public static final class OrderBean {
    public long id;
    public String customer = "";
    public int items;
    public double total;
    public Instant at = Instant.EPOCH;
  }

  @Param Value value;

  private final Object[] values = new Object[VALUES];
  private final byte[][] encoded = new byte[VALUES][];
  private final ByteWriter out = new ByteWriter(256);
  private ValueCodec<Object> codec;
  private int next;

  @Setup
  @SuppressWarnings("unchecked") // the codec is asked for the type of the very values
  public void makeValues() {
    SplittableRandom random = new SplittableRandom(20261126);
    for (int i = 0; i < VALUES; i++) {
      values[i] = made(random);
    }
    codec =
        (ValueCodec<Object>) ValueCodecs.forType(values[0].getClass(), new InMemorySchemaBook());
    for (int i = 0; i < VALUES; i++) {
      out.clear();
      codec.encode(values[i], out);
      encoded[i] = out.toByteArray();
    }
  }

  private Object made(SplittableRandom random) {
    String word = Long.toString(random.nextLong(1L << 30, 1L << 40), 36);
    Order order =
        new Order(
            random.nextLong(1L << 40),
            word,
            random.nextInt(1, 20),
            random.nextInt(100_000) / 100.0,
            Instant.ofEpochMilli(1_800_000_000_000L + random.nextInt(86_400_000)));
    return switch (value) {
      case COUNT -> random.nextLong(1L << random.nextInt(1, 30));
      case WORD -> word;
      case RECORD -> order;
      case JSON -> bean(order);
    };
  }

  private static OrderBean bean(Order order) {
    OrderBean bean = new OrderBean();
    bean.id = order.id;
    bean.customer = order.customer;
    bean.items = order.items;
    bean.total = order.total;
    bean.at = order.at;
    return bean;
  }

  @Benchmark
  public int encode() {
    out.clear();
    codec.encode(values[next()], out);
    return out.size();
  }

  @Benchmark
  public Object decode() {
    byte[] bytes = encoded[next()];
    return codec.decode(bytes, 0, bytes.length);
  }

  private int next() {
    next = (next + 1) & (VALUES - 1);
    return next;
  }
}
