package dev.millrace.internal.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.plan.Fold;
import dev.millrace.internal.plan.FoldFunction;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class FoldingTest {

  private int copies;

  private Folding folding(Caution caution) {
    FoldFunction failing =
        new FoldFunction() {
          @Override
          public Object first(Object value) {
            throw new IllegalStateException("first");
          }

          @Override
          public Object add(Object accumulator, Object value) {
            throw new IllegalStateException("add");
          }

          @Override
          public Object merge(Object left, Object right) {
            throw new IllegalStateException("merge");
          }

          @Override
          public Object finish(Object accumulator) {
            return accumulator;
          }
        };
    return Folding.ofSharedRecords(
        new Fold(failing, List.class, List.class, false),
        accumulator -> {
          copies++;
          return accumulator;
        },
        ErrorPolicy.skip(),
        caution);
  }

  /** Copies for a hundred commits are the price of a failure that needs them. */
  @Test
  void aFailureThatTouchedNoAccumulatorIsNoReasonForCopies() {
    Caution caution = new Caution();
    Folding folding = folding(caution);
    folding.begin();
    assertThatThrownBy(() -> folding.first("a")).hasMessage("first");
    folding.throwIfInDoubt(new IllegalStateException("first"));
    assertThat(caution.isOn()).isFalse();
  }

  @Test
  void aFailureOnAnAccumulatorIsInDoubtOnceAndThenOnCopies() {
    Caution caution = new Caution();
    Folding folding = folding(caution);
    folding.begin();
    assertThatThrownBy(() -> folding.add(new ArrayList<>(), "a")).hasMessage("add");
    assertThatThrownBy(() -> folding.throwIfInDoubt(new IllegalStateException("add")))
        .isInstanceOf(InDoubtException.class);
    // Each failure, also one on a copy, makes caution last for another hundred commits.
    for (int failure = 0; failure < 3; failure++) {
      for (int commit = 0; commit < 99; commit++) {
        caution.committed();
      }
      assertThat(caution.isOn()).isTrue();
      folding.begin();
      assertThatThrownBy(() -> folding.merge(new ArrayList<>(), new ArrayList<>()))
          .hasMessage("merge");
      folding.throwIfInDoubt(new IllegalStateException("merge"));
    }
    assertThat(copies).isEqualTo(6);
    for (int commit = 0; commit < 100; commit++) {
      caution.committed();
    }
    assertThat(caution.isOn()).isFalse();
  }

  @Test
  void whereNothingCanBeRepeatedNothingIsEverInDoubt() {
    Caution caution = Caution.always();
    Folding folding = folding(caution);
    for (int commit = 0; commit < 300; commit++) {
      folding.begin();
      assertThatThrownBy(() -> folding.add(new ArrayList<>(), "a")).hasMessage("add");
      folding.throwIfInDoubt(new IllegalStateException("add"));
      caution.committed();
    }
    assertThat(caution.isOn()).isTrue();
    assertThat(copies).isEqualTo(300);
  }
}
