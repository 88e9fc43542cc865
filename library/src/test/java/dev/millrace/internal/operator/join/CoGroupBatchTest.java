package dev.millrace.internal.operator.join;

import static java.util.stream.Collectors.toList;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.operator.join.RandomRun.In;
import dev.millrace.internal.plan.CoGroup;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.window.WindowKind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random records, out of order and late, with commits, aborts and full transactions at any moment:
 * each group is that of a computation which keeps all groups as lists, and so are late records.
 */
final class CoGroupBatchTest {

  private static final int GAP_MS = 4;

  @TempDir Path directory;

  /** The open groups of one key, each with its window and records. */
  private static final class Group {
    long startMs;
    long endMs;
    final List<In> records = new ArrayList<>();

    Group(long startMs, long endMs) {
      this.startMs = startMs;
      this.endMs = endMs;
    }

    List<String> side(int input) {
      return records.stream()
          .filter(record -> record.input() == input)
          .sorted(Comparator.comparing(In::timeMs).thenComparing(In::number))
          .map(In::value)
          .toList();
    }

    String shown() {
      return startMs + "-" + endMs + ":" + side(0) + side(1) + "@" + (endMs - 1);
    }

    /** The results of a join, of which each kind has some. */
    List<String> pairs() {
      List<String> pairs = new ArrayList<>();
      for (String left : orNone(side(0))) {
        for (String right : orNone(side(1))) {
          pairs.add(left + "+" + right + "@" + (endMs - 1));
        }
      }
      return pairs;
    }

    private static List<String> orNone(List<String> side) {
      return side.isEmpty() ? List.of("-") : side;
    }
  }

  /** The computation by lists. */
  private abstract static class Naive {
    final TreeMap<String, List<Group>> open = new TreeMap<>();
    final TreeMap<String, List<Group>> results = new TreeMap<>();
    final List<String> late = new ArrayList<>();
    long watermarkMs = Long.MIN_VALUE;

    abstract boolean add(List<Group> groups, In record);

    abstract boolean isFinal(Group group, long nowMs);

    void take(In record) {
      if (!add(open.computeIfAbsent(record.key(), key -> new ArrayList<>()), record)) {
        late.add(record.value());
      }
    }

    void watermark(long nowMs) {
      watermarkMs = nowMs;
      open.forEach(
          (key, groups) -> {
            groups.sort(Comparator.comparing(group -> group.endMs));
            groups.stream()
                .filter(group -> isFinal(group, nowMs))
                .forEach(
                    group -> results.computeIfAbsent(key, ignored -> new ArrayList<>()).add(group));
            groups.removeIf(group -> isFinal(group, nowMs));
          });
    }

    /** {@return the groups by key, as the function shows them} */
    Map<String, List<String>> shown() {
      Map<String, List<String>> shown = new TreeMap<>();
      results.forEach(
          (key, groups) ->
              shown.put(key, groups.stream().map(group -> key + " " + group.shown()).toList()));
      return shown;
    }
  }

  /** Windows {@code [n * slide, n * slide + size)}. */
  private static Naive windows(long sizeMs, long slideMs) {
    return new Naive() {
      @Override
      boolean add(List<Group> groups, In record) {
        boolean isTaken = false;
        long last = Math.floorDiv(record.timeMs(), slideMs) * slideMs;
        for (long start = last; start > record.timeMs() - sizeMs; start -= slideMs) {
          long begin = start;
          if (start + sizeMs > watermarkMs) {
            Group group =
                groups.stream().filter(one -> one.startMs == begin).findFirst().orElse(null);
            if (group == null) {
              group = new Group(start, start + sizeMs);
              groups.add(group);
            }
            group.records.add(record);
            isTaken = true;
          }
        }
        return isTaken;
      }

      @Override
      boolean isFinal(Group group, long nowMs) {
        return group.endMs <= nowMs;
      }
    };
  }

  private static Naive sessions(long gapMs) {
    return new Naive() {
      @Override
      boolean add(List<Group> groups, In record) {
        Group session = new Group(record.timeMs(), record.timeMs() + gapMs);
        session.records.add(record);
        List<Group> merged = new ArrayList<>();
        for (Group group : groups) {
          if (group.startMs <= record.timeMs() + gapMs && record.timeMs() <= group.endMs) {
            session.startMs = Math.min(session.startMs, group.startMs);
            session.endMs = Math.max(session.endMs, group.endMs);
            session.records.addAll(group.records);
            merged.add(group);
          }
        }
        if (session.endMs <= watermarkMs) {
          return false;
        }
        groups.removeAll(merged);
        groups.add(session);
        return true;
      }

      @Override
      boolean isFinal(Group group, long nowMs) {
        return group.endMs < nowMs;
      }
    };
  }

