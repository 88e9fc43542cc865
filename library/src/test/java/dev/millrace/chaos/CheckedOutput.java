package dev.millrace.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.devbroker.testing.TestBroker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import tools.jackson.databind.json.JsonMapper;

/**
 * The committed results in a topic, read bit by bit and checked one by one: whatever is wrong on
 * the way to the right ones fails the test.
 *
 * <p><b>Threads.</b> Confined to the test.
 *
 * @param <T> the results
 */
abstract class CheckedOutput<T> implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final JsonMapper JSON = JsonMapper.builder().build();

  final String name;
  private final CommittedReader reader;
  private final Class<T> type;
  private final List<String> wrongs = new ArrayList<>();

  CheckedOutput(TestBroker broker, String topic, Class<T> type, long seed) {
    this.name = topic + ", seed " + seed;
    this.reader = new CommittedReader(broker, topic);
    this.type = type;
  }

  /** Checks a result and keeps what is needed of it. */
  abstract void take(T result);

  /** Fails the test, at the end of what is read now. */
  final void wrong(String what) {
    wrongs.add(what);
  }

  /** Reads until a condition holds, for as long as patience lasts. */
  final void await(BooleanSupplier condition) {
    reader.read(
        name,
        PATIENCE,
        value -> take(JSON.readValue(value, type)),
        () -> condition.getAsBoolean() || !wrongs.isEmpty());
    assertThat(wrongs).as(name).isEmpty();
  }

  @Override
  public void close() {
    reader.close();
  }
}
