package dev.millrace.internal.meta;

import dev.millrace.admin.LetterKind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The progress of replays in a partition of dead letters: up to an offset with all of them, and
 * further with some kinds, which replays with a filter have dealt with.
 *
 * <p>A kind is dealt with up to one offset, never here and there, since a filter takes a kind as a
 * whole and a replay goes from front to back. So what has to be remembered grows with the number of
 * kinds, however many letters were left out between others.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param upTo all letters before this offset are dealt with
 * @param further the kinds that are dealt with beyond that
 */
public record ReplayProgress(long upTo, List<Further> further) {

  /** Of a partition in which nothing has been replayed yet. */
  public static final ReplayProgress NONE = new ReplayProgress(0, List.of());

  private static final Comparator<LetterKind> ORDER =
      Comparator.comparing(LetterKind::stage)
          .thenComparing(LetterKind::operator)
          .thenComparing(LetterKind::topic)
          .thenComparing(LetterKind::exception)
          .thenComparing(LetterKind::life);

  /**
   * A kind that is dealt with beyond all others.
   *
   * @param kind the kind
   * @param upTo its letters before this offset are dealt with
   */
  public record Further(LetterKind kind, long upTo) {}

  /** Copies the list. */
  public ReplayProgress {
    further = further == null ? List.of() : List.copyOf(further);
  }

  /** {@return whether a letter is dealt with} */
  public boolean covers(LetterKind kind, long offset) {
    return offset < upTo
        || further.stream().anyMatch(each -> offset < each.upTo && each.kind.equals(kind));
  }

  /**
   * {@return the progress after a replay that has looked at all letters from {@link #upTo} to an
   * offset}
   *
   * @param firstLeft the first letter that it has left for later; the end if it has left none
   * @param kinds those that it has dealt with
   * @param end the offset that it has come to
   */
  public ReplayProgress after(long firstLeft, Collection<LetterKind> kinds, long end) {
    Map<LetterKind, Long> ends = new HashMap<>();
    further.forEach(each -> ends.put(each.kind, each.upTo));
    kinds.forEach(kind -> ends.merge(kind, end, Math::max));
    long newUpTo = Math.max(upTo, firstLeft);
    List<Further> beyond = new ArrayList<>();
    ends.forEach(
        (kind, kindEnd) -> {
          if (kindEnd > newUpTo) {
            beyond.add(new Further(kind, kindEnd));
          }
        });
    beyond.sort(Comparator.comparing(Further::kind, ORDER));
    return new ReplayProgress(newUpTo, beyond);
  }
}
