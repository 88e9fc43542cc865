package dev.millrace.testkit;

import dev.millrace.connector.CircuitBreaker;
import dev.millrace.connector.SinkContext;
import dev.millrace.connector.SinkWriter;
import dev.millrace.connector.WriterSink;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The recorder of what goes through sinks, as far as it was committed.
 *
 * <p>What a writer prepared in a transaction whose outcome nobody learned is settled when its
 * successor gets the state that was committed; a sink that keeps no state gets none, and the values
 * count as lost, as they are for that sink too.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class SinkRecorder {

  private final List<Object> values = new ArrayList<>();
  private final Map<String, Prepared> prepared = new HashMap<>();

  @SuppressWarnings("ArrayRecordComponent") // nobody else has the array
  private record Prepared(byte[] state, List<Object> values) {}

  /** {@return the values that were committed, in the order of the commits} */
  List<Object> values() {
    return values;
  }

  /** {@return a sink that does what the given one does, and is recorded} */
  <T> WriterSink<T> watch(WriterSink<T> sink) {
    return new Watched<>(sink);
  }

  private void settle(@Nullable Prepared transaction) {
    if (transaction != null) {
      values.addAll(transaction.values());
    }
  }

  private final class Watched<T> implements WriterSink<T> {

    private final WriterSink<T> sink;

    Watched(WriterSink<T> sink) {
      this.sink = sink;
    }

    @Override
    public String name() {
      return sink.name();
    }

    @Override
    public SinkWriter<T> open(SinkContext context) throws Exception {
      String task = context.stage() + "/" + context.sink() + "/" + context.task();
      Prepared undecided = prepared.remove(task);
      if (keepsState()
          && undecided != null
          && Arrays.equals(undecided.state(), context.committedState())) {
        settle(undecided);
      }
      return new Writer<>(task, sink.open(context));
    }

    @Override
    public boolean keepsState() {
      return sink.keepsState();
    }

    @Override
    public Duration minCommitInterval() {
      return sink.minCommitInterval();
    }

    @Override
    public Optional<CircuitBreaker> circuitBreaker() {
      return sink.circuitBreaker();
    }
  }

  private final class Writer<T> implements SinkWriter<T> {

    private final String task;
    private final SinkWriter<T> writer;
    private final List<Object> written = new ArrayList<>();

    Writer(String task, SinkWriter<T> writer) {
      this.task = task;
      this.writer = writer;
    }

    @Override
    public void write(T value, long timeMs) throws Exception {
      writer.write(value, timeMs);
      written.add(value);
    }

    @Override
    public byte[] prepare() throws Exception {
      byte[] state = writer.prepare();
      prepared.put(task, new Prepared(state, List.copyOf(written)));
      return state;
    }

    @Override
    public void commit() throws Exception {
      settle(prepared.remove(task));
      written.clear();
      writer.commit();
    }

    @Override
    public void abort() throws Exception {
      writer.abort();
    }

    @Override
    public boolean wantsCommit(long clockMs) {
      return writer.wantsCommit(clockMs);
    }

    @Override
    public void endOfInput() throws Exception {
      writer.endOfInput();
    }

    @Override
    public void close() throws IOException {
      writer.close();
    }
  }
}
