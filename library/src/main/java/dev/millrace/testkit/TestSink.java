package dev.millrace.testkit;

import dev.millrace.connector.SinkContext;
import dev.millrace.connector.SinkWriter;
import dev.millrace.connector.WriterSink;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A sink for jobs that are written in a test: it collects what was committed, each result exactly
 * once, whatever fails on the way.
 *
 * <p>It keeps the name of its last batch in the commit frame, so the stage it is in has a
 * changelog.
 *
 * <p><b>Threads.</b> Confined to the test's thread, like everything in a {@link JobTest}.
 *
 * <p><b>Example.</b>
 *
 * <pre>{@code
 * TestSink<Count> counts = TestSink.collect();
 * job.source(...).keyBy(Word::word).count().changes().to(counts);
 * ...
 * assertThat(counts.values()).hasSize(3);
 * }</pre>
 *
 * @param <T> the results
 */
public final class TestSink<T> implements WriterSink<T> {

  private final List<T> values = new ArrayList<>();
  private final Map<String, List<T>> prepared = new HashMap<>();
  private long batches;

  private TestSink() {}

  /** {@return an empty sink} */
  public static <T> TestSink<T> collect() {
    return new TestSink<>();
  }

  /** {@return everything committed so far, in the order of the commits} */
  public List<T> values() {
    return List.copyOf(values);
  }

  /** {@return everything committed since the last call} */
  public List<T> drain() {
    List<T> drained = List.copyOf(values);
    values.clear();
    return drained;
  }

  @Override
  public String name() {
    return "test";
  }

  @Override
  public boolean keepsState() {
    return true;
  }

  @Override
  public SinkWriter<T> open(SinkContext context) {
    publish(new String(context.committedState(), StandardCharsets.UTF_8));
    return new Writer();
  }

  private void publish(String batch) {
    List<T> committed = prepared.remove(batch);
    if (committed != null) {
      values.addAll(committed);
    }
  }

  private final class Writer implements SinkWriter<T> {

    private final List<T> written = new ArrayList<>();
    private String batch = "";

    @Override
    public void write(T value, long timeMs) {
      written.add(value);
    }

    @Override
    public byte[] prepare() {
      if (!written.isEmpty()) {
        batch = "batch-" + ++batches;
        prepared.put(batch, List.copyOf(written));
        written.clear();
      }
      return batch.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void commit() {
      publish(batch);
    }

    @Override
    public void abort() {
      written.clear();
    }

    @Override
    public void close() {}
  }
}
