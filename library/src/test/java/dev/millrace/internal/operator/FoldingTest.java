package dev.millrace.internal.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.fold.FoldFunction;
import dev.millrace.internal.fold.RetractableFolds;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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

  @Test
  void aRetractionThatFailsIsUndoneLikeAnAddition() {
    Caution caution = new Caution();
    int[] copied = {0};
    Folding folding =
        Folding.ofSharedRecords(
            new Fold(new RetractableFolds.Bag(), Map.class, Long.class, false),
            accumulator -> {
              copied[0]++;
              return new TreeMap<>((Map<?, ?>) accumulator);
            },
            ErrorPolicy.skip(),
            caution);
    Map<Long, Long> bag = new TreeMap<>(Map.of(3L, 1L));
    folding.begin();
    assertThatThrownBy(() -> folding.retract(bag, "no number"))
        .isInstanceOf(ClassCastException.class);
    assertThatThrownBy(() -> folding.throwIfInDoubt(new IllegalStateException("retract")))
        .isInstanceOf(InDoubtException.class);
    folding.begin();
    assertThatThrownBy(() -> folding.retract(bag, "no number"))
        .isInstanceOf(ClassCastException.class);
    folding.throwIfInDoubt(new IllegalStateException("retract"));
    assertThat(copied[0]).isEqualTo(1);
  }

  /** Its state cannot be changed, the records that it is given can. */
  @Test
  void aFurtherAttemptGetsTheRecordAsItCame() {
    int[] failures = {2};
    FoldFunction joining =
        new FoldFunction() {
          @Override
          public Object first(Object value) {
            ((StringBuilder) value).append('!');
            if (failures[0]-- > 0) {
              throw new IllegalStateException("told to fail");
            }
            return value.toString();
          }

          @Override
          public Object add(Object accumulator, Object value) {
            return accumulator + "," + first(value);
          }

          @Override
          public Object merge(Object left, Object right) {
            return left + "," + right;
          }

          @Override
          public Object finish(Object accumulator) {
            return accumulator;
          }
        };
    ErrorPolicy policy = ErrorPolicy.fail().retries(2, Duration.ZERO);
    Folding folding =
        Folding.ofSharedRecords(
            new Fold(joining, String.class, String.class, false),
            accumulator -> accumulator,
            policy,
            new Caution());
    Guard guard = new Guard("fold", policy, new NoFailures());
    KeyedRecord record = new FramedRecord("k", 1, () -> new StringBuilder("b"));
    assertThat(folding.foldOnto("a", record, guard)).isEqualTo("a,b!");
  }

  @Test
  void anAggregateWithoutRetractionTakesNothingBack() {
    Folding folding = folding(new Caution());
    folding.begin();
    assertThatThrownBy(() -> folding.firstRetracted("a"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no retraction");
  }
}
