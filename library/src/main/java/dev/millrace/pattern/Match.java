package dev.millrace.pattern;

import dev.millrace.aggregate.Aggregation;
import dev.millrace.internal.pattern.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;

/**
 * The events of a match, by the names of the stages that have taken them; in a condition, those of
 * the match so far.
 *
 * <p><b>Contract.</b> Events of a stage are in the order in which they were taken. The objects are
 * not to be changed.
 *
 * <p><b>Time.</b> {@link #start} and {@link #end} are in the time that the pattern goes by.
 *
 * <p><b>Threads.</b> Immutable, as far as the events are; in a condition, confined to the call.
 *
 * @param <T> the events
 */
public final class Match<T> {

  private final Path path;

  Match(Path path) {
    this.path = path;
  }

  /**
   * {@return the first event of a stage}
   *
   * @throws NoSuchElementException if it has taken none
   */
  public T first(String stage) {
    int number = number(stage);
    List<Path.Taken> taken = path.taken();
    for (int i = 0; i < taken.size(); i++) {
      if (taken.get(i).stage() == number) {
        return event(taken.get(i));
      }
    }
    throw none(stage);
  }

  /**
   * {@return the last event of a stage}
   *
   * @throws NoSuchElementException if it has taken none
   */
  public T last(String stage) {
    int number = number(stage);
    List<Path.Taken> taken = path.taken();
    for (int i = taken.size() - 1; i >= 0; i--) {
      if (taken.get(i).stage() == number) {
        return event(taken.get(i));
      }
    }
    throw none(stage);
  }

  @SuppressWarnings("unchecked") // the pattern is one of events of this type
  private T event(Path.Taken taken) {
    return (T) taken.value();
  }

  private static NoSuchElementException none(String stage) {
    return new NoSuchElementException(
        "Cannot give an event of stage '"
            + stage
            + "': it has taken none. Ask has(\""
            + stage
            + "\") before");
  }

  /** {@return all events of a stage, none if it has taken none} */
  public List<T> all(String stage) {
    int number = number(stage);
    List<T> all = new ArrayList<>();
    for (Path.Taken taken : path.taken()) {
      if (taken.stage() == number) {
        all.add(event(taken));
      }
    }
    return Collections.unmodifiableList(all);
  }

  /** {@return how many events a stage has taken} */
  public int count(String stage) {
    int number = number(stage);
    int count = 0;
    for (Path.Taken taken : path.taken()) {
      count += taken.stage() == number ? 1 : 0;
    }
    return count;
  }

  /** {@return whether a stage has taken an event} */
  public boolean has(String stage) {
    return count(stage) > 0;
  }

  /** {@return an aggregate over the events of a stage} */
  public <A, R> R aggregate(String stage, Aggregation<? super T, A, R> aggregation)
      throws Exception {
    A accumulator = aggregation.create();
    for (T event : all(stage)) {
      accumulator = aggregation.add(accumulator, event);
    }
    return aggregation.finish(accumulator);
  }

  /** {@return all events in their order, whatever their stages} */
  public List<T> events() {
    return path.taken().stream().map(this::event).toList();
  }

  /** {@return the events of each stage that has taken any, in the order of the pattern} */
  public Map<String, List<T>> byStage() {
    Map<String, List<T>> all = new LinkedHashMap<>();
    for (String stage : path.stages()) {
      List<T> events = all(stage);
      if (!events.isEmpty()) {
        all.put(stage, events);
      }
    }
    return all;
  }

  /**
   * {@return the time of the first event}
   *
   * @throws NoSuchElementException in the condition of the first event
   */
  public Instant start() {
    return Instant.ofEpochMilli(at(0).timeMs());
  }

  /**
   * {@return the time of the last event}
   *
   * @throws NoSuchElementException in the condition of the first event
   */
  public Instant end() {
    return Instant.ofEpochMilli(at(path.taken().size() - 1).timeMs());
  }

  private Path.Taken at(int index) {
    if (path.taken().isEmpty()) {
      throw new NoSuchElementException(
          "Cannot give the time of a match: it has taken no event so far");
    }
    return path.taken().get(index);
  }

  private int number(String stage) {
    int number = path.stages().indexOf(stage);
    if (number < 0) {
      throw new IllegalArgumentException(
          "Cannot give events of stage '"
              + stage
              + "': the pattern has no such stage (it has "
              + path.stages()
              + "). Use one of its names");
    }
    return number;
  }

  @Override
  public String toString() {
    return byStage().toString();
  }
}