  private record Windows(WindowKind kind, Naive naive) {}

  private static Windows windows(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> new Windows(new WindowKind.Tumbling(15, 0), windows(15, 15));
      case 1 -> new Windows(new WindowKind.Sliding(15, 5), windows(15, 5));
      default -> new Windows(session(), sessions(GAP_MS));
    };
  }

  private static WindowKind session() {
    return new WindowKind.Session(GAP_MS, Optional.empty());
  }

  private static CoGroup showing(WindowKind kind) {
    return CoGroupCases.group(
        kind,
        String.class,
        (key, window, left, right, out) ->
            out.emit(
                key + " " + CoGroupCases.shown(window) + ":" + left.toList() + right.toList()));
  }

  // ------------------------------------------------------------------ tests

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void groupsAreThoseOfABatch(long seed) {
    check(seed, 0);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void groupsAndLateRecordsAreThoseOfABatch(long seed) {
    check(seed, 15);
  }

  @Test
  @Tag("slow")
  void groupsOfManySeedsAreThoseOfABatch() {
    for (long seed = 1_000; seed < 1_400; seed++) {
      check(seed, 0);
      check(seed, 15);
    }
  }

  /**
   * Compares with a batch.
   *
   * @param hurryMs by how much the watermark may be ahead of records that are still to come
   */
  private void check(long seed, int hurryMs) {
    Random random = new Random(seed);
    Windows windows = windows(random);
    List<In> inputs = RandomRun.inputs(random);
    Run run = new Run(random, hurryMs, windows.naive());
    Path place = seed % 5 == 0 && hurryMs == 0 ? directory : null;
    try (JoinHarness harness =
        CoGroupCases.harness(showing(windows.kind()), ErrorPolicy.fail(), place)) {
      run.all(harness, inputs);
      assertThat(harness.rows()).isZero();
    }
    String about = "seed " + seed + ", " + windows.kind().describe();
    assertThat(run.late).as(about).isEqualTo(windows.naive().late);
    assertThat(run.byKey()).as(about).isEqualTo(windows.naive().shown());
  }

  /** A run beside which the naive one goes on. */
  private static final class Run extends RandomRun {
    private final Naive naive;

    Run(Random random, int hurryMs, Naive naive) {
      super(random, hurryMs, 3);
      this.naive = naive;
    }

    @Override
    void begin(List<In> batch, long toMs) {
      batch.forEach(naive::take);
      naive.watermark(toMs);
    }

    /** The groups of each key in the order in which they were emitted. */
    Map<String, List<String>> byKey() {
      return found.stream()
          .collect(Collectors.groupingBy(group -> group.split(" ")[0], TreeMap::new, toList()));
    }
  }

  // ------------------------------------------------------------------ joins by sessions

  /** With no record late, what a record meets follows from the times of all. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void pairsAreThoseOfABatch(long seed) {
    Random random = new Random(seed);
    JoinKind kind = JoinKind.values()[(int) (seed % 4)];
    List<In> inputs = RandomRun.inputs(random);
    Naive naive = sessions(10);
    Run run = new Run(random, 0, naive);
    try (JoinHarness harness =
        CoGroupCases.harness(
            JoinCases.join(kind, CoGroupCases.bySessions()), ErrorPolicy.fail(), null)) {
      run.all(harness, inputs);
      assertThat(harness.rows()).isZero();
    }
    assertThat(run.late).isEmpty();
    List<String> expected = new ArrayList<>();
    naive
        .results
        .values()
        .forEach(groups -> groups.forEach(group -> expected.addAll(group.pairs())));
    assertThat(run.found)
        .as("seed %d, %s", seed, kind)
        .containsExactlyInAnyOrderElementsOf(
            expected.stream()
                .filter(one -> kind.keepsRight() || !one.startsWith("-+"))
                .filter(one -> kind.keepsLeft() || !one.contains("+-@"))
                .toList());
  }
}
