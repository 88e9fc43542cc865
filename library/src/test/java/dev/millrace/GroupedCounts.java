package dev.millrace;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A job that counts how many words have each count, and what its table may look like: at the end of
 * every transaction as after some line of the input.
 */
public final class GroupedCounts {

  /** A word that goes into a group of words, or out of it. */
  record Move(String group, long words) {}

  /** The ways to group words. */
  public enum Grouping {
    /** By their count alone, each change by itself: many entries of few groups. */
    BY_COUNT_IN_ORDER {
      @Override
      void write(Table<String, Long> counts, String groups) {
        counts
            .changes()
            .flatMap(
                Move.class,
                (change, out) -> {
                  String group = group(change.key(), change.value());
                  out.emit(new Move(group, change.kind().retracts() ? -1 : 1));
                })
            .keyBy(Move::group)
            .parallelism(1)
            .sum(Move::words)
            .sequential()
            .name("groups")
            .to(KafkaSink.upsert(groups));
      }

      @Override
      String group(String word, long count) {
        return Long.toString(count);
      }
    },
    /** As a table, by count and last digits, so that adding up does not leave few entries. */
    BY_COUNT_AND_DIGITS {
      @Override
      void write(Table<String, Long> counts, String groups) {
        counts
            .map((word, count) -> new Move(group(word, count), 1))
            .groupBy((word, row) -> row.group())
            .parallelism(1)
            .count()
            .name("groups")
            .to(KafkaSink.upsert(groups));
      }

      @Override
      String group(String word, long count) {
        return count + "-" + word.substring(word.length() - 2);
      }
    };

    abstract void write(Table<String, Long> counts, String groups);

    abstract String group(String word, long count);
  }

  private GroupedCounts() {}

  /**
   * {@return the job}
   *
   * @param counters the tasks that count words
   */
  public static Job job(String name, String lines, String groups, Grouping grouping, int counters) {
    Job job = Job.named(name);
    Table<String, Long> counts =
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
            .name("counts");
    grouping.write(counts, groups);
    return job;
  }

  /** {@return lines of words, of which some are frequent and most are not} */
  public static List<String> lines(Random random, int count, int wordsPerLine, int vocabulary) {
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

  /** {@return the table after each line, and first that of no line} */
  public static List<Map<String, Long>> prefixes(Grouping grouping, List<String> lines) {
    List<Map<String, Long>> states = new ArrayList<>();
    Map<String, Long> counts = new HashMap<>();
    Map<String, Long> groups = new HashMap<>();
    states.add(Map.of());
    for (String line : lines) {
      for (String word : line.split(" ")) {
        long count = counts.merge(word, 1L, Long::sum);
        groups.merge(grouping.group(word, count), 1L, Long::sum);
        if (count > 1) {
          groups.computeIfPresent(
              grouping.group(word, count - 1), (group, words) -> words == 1 ? null : words - 1);
        }
      }
      states.add(Map.copyOf(groups));
    }
    return states;
  }

  /** {@return the table at the end of each transaction, between which a marker takes an offset} */
  public static List<Map<String, Long>> states(List<ConsumerRecord<byte[], byte[]>> output) {
    List<Map<String, Long>> states = new ArrayList<>();
    Map<String, Long> groups = new HashMap<>();
    long next = output.isEmpty() ? 0 : output.get(0).offset();
    for (ConsumerRecord<byte[], byte[]> row : output) {
      if (row.offset() != next) {
        states.add(Map.copyOf(groups));
      }
      next = row.offset() + 1;
      String group = new String(Objects.requireNonNull(row.key()), UTF_8);
      byte[] value = row.value();
      long words = value == null ? 0 : Long.parseLong(new String(value, UTF_8));
      if (words == 0) {
        groups.remove(group);
      } else {
        groups.put(group, words);
      }
    }
    states.add(Map.copyOf(groups));
    return states;
  }

  /**
   * Checks that each state is that after some line, later and later ones, and the last the last.
   */
  public static void assertPrefixes(
      String run, Grouping grouping, List<Map<String, Long>> states, List<String> lines) {
    List<Map<String, Long>> prefixes = prefixes(grouping, lines);
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
  public static long words(Map<String, Long> state) {
    return state.values().stream().mapToLong(Long::longValue).sum();
  }
}
