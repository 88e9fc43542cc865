package dev.millrace.examples.distinctwords;

import java.util.Collections;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The table that changes make up, when each of them takes back exactly what is there.
 *
 * <p><b>Threads.</b> Confined to one.
 */
final class CountTable {

  private final SortedMap<Long, Long> wordsByCount = new TreeMap<>();

  /** The counts whose old row was taken back in favour of a new one, which is still to come. */
  private final Set<Long> awaited = new TreeSet<>();

  /**
   * Applies the next change.
   *
   * @throws IllegalStateException if it does not fit what is there
   */
  void apply(CountChange change) {
    boolean fits =
        change.count() > 0
            && change.words() > 0
            && switch (change.kind()) {
              case INSERT -> !awaited.contains(change.count()) && isNew(change);
              case UPDATE_BEFORE -> isTakenBack(change) && awaited.add(change.count());
              case UPDATE_AFTER -> awaited.remove(change.count()) && isNew(change);
              case DELETE -> isTakenBack(change);
            };
    if (!fits) {
      throw new IllegalStateException(
          "Cannot apply "
              + change.kind()
              + " of count "
              + change.count()
              + " with "
              + change.words()
              + " words: the table "
              + held(change.count()));
    }
  }

  private boolean isNew(CountChange change) {
    return wordsByCount.putIfAbsent(change.count(), change.words()) == null;
  }

  private boolean isTakenBack(CountChange change) {
    return wordsByCount.remove(change.count(), change.words());
  }

  private String held(long count) {
    if (awaited.contains(count)) {
      return "waits for an UPDATE_AFTER of that count";
    }
    Long words = wordsByCount.get(count);
    return words == null ? "has no row of that count" : "has " + words + " words of that count";
  }

  /**
   * Checks that no change is missing at the end.
   *
   * @throws IllegalStateException if a row was taken back, and the new one has not come
   */
  void checkComplete() {
    if (!awaited.isEmpty()) {
      throw new IllegalStateException(
          "Cannot end the table: an UPDATE_AFTER is missing for the counts " + awaited);
    }
  }

  /** {@return how many words have each count, in the order of counts} */
  SortedMap<Long, Long> rows() {
    return Collections.unmodifiableSortedMap(wordsByCount);
  }

  /** {@return how many distinct words there are} */
  long words() {
    return wordsByCount.values().stream().mapToLong(Long::longValue).sum();
  }
}
