package dev.millrace.internal.shuffle;

import static dev.millrace.internal.shuffle.Combiners.PLENTY;
import static dev.millrace.internal.shuffle.Combiners.add;
import static dev.millrace.internal.shuffle.Combiners.combiner;
import static dev.millrace.internal.shuffle.Combiners.sums;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whether combining pays off, and what follows if it does not. */
final class CombinerTrialTest {

  @Test
  void distinctKeysDoNotPayOffAndRepeatedOnesDo() throws Exception {
    Combiner combiner = combiner(sums(0), PLENTY);
    for (int i = 0; i < 10_000; i++) {
      add(combiner, "k" + i, 0, 1);
    }
    assertThat(combiner.paysOff()).isFalse();
    combiner.clear();
    for (int i = 0; i < 10_000; i++) {
      add(combiner, "k" + i % 100, 0, 1);
    }
    assertThat(combiner.paysOff()).isTrue();
    combiner.clear();
    for (int i = 0; i < 10_000; i++) {
      add(combiner, "k" + i % 8_500, 0, 1);
    }
    assertThat(combiner.paysOff()).as("one record of seven is spared").isTrue();
  }

  /** Slices that go early go at all times: a full table must not hide how much was in it. */
  @Test
  void whatWentEarlyCountsInWhetherCombiningPaysOff() throws Exception {
    Combiner combiner = combiner(sums(1_000), PLENTY);
    boolean wentEarly = false;
    for (int i = 0; i < 100_000; i++) {
      add(combiner, "k" + i, i / 10L, 1);
      if (combiner.isFull()) {
        combiner.makeRoom((keys, offset, length, hash, time, span, weight, partial) -> {});
        wentEarly = true;
      }
    }
    assertThat(wentEarly).isTrue();
    assertThat(combiner.paysOff()).isFalse();
    combiner.clear();
    for (int i = 0; i < 100; i++) {
      add(combiner, "k" + i % 10, 0, 1);
    }
    assertThat(combiner.paysOff()).isTrue();
  }

  @Test
  void combiningThatDoesNotPayOffIsLeftForLongerAndLonger() throws Exception {
    CombinerTrial trial = new CombinerTrial();
    assertThat(pausesAfter(trial, combined(2_000, 2_000), 9))
        .containsExactly(1, 2, 4, 8, 16, 32, 64, 64, 64);
    assertThat(pausesAfter(trial, combined(2_000, 10), 1)).containsExactly(0);
    assertThat(pausesAfter(trial, combined(2_000, 2_000), 1)).containsExactly(1);
  }

  private static List<Integer> pausesAfter(CombinerTrial trial, Combiner flushed, int times) {
    List<Integer> pauses = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      trial.tried(flushed);
      int pause = 0;
      while (!trial.isOn()) {
        trial.passed();
        pause++;
      }
      pauses.add(pause);
    }
    return pauses;
  }

  private static Combiner combined(int records, int keys) throws Exception {
    Combiner combiner = combiner(sums(0), PLENTY);
    for (int i = 0; i < records; i++) {
      add(combiner, "k" + i % keys, 0, 1);
    }
    return combiner;
  }
}
