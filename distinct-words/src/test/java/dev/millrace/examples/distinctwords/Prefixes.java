package dev.millrace.examples.distinctwords;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** What the table has to be when some words have been said: counted in the plainest way. */
final class Prefixes {

  /**
   * A change as it is in a topic.
   *
   * @param offset where; the marker at the end of a transaction takes an offset, too
   * @param change what
   */
  record Stored(long offset, CountChange change) {}

  private Prefixes() {}

  /** {@return how many distinct words have each count} */
  static SortedMap<Long, Long> table(Collection<String> words) {
    Map<String, Long> counts = new HashMap<>();
    words.forEach(word -> counts.merge(word.toLowerCase(Locale.ROOT), 1L, Long::sum));
    SortedMap<Long, Long> table = new TreeMap<>();
    counts.values().forEach(count -> table.merge(count, 1L, Long::sum));
    return table;
  }

  /**
   * Reads a topic of one partition and checks that at the end of each transaction the table is that
   * of the words said up to some point.
   *
   * @return the number of transactions
   */
  static int check(List<Stored> topic, List<String> words) {
    CountTable table = new CountTable();
    int transactions = 0;
    int said = 0;
    for (int i = 0; i < topic.size(); i++) {
      table.apply(topic.get(i).change());
      boolean ends =
          i + 1 == topic.size() || topic.get(i + 1).offset() != topic.get(i).offset() + 1;
      if (ends) {
        table.checkComplete();
        transactions++;
        int before = said;
        said = said(table);
        assertThat(said).isBetween(before, words.size());
        assertThat(table.rows())
            .as("after transaction %s and %s words", transactions, said)
            .isEqualTo(table(words.subList(0, said)));
      }
    }
    assertThat(said).isEqualTo(words.size());
    return transactions;
  }

  private static int said(CountTable table) {
    return table.rows().entrySet().stream()
        .mapToInt(row -> Math.toIntExact(row.getKey() * row.getValue()))
        .sum();
  }
}
