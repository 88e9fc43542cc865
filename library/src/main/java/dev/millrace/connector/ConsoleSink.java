package dev.millrace.connector;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/**
 * A sink that prints each result on a line of its own, after the transaction it belongs to has
 * committed: what is on the screen is true.
 *
 * <p><b>Contract.</b> Lines of one task keep their order. Lines of aborted transactions are never
 * printed. What was committed right before a crash is not printed at all if the crash came before
 * the print: printed lines cannot be taken back, so this sink does not repeat them either. Use a
 * file or Kafka sink where every result has to arrive.
 *
 * <p><b>Threads.</b> Immutable; lines of one commit are printed together, whatever other workers
 * print.
 *
 * <p><b>Example.</b> {@code counts.to(ConsoleSink.lines())}.
 *
 * @param <T> the results; printed with {@code toString}
 */
public final class ConsoleSink<T> implements WriterSink<T> {

  private final PrintStream out;

  private ConsoleSink(PrintStream out) {
    this.out = out;
  }

  /** {@return a sink that prints to standard output} */
  public static <T> ConsoleSink<T> lines() {
    return new ConsoleSink<>(System.out);
  }

  /** {@return a sink that prints elsewhere} */
  public static <T> ConsoleSink<T> to(PrintStream out) {
    return new ConsoleSink<>(out);
  }

  @Override
  public String name() {
    return "console";
  }

  @Override
  public SinkWriter<T> open(SinkContext context) {
    return new Writer<>(out);
  }

  /** A writer that keeps the lines of a transaction until it has committed. */
  private static final class Writer<T> implements SinkWriter<T> {
    private static final byte[] NO_STATE = {};

    private final PrintStream out;
    private final List<String> lines = new ArrayList<>();

    Writer(PrintStream out) {
      this.out = out;
    }

    @Override
    public void write(T value, long timeMs) {
      lines.add(value.toString());
    }

    @Override
    public byte[] prepare() {
      return NO_STATE;
    }

    @Override
    public void commit() {
      synchronized (out) {
        lines.forEach(out::println);
        out.flush();
      }
      lines.clear();
    }

    @Override
    public void abort() {
      lines.clear();
    }

    @Override
    public void close() {
      lines.clear();
    }
  }
}
