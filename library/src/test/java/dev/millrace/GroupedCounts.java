package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * A job that counts how many words have each count, and what its table may look like: at the end of
 * every transaction as after some line of the input.
 */
final class GroupedCounts {

  /** A word that goes into a group of words, or out of it. */
  record Move(long group, long words) {}

  /** A record of the output: its place and the new number of words in a group. */
  record Row(long offset, long group, long words) {}

  private GroupedCounts() {}

  /**
   * {@return the job}
   *
   * @param counters the tasks that count words
   */
  static Job job(String name, String lines, String groups, int counters) {
    Job job = Job.named(name);
    job.source(KafkaSource.strings(lines))
        .flatMap(
            String.class,
            (line, out) -> {
              for (String word : line.split(" ")) {
                out.emit(word);
              }
            })
        .keyBy(word -> word)
        .parallelism(counters)
        .count()
        .name("counts")
        .changes()
        .flatMap(
            Move.class,
            (change, out) ->
                out.emit(new Move(change.value(), change.kind().retracts() ? -1 : 1)))
        .keyBy(Move::group)
        .parallelism(1)
        .sum(Move::words)
        .sequential()
        .name("groups")
        .to(KafkaSink.upsert(groups));
    return job;
  }

  /** {@return lines of words, of which some are frequent and most are not} */
  static List<String> lines(Random random, int count, int wordsPerLine, int vocabulary) {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      StringBuilder line = new StringBuilder();
      for (int k = 0; k < wordsPerLine; k++) {
        double skewed = random.nextDouble() * random.nextDouble();
        line.append(k == 0 ? "" : " ")
            .append(String.format(Locale.ROOT, "word-%09d", (int) (skewed * vocabulary)));
      }
      lines.add(line.toString());
    }
    return lines;
  }

  /** {@return the table after each line, and first that of no line; groups without words are out} */
  static List<Map<Long, Long>> prefixes(List<String> lines) {
    List<Map<Long, Long>> states = new ArrayList<>();
    Map<String, Long> counts = new HashMap<>();
    TreeMap<Long, Long> groups = new TreeMap<>();
    states.add(Map.copyOf(groups));
    for (String line : lines) {
      for (String word : line.split(" ")) {
        long count = counts.merge(word, 1L, Long::sum);
        groups.merge(count, 1L, Long::sum);
        if (count > 1) {
          groups.compute(count - 1, (group, words) -> words == null || words == 1 ? null : words - 1);
        }
      }
      states.add(Map.copyOf(groups));
    }
    return states;
  }

  /** {@return the table at the end of each transaction, between which a marker takes an offset} */
  static List<Map<Long, Long>> states(List<Row> rows) {
    List<Map<Long, Long>> states = new ArrayList<>();
    Map<Long, Long> groups = new HashMap<>();
    long next = rows.isEmpty() ? 0 : rows.get(0).offset();
    for (Row row : rows) {
      if (row.offset() != next) {
        states.add(Map.copyOf(groups));
      }
      next = row.offset() + 1;
      if (row.words() == 0) {
        groups.remove(row.group());
      } else {
        groups.put(row.group(), row.words());
      }
    }
    states.add(Map.copyOf(groups));
    return states;
  }

  /** Checks that each state is that after some line, later and later ones, and the last the last. */
  static void assertPrefixes(String run, List<Map<Long, Long>> states, List<String> lines) {
    List<Map<Long, Long>> prefixes = prefixes(lines);
    int from = 0;
    for (int i = 0; i < states.size(); i++) {
      int at = from;
      while (at < prefixes.size() && !prefixes.get(at).equals(states.get(i))) {
        at++;
      }
      assertThat(at)
          .as(
              "%s: transaction %s of %s shows %s words, as after no line since line %s",
              run, i, states.size(), words(states.get(i)), from)
          .isLessThan(prefixes.size());
      from = at;
    }
    assertThat(states.get(states.size() - 1)).as(run).isEqualTo(prefixes.get(lines.size()));
  }

  /** {@return how many distinct words a state has} */
  static long words(Map<Long, Long> state) {
    return state.values().stream().mapToLong(Long::longValue).sum();
  }
}
