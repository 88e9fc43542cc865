package dev.millrace.sidebyside.nexmark;

import java.io.Serializable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Results of each value and a state of its key, which it changes.
 *
 * @param type the class of values
 * @param selection takes them from events
 * @param key their key
 * @param stateType the class of states
 * @param function makes a step
 * @param <T> the values
 * @param <S> the states
 */
public record KeyedSteps<T, S>(
    Class<T> type,
    Selection<T> selection,
    KeyOf<T> key,
    Class<S> stateType,
    StepFunction<T, S> function)
    implements QueryPlan {

  /** The function that makes a step. */
  @FunctionalInterface
  public interface StepFunction<T, S> extends Serializable {

    /**
     * {@return the step that a value makes}
     *
     * @param state the state of its key, which is null at first
     */
    Step<S> step(@Nullable S state, T value);
  }

  /**
   * The effect of a value.
   *
   * @param state the state of its key from now on
   * @param results lines
   */
  public record Step<S>(S state, List<String> results) {}
}
