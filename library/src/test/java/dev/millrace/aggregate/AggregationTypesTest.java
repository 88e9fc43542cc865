package dev.millrace.aggregate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.TypeInferenceException;
import dev.millrace.serde.TypeRef;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The types of an aggregation, read from its class. */
final class AggregationTypesTest {

  abstract static class Listing<T, R> implements Aggregation<T, List<T>, R> {
    @Override
    public List<T> create() {
      return List.of();
    }

    @Override
    public List<T> add(List<T> accumulator, T value) {
      return List.of(value);
    }

    @Override
    public List<T> merge(List<T> left, List<T> right) {
      return left;
    }
  }

  static final class Words extends Listing<String, Integer> {
    @Override
    public Integer finish(List<String> accumulator) {
      return accumulator.size();
    }
  }

  static final class Any<T> extends Listing<T, Integer> {
    @Override
    public Integer finish(List<T> accumulator) {
      return accumulator.size();
    }
  }

  @Test
  void aClassNamesThemWhereItBindsTheParameters() {
    assertThat(new Words().accumulatorType()).isEqualTo(new TypeRef<List<String>>() {});
    assertThat(new Words().resultType()).isEqualTo(TypeRef.of(Integer.class));
  }

  @Test
  void aParameterOfTheClassItselfHasToBeStated() {
    Any<String> any = new Any<>();
    assertThat(any.resultType()).isEqualTo(TypeRef.of(Integer.class));
    assertThatThrownBy(any::accumulatorType)
        .isInstanceOf(TypeInferenceException.class)
        .hasMessageStartingWith("Cannot read the types of aggregation ")
        .hasMessageContaining("Override accumulatorType()");
  }
}
