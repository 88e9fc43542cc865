package dev.millrace.runner.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.admin.PeekRequest;
import dev.millrace.admin.PeekedRecord;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pages of dead letters in a topic with gaps. */
final class LetterReaderTest {

  private static final String TOPIC = "job.errors";

  /** The letters of each partition by offset. */
  private final List<TreeMap<Long, Long>> partitions = new ArrayList<>();

  private final List<Long> ends = new ArrayList<>();

  private final ReadTopics topics =
      new ReadTopics() {
        @Override
        public OptionalInt partitions(String topic) {
          return topic.equals(TOPIC) && !partitions.isEmpty()
              ? OptionalInt.of(partitions.size())
              : OptionalInt.empty();
        }

        @Override
        public void peek(String topic, PeekRequest request, Predicate<PeekedRecord> reader) {
          for (int i = 0; i < partitions.size(); i++) {
            if (request.partition().orElse(i) == i) {
              long start =
                  switch (request.start()) {
                    case BEGINNING -> 0;
                    case LAST -> ends.get(i) - request.last();
                    case OFFSET -> request.last();
                    case END -> ends.get(i);
                  };
              for (Map.Entry<Long, Long> each : partitions.get(i).tailMap(start).entrySet()) {
                if (!reader.test(letter(i, each.getKey(), each.getValue()))) {
                  return;
                }
              }
            }
          }
        }
      };

  private final LetterReader reader = new LetterReader(topics, TOPIC);

  private static PeekedRecord letter(int partition, long offset, long time) {
    return new PeekedRecord(
        PeekedRecord.Kind.PLAIN, TOPIC, partition, offset, time, Map.of(), null, null, null, null);
  }

  private void partition(long end, Map<Long, Long> timesByOffset) {
    partitions.add(new TreeMap<>(timesByOffset));
    ends.add(end);
  }

  private Letters newest(int most) {
    return reader.read(new LetterRange(OptionalInt.empty(), OptionalLong.empty(), most));
  }

  private Letters before(Letters.Older older, int most) {
    return reader.read(
        new LetterRange(OptionalInt.of(older.partition()), OptionalLong.of(older.before()), most));
  }

  @Test
  void aTopicThatIsNotThereHasNone() {
    assertThat(newest(10)).isEqualTo(new Letters(TOPIC, List.of(), List.of()));
  }

  @Test
  void theNewestComeFirst() {
    partition(4, Map.of(0L, 10L, 1L, 30L, 3L, 50L));
    partition(1, Map.of(0L, 40L));
    Letters letters = newest(3);
    assertThat(letters.records())
        .extracting(PeekedRecord::timestampMs)
        .containsExactly(50L, 40L, 30L);
    assertThat(letters.older()).containsExactly(new Letters.Older(0, 1));
    Letters rest = before(letters.older().get(0), 3);
    assertThat(rest.records()).extracting(PeekedRecord::timestampMs).containsExactly(10L);
    assertThat(rest.older()).isEmpty();
  }

  @Test
  void aGapIsPassedOverAndTheBeginningFound() {
    partition(1_000, Map.of(3L, 1L, 999L, 2L));
    Letters page = newest(10);
    int pages = 1;
    while (!page.older().isEmpty()) {
      page = before(page.older().get(0), 10);
      pages++;
    }
    assertThat(page.records()).extracting(PeekedRecord::offset).containsExactly(3L);
    assertThat(pages).isEqualTo(101);
  }

  @Test
  void aPartitionWhoseEndHasNoneIsNotLeftOut() {
    partition(4, Map.of(0L, 10L, 1L, 30L, 3L, 50L));
    partition(100_000, Map.of(2L, 20L, 3L, 40L, 7L, 45L));
    partition(500, Map.of());
    Letters letters = newest(2);
    assertThat(letters.records()).extracting(PeekedRecord::timestampMs).containsExactly(50L, 45L);
    assertThat(letters.older()).containsExactly(new Letters.Older(0, 3), new Letters.Older(1, 7));
    assertThat(before(letters.older().get(1), 5).records())
        .extracting(PeekedRecord::timestampMs)
        .containsExactly(40L, 20L);
  }

  @Test
  void anOffsetIsOneOfAPartition() {
    assertThatThrownBy(() -> new LetterRange(OptionalInt.empty(), OptionalLong.of(5), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Name the partition");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void everyLetterIsOnOnePage(long seed) {
    Random random = new Random(seed);
    Set<String> all = new HashSet<>();
    for (int i = 0; i < 3; i++) {
      Map<Long, Long> letters = new TreeMap<>();
      for (long offset = random.nextInt(5); offset < 60; offset += 1 + random.nextInt(2)) {
        // Times are those of the records that failed, in any order.
        letters.put(offset, (long) random.nextInt(20));
        all.add(i + ":" + offset);
      }
      partition(61, letters);
    }
    List<String> seen = new ArrayList<>();
    List<Letters> pages = new ArrayList<>(List.of(newest(7)));
    while (!pages.isEmpty()) {
      Letters page = pages.remove(0);
      page.records().forEach(each -> seen.add(each.partition() + ":" + each.offset()));
      page.older().forEach(older -> pages.add(before(older, 7)));
    }
    assertThat(seen).as("seed " + seed).doesNotHaveDuplicates().hasSameElementsAs(all);
  }
}
