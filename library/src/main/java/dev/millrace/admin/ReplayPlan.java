package dev.millrace.admin;

import java.util.List;

/**
 * The plan of a replay of dead letters: what it would do.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param job the job
 * @param request what was asked for
 * @param topic the topic of dead letters
 * @param letters how many there are of each kind that no replay has dealt with yet
 */
public record ReplayPlan(String job, ReplayRequest request, String topic, List<Letters> letters) {

  /**
   * Letters of one kind.
   *
   * @param kind the kind
   * @param state whether they can be replayed
   * @param count how many there are
   * @param selected how many of them the replay would deal with
   */
  public record Letters(LetterKind kind, LetterState state, long count, long selected) {}

  /** Copies the list. */
  public ReplayPlan {
    letters = List.copyOf(letters);
  }

  /** {@return how many letters the replay would deal with} */
  public long selected() {
    return letters.stream().mapToLong(Letters::selected).sum();
  }
}
