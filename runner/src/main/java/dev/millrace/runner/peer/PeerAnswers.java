package dev.millrace.runner.peer;

import java.util.List;

/**
 * The answers of all other instances.
 *
 * @param answers the good ones, by the names of the instances
 * @param unanswered the instances that are alive and have not given one
 */
public record PeerAnswers(List<PeerAnswer> answers, List<Unanswered> unanswered) {

  /** No others. */
  public static final PeerAnswers NONE = new PeerAnswers(List.of(), List.of());

  /** Copies the lists. */
  public PeerAnswers {
    answers = List.copyOf(answers);
    unanswered = List.copyOf(unanswered);
  }
}
