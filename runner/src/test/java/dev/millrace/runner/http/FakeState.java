package dev.millrace.runner.http;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.Place;
import dev.millrace.error.StateUnavailableException;
import dev.millrace.error.StateUnavailableException.Reason;
import dev.millrace.query.StateAnswer;
import dev.millrace.query.StateCursor;
import dev.millrace.query.StatePage;
import dev.millrace.query.StatePosition;
import dev.millrace.query.StateQuery;
import dev.millrace.query.StateRow;
import dev.millrace.query.StateScan;
import dev.millrace.query.StateStoreInfo;
import dev.millrace.window.Window;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The stores of a job that is said to run: a key's task is its last character, 0 or 1. Store {@code
 * pages} has a window of each key, store {@code visits} two of each of two keys, whose results are
 * numbers.
 */
final class FakeState implements StateQuery<String, String> {

  static final List<StateStoreInfo> STORES =
      List.of(
          store("counts", "lines", StateStoreInfo.Kind.KEYS, null),
          store("pages", "lines", StateStoreInfo.Kind.WINDOWS, null),
          store("table", "lines", StateStoreInfo.Kind.KEYS, null),
          store("timers", "lines", StateStoreInfo.Kind.INTERNAL, "its rows are timers"),
          store("twice", "lines", StateStoreInfo.Kind.KEYS, null),
          store("twice", "words", StateStoreInfo.Kind.KEYS, null),
          store("visits", "lines", StateStoreInfo.Kind.WINDOWS, null));

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Window HOUR = new Window(NOW, NOW.plusSeconds(3600));

  private static final NavigableMap<String, String> ROWS =
      new TreeMap<>(Map.of("a0", "1.50", "b0", "2", "c0", "3", "a1", "{\"n\":4}", "b1", "\"5\""));

  private final FakeJob job;
  private final String store;

  FakeState(FakeJob job, String store) {
    this.job = job;
    this.store = store;
  }

  private static StateStoreInfo store(
      String name, String stage, StateStoreInfo.Kind kind, String refusal) {
    return new StateStoreInfo(name, stage, 2, kind, "String", "Long", Optional.ofNullable(refusal));
  }

  @Override
  public String store() {
    return store;
  }

  @Override
  public String stage() {
    return "lines";
  }

  @Override
  public int tasks() {
    return 2;
  }

  @Override
  public OptionalInt taskOf(String key) {
    if (key.isEmpty()) {
      throw new ConfigurationException("Cannot read the key: it is empty");
    }
    return store.equals("lines/table") ? OptionalInt.empty() : OptionalInt.of(task(key));
  }

  private static int task(String key) {
    return key.charAt(key.length() - 1) - '0';
  }

  @Override
  public Set<Integer> localTasks() {
    return job.here;
  }

  @Override
  public StateQuery<String, String> maxAge(Duration age) {
    job.askedAge = age;
    return this;
  }

  @Override
  public StateQuery<String, String> timeout(Duration time) {
    return this;
  }

  private StatePosition position(int task) {
    if (!job.here.contains(task)) {
      throw new StateUnavailableException(
          "Cannot read store '" + store + "': the task is not on this instance",
          Reason.ELSEWHERE,
          Place.ofJob("letters").withStage("lines").withTask(task),
          Duration.ofMillis(2500));
    }
    return new StatePosition(
        task,
        7,
        Map.of("in", 12L),
        Optional.of(task == 0 ? NOW : Instant.MAX),
        NOW.plusSeconds(task));
  }

  @Override
  public StateAnswer<String> get(String key) {
    if (taskOf(key).isEmpty()) {
      return anywhere(key);
    }
    return new StateAnswer<>(Optional.ofNullable(ROWS.get(key)), position(task(key)));
  }

  private StateAnswer<String> anywhere(String key) {
    String value = ROWS.get(key);
    if (value != null && job.here.contains(task(key))) {
      return new StateAnswer<>(Optional.of(value), position(task(key)));
    }
    if (job.here.size() < 2) {
      throw new StateUnavailableException(
          "Cannot find a key in store '" + store + "'",
          Reason.ELSEWHERE,
          Place.ofJob("letters").withStage("lines"),
          Duration.ofMillis(100));
    }
    return new StateAnswer<>(Optional.empty(), position(0));
  }

  @Override
  public StatePage<String, String> windows(String key, StateScan scan) {
    boolean isThere =
        ROWS.containsKey(key)
            && !scan.from().orElse(Instant.MIN).isAfter(HOUR.start())
            && scan.to().orElse(Instant.MAX).isAfter(HOUR.start());
    return new StatePage<>(
        isThere ? List.of(new StateRow<>(key, Optional.of(HOUR), ROWS.get(key))) : List.of(),
        position(task(key)),
        Optional.empty());
  }

  @Override
  public StatePage<String, String> scan(StateScan scan) {
    int task = scan.after().map(StateCursor::task).orElse(0);
    if (task > 1) {
      throw new ConfigurationException("Cannot scan task " + task + ": there are two");
    }
    StatePosition position = position(task);
    if (store.endsWith("/visits")) {
      return new StatePage<>(visits(task, scan), position, following(task));
    }
    String first =
        scan.after().map(at -> new String(at.rowKey(), StandardCharsets.UTF_8)).orElse("");
    List<StateRow<String, String>> rows =
        ROWS.tailMap(first).entrySet().stream()
            .filter(row -> task(row.getKey()) == task)
            .filter(row -> row.getKey().startsWith(scan.prefix().orElse("")))
            .map(
                row ->
                    new StateRow<>(
                        row.getKey(),
                        store.endsWith("/pages") ? Optional.of(HOUR) : Optional.<Window>empty(),
                        row.getValue()))
            .toList();
    if (rows.size() > scan.limit()) {
      byte[] next = rows.get(scan.limit()).key().getBytes(StandardCharsets.UTF_8);
      return new StatePage<>(
          rows.subList(0, scan.limit()), position, Optional.of(StateCursor.at(task, next)));
    }
    return new StatePage<>(rows, position, following(task));
  }

  private static Optional<StateCursor> following(int task) {
    return task == 0 ? Optional.of(StateCursor.ofTask(1)) : Optional.empty();
  }

  private static List<StateRow<String, String>> visits(int task, StateScan scan) {
    String key = "a" + task;
    String value = task == 0 ? "1" : "3";
    Window next = new Window(HOUR.end(), HOUR.end().plusSeconds(3600));
    return Stream.of(HOUR, next)
        .filter(window -> !window.start().isBefore(scan.from().orElse(Instant.MIN)))
        .filter(window -> window.start().isBefore(scan.to().orElse(Instant.MAX)))
        .map(window -> new StateRow<>(key, Optional.of(window), value))
        .toList();
  }
}
