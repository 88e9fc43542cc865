package dev.millrace.internal.meta;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.admin.LetterKind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The memory of replays, against a set of all letters that they have dealt with. */
final class ReplayProgressTest {

  private static LetterKind kind(int number) {
    return new LetterKind("stage", "step", "topic", "Exception" + number, "life-0");
  }

  @Test
  void withoutAFilterAllThatMattersIsAnOffset() {
    ReplayProgress progress = ReplayProgress.NONE.after(7, Set.of(kind(1), kind(2)), 7);
    assertThat(progress).isEqualTo(new ReplayProgress(7, List.of()));
    assertThat(progress.covers(kind(3), 6)).isTrue();
    assertThat(progress.covers(kind(1), 7)).isFalse();
  }

  @Test
  void whatWasLeftOutHoldsTheOffsetOnly() {
    ReplayProgress progress = ReplayProgress.NONE.after(3, Set.of(kind(1)), 9);
    assertThat(progress.covers(kind(1), 8)).isTrue();
    assertThat(progress.covers(kind(1), 9)).isFalse();
    assertThat(progress.covers(kind(2), 3)).isFalse();
    assertThat(progress.covers(kind(2), 2)).isTrue();
  }

  @Test
  void itIsKeptAsJson() {
    ReplayProgress progress = ReplayProgress.NONE.after(3, Set.of(kind(1)), 9);
    byte[] json = RecordJson.write(progress);
    assertThat(new String(json, StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"upTo\":3,\"further\":[{\"kind\":{\"stage\":\"stage\",\"operator\":\"step\","
                + "\"topic\":\"topic\",\"exception\":\"Exception1\",\"life\":\"life-0\"},"
                + "\"upTo\":9}]}");
    assertThat(RecordJson.read(json, ReplayProgress.class)).isEqualTo(progress);
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13, 14, 15})
  void nothingIsForgottenAndNothingTwice(long seed) {
    Random random = new Random(seed);
    List<LetterKind> letters = new ArrayList<>();
    Set<Integer> done = new HashSet<>();
    ReplayProgress progress = ReplayProgress.NONE;
    for (int round = 0; round < 30; round++) {
      for (int i = random.nextInt(20); i > 0; i--) {
        letters.add(kind(random.nextInt(4)));
      }
      Set<LetterKind> wanted = new HashSet<>();
      for (int i = random.nextInt(5); i > 0; i--) {
        wanted.add(kind(random.nextInt(4)));
      }
      int end = Math.min(letters.size(), (int) progress.upTo() + random.nextInt(60));
      long firstLeft = end;
      Set<LetterKind> dealtWith = new HashSet<>();
      for (int at = (int) progress.upTo(); at < end; at++) {
        LetterKind kind = letters.get(at);
        assertThat(progress.covers(kind, at))
            .as("seed %d, at %d", seed, at)
            .isEqualTo(done.contains(at));
        if (!done.contains(at) && wanted.contains(kind)) {
          done.add(at);
          dealtWith.add(kind);
        } else if (!done.contains(at)) {
          firstLeft = Math.min(firstLeft, at);
        }
      }
      if (!dealtWith.isEmpty()) {
        progress = progress.after(firstLeft, dealtWith, end);
      }
      assertThat(progress.further()).hasSizeLessThanOrEqualTo(4);
    }
    for (int at = 0; at < letters.size(); at++) {
      assertThat(progress.covers(letters.get(at), at))
          .as("seed %d, at %d", seed, at)
          .isEqualTo(done.contains(at));
    }
  }
}
