package dev.millrace.admin;

import java.util.Optional;

/**
 * The selection of dead letters by their kind; all that is set must hold.
 *
 * <p><b>Threads.</b> Immutable; every method returns a changed copy.
 *
 * @param stage the only stage
 * @param operator the only step
 * @param topic the only topic of records
 * @param exception the only class of exceptions, with its package or without
 */
public record LetterFilter(
    Optional<String> stage,
    Optional<String> operator,
    Optional<String> topic,
    Optional<String> exception) {

  /** {@return the filter that takes all} */
  public static LetterFilter all() {
    return new LetterFilter(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
  }

  /** {@return the same for one stage} */
  public LetterFilter onlyStage(String name) {
    return new LetterFilter(Optional.of(name), operator, topic, exception);
  }

  /** {@return the same for one step} */
  public LetterFilter onlyOperator(String name) {
    return new LetterFilter(stage, Optional.of(name), topic, exception);
  }

  /** {@return the same for records of one topic} */
  public LetterFilter onlyTopic(String name) {
    return new LetterFilter(stage, operator, Optional.of(name), exception);
  }

  /** {@return the same for one class of exceptions, whose package may be left out} */
  public LetterFilter onlyException(String name) {
    return new LetterFilter(stage, operator, topic, Optional.of(name));
  }

  /** {@return whether letters of a kind are selected} */
  public boolean matches(LetterKind kind) {
    return stage.map(kind.stage()::equals).orElse(true)
        && operator.map(kind.operator()::equals).orElse(true)
        && topic.map(kind.topic()::equals).orElse(true)
        && exception.map(name -> isNamed(name, kind.exception())).orElse(true);
  }

  private static boolean isNamed(String name, String exception) {
    return exception.equals(name)
        || exception.endsWith("." + name)
        || exception.endsWith("$" + name);
  }
}
