package dev.millrace.internal.query;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.MillraceException;
import dev.millrace.error.Place;
import dev.millrace.error.StateUnavailableException;
import dev.millrace.error.StateUnavailableException.Reason;
import dev.millrace.internal.frame.CommitFrame;
import dev.millrace.internal.frame.InputPosition;
import dev.millrace.internal.runtime.Question;
import dev.millrace.internal.runtime.Question.Answer;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.internal.task.CommittedTask;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Clock;
import dev.millrace.internal.util.Hashing;
import dev.millrace.query.StateAnswer;
import dev.millrace.query.StateCursor;
import dev.millrace.query.StatePage;
import dev.millrace.query.StatePosition;
import dev.millrace.query.StateQuery;
import dev.millrace.query.StateRow;
import dev.millrace.query.StateScan;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The query of a store through the workers of this instance.
 *
 * <p>A question goes to the worker that has the task. What it has read is made into values here, by
 * the thread that asks.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class LocalQuery<K, V> implements StateQuery<K, V> {

  private static final Duration USUAL_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration SOON = Duration.ofMillis(100);
  private static final byte[] NOTHING = {};

  private final QueriedStore store;
  private final StateReader reader;
  private final Translation<K, V> translation;
  private final Owners owners;
  private final Decoding decoding;
  private final Clock clock;
  private final Duration maxAge;
  private final Duration timeout;

  /**
   * The way in which values are decoded: one call at a time where serdes are not safe for several
   * threads.
   */
  interface Decoding {
    <A> A of(Supplier<A> values);
  }

  /** The end of the time that a question has, whatever number of tasks it goes to. */
  private record Deadline(Clock clock, long beganNanos, Duration timeout) {

    static Deadline after(Duration timeout, Clock clock) {
      return new Deadline(clock, clock.nanos(), timeout);
    }

    Duration left() {
      Duration left = timeout.minusNanos(clock.nanos() - beganNanos);
      return left.isNegative() ? Duration.ZERO : left;
    }
  }

  LocalQuery(
      QueriedStore store,
      Translation<K, V> translation,
      Owners owners,
      Decoding decoding,
      Clock clock) {
    this(
        store,
        StateReader.of(store),
        translation,
        owners,
        decoding,
        clock,
        Duration.ZERO,
        USUAL_TIMEOUT);
  }

  private LocalQuery(
      QueriedStore store,
      StateReader reader,
      Translation<K, V> translation,
      Owners owners,
      Decoding decoding,
      Clock clock,
      Duration maxAge,
      Duration timeout) {
    this.store = store;
    this.reader = reader;
    this.translation = translation;
    this.owners = owners;
    this.decoding = decoding;
    this.clock = clock;
    this.maxAge = maxAge;
    this.timeout = timeout;
  }

  @Override
  public String store() {
    return store.name();
  }

  @Override
  public String stage() {
    return store.stage();
  }

  @Override
  public int tasks() {
    return store.setup().tasks();
  }

  @Override
  public OptionalInt taskOf(K key) {
    return taskOf(bytes(key));
  }

  private OptionalInt taskOf(byte[] key) {
    return store.isShuffled()
        ? OptionalInt.of(Hashing.partition(Hashing.murmur2(key, 0, key.length), tasks()))
        : OptionalInt.empty();
  }

  private byte[] bytes(K key) {
    ByteWriter out = new ByteWriter(64);
    store.codecs().keys().encode(translation.key(key), out);
    return out.toByteArray();
  }

  @Override
  public Set<Integer> localTasks() {
    return new TreeSet<>(owners.tasks(stage()));
  }

  @Override
  public LocalQuery<K, V> maxAge(Duration age) {
    if (age.isNegative()) {
      throw new ConfigurationException(
          "Cannot query store '"
              + store()
              + "': the maximum age of an answer is negative ("
              + age
              + "). Use zero or more");
    }
    return new LocalQuery<>(store, reader, translation, owners, decoding, clock, age, timeout);
  }

  @Override
  public LocalQuery<K, V> timeout(Duration time) {
    if (time.isNegative() || time.isZero()) {
      throw new ConfigurationException(
          "Cannot query store '"
              + store()
              + "': the timeout must be more than zero ("
              + time
              + "). Use a longer one");
    }
    return new LocalQuery<>(store, reader, translation, owners, decoding, clock, maxAge, time);
  }

  // ------------------------------------------------------------------ keys

  @Override
  public StateAnswer<V> get(K key) {
    byte[] bytes = bytes(key);
    OptionalInt task = taskOf(bytes);
    return task.isPresent()
        ? awaited(got(task.getAsInt(), bytes))
        : anywhere(number -> got(number, bytes), answer -> answer.value().isPresent());
  }

  /** {@return the answer of a key's task, which is to come} */
  public Pending<StateAnswer<V>> got(K key) {
    byte[] bytes = bytes(key);
    return got(taskOf(bytes).orElseThrow(), bytes);
  }

  private Pending<StateAnswer<V>> got(int task, byte[] key) {
    return ask(
        task,
        reader.get(store, key),
        answer -> {
          Object value = reader.value(answer.content(), answer.asOfMs());
          return new StateAnswer<>(
              Optional.ofNullable(value).map(translation::shownValue), position(answer));
        });
  }

  /** Only the writer of the topic knows which of its partitions has a key. */
  private <A> A anywhere(IntFunction<Pending<A>> question, Predicate<A> isFound) {
    List<Pending<A>> asked = new ArrayList<>();
    Set<Integer> here = localTasks();
    Deadline deadline = Deadline.after(timeout, clock);
    @Nullable A first = null;
    try {
      here.forEach(task -> asked.add(question.apply(task)));
      for (Pending<A> each : asked) {
        A answer = awaited(each, deadline);
        if (isFound.test(answer)) {
          return answer;
        }
        first = first == null ? answer : first;
      }
    } finally {
      asked.forEach(Pending::forget);
    }
    if (first == null || here.size() < tasks()) {
      throw new StateUnavailableException(
          "Cannot find a key in store '"
              + store()
              + "': the tasks that this instance has do not have it, and only "
              + here.size()
              + " of "
              + tasks()
              + " are here. Ask the other instances",
          Reason.ELSEWHERE,
          place(),
          SOON);
    }
    return first;
  }

  // ------------------------------------------------------------------ windows and pages

  @Override
  public StatePage<K, V> windows(K key, StateScan scan) {
    byte[] bytes = bytes(key);
    Range range = Range.of(scan, NOTHING);
    OptionalInt task = taskOf(bytes);
    return task.isPresent()
        ? awaited(windowsOf(task.getAsInt(), bytes, range))
        : anywhere(number -> windowsOf(number, bytes, range), page -> !page.rows().isEmpty());
  }

  /** {@return the windows of a key, which are to come} */
  public Pending<StatePage<K, V>> windowsLater(K key, StateScan scan) {
    byte[] bytes = bytes(key);
    return windowsOf(taskOf(bytes).orElseThrow(), bytes, Range.of(scan, NOTHING));
  }

  private Pending<StatePage<K, V>> windowsOf(int task, byte[] key, Range range) {
    return ask(
        task, reader.windows(store, key, range), answer -> page(answer, range, Optional.empty()));
  }

  @Override
  public StatePage<K, V> scan(StateScan scan) {
    return awaited(scanned(scan));
  }

  /** {@return a page, which is to come} */
  public Pending<StatePage<K, V>> scanned(StateScan scan) {
    OptionalInt only = scan.task();
    int task = scan.after().map(StateCursor::task).orElse(only.orElse(0));
    if (task >= tasks() || (only.isPresent() && only.getAsInt() != task)) {
      throw new ConfigurationException(
          "Cannot scan task "
              + task
              + " of store '"
              + store()
              + "': "
              + (task >= tasks()
                  ? "its stage has " + tasks() + " tasks, numbered from 0"
                  : "the cursor is of that task, the scan of task " + only.getAsInt())
              + ". Use another number");
    }
    Range range = Range.of(scan, prefix(scan));
    Optional<StateCursor> following =
        only.isEmpty() && task + 1 < tasks()
            ? Optional.of(StateCursor.ofTask(task + 1))
            : Optional.empty();
    return ask(task, reader.scan(store, range), answer -> page(answer, range, following));
  }

  private byte[] prefix(StateScan scan) {
    if (scan.prefix().isEmpty()) {
      return NOTHING;
    }
    if (store.keyType() != String.class) {
      throw new ConfigurationException(
          "Cannot scan store '"
              + store()
              + "' by a prefix of keys: they are no strings. Leave the prefix out");
    }
    return scan.prefix().get().getBytes(StandardCharsets.UTF_8);
  }

  /**
   * {@return the page that a worker has read}
   *
   * @param following where it goes on if the task has no more
   */
  private StatePage<K, V> page(
      Answer<Reading> answer, Range range, Optional<StateCursor> following) {
    StateReader.Page page = reader.rows(answer.content(), range, answer.asOfMs());
    StatePosition position = position(answer);
    List<StateRow<K, V>> rows = new ArrayList<>();
    for (StateRow<Object, Object> row : page.rows()) {
      rows.add(
          new StateRow<>(
              translation.shownKey(row.key()), row.window(), translation.shownValue(row.value())));
    }
    byte @Nullable [] next = page.next();
    return new StatePage<>(
        rows,
        position,
        next == null ? following : Optional.of(StateCursor.at(position.task(), next)));
  }

  // ------------------------------------------------------------------ the worker

  private <A> Pending<A> ask(
      int task, Function<CommittedTask, Reading> read, Function<Answer<Reading>, A> made) {
    Question<Reading> question = new Question<>(task, maxAge, read);
    Optional<Worker> owner = owners.of(stage(), task);
    if (owner.isEmpty()) {
      throw absent(task);
    }
    owner.get().ask(question);
    return new Pending<>(question, answer -> decoding.of(() -> made.apply(answer)));
  }

  private <A> A awaited(Pending<A> pending) {
    return awaited(pending, Deadline.after(timeout, clock));
  }

  private <A> A awaited(Pending<A> pending, Deadline deadline) {
    @Nullable A answer;
    try {
      answer = pending.await(deadline.left());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MillraceException(
          "Cannot read store '" + store() + "': the thread was interrupted. Ask again", e);
    }
    if (answer == null) {
      throw new StateUnavailableException(
          "Cannot read store '"
              + store()
              + "': its worker did not come to answer within "
              + timeout
              + ": a function takes long, commits fail, or brokers do not answer. See the job's"
              + " status, ask again later, or permit answers of some age",
          Reason.BUSY,
          place().withTask(pending.task()),
          SOON);
    }
    return answer;
  }

  private StateUnavailableException absent(int task) {
    boolean over = owners.isOver();
    return new StateUnavailableException(
        "Cannot read store '"
            + store()
            + "' in task "
            + task
            + " of stage '"
            + stage()
            + "': "
            + (over
                ? "this instance has stopped. Ask the others"
                : "the task is not on this instance. Ask the others, or again in a while: it may"
                    + " be on its way"),
        over ? Reason.STOPPED : Reason.ELSEWHERE,
        place().withTask(task),
        SOON);
  }

  private Place place() {
    return Place.ofJob(store.setup().plan().job()).withStage(stage());
  }

  private static StatePosition position(Answer<Reading> answer) {
    CommitFrame frame = CommitFrame.decode(answer.frame());
    Map<String, Long> offsets = new HashMap<>();
    for (InputPosition position : frame.inputPositions()) {
      offsets.put(position.topic(), position.offset());
    }
    return new StatePosition(
        frame.task(),
        frame.txnSeq(),
        offsets,
        time(frame.eventTimeWatermark()),
        Instant.ofEpochMilli(answer.asOfMs()));
  }

  private static Optional<Instant> time(long watermarkMs) {
    if (watermarkMs == Long.MIN_VALUE) {
      return Optional.empty();
    }
    return Optional.of(
        watermarkMs == Long.MAX_VALUE ? Instant.MAX : Instant.ofEpochMilli(watermarkMs));
  }
}
