package dev.millrace.serde;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.TypeInferenceException;
import java.lang.reflect.ParameterizedType;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class TypeRefTest {

  @Test
  void namesATypeWithItsArguments() {
    TypeRef<Map<String, List<Integer>>> ref = new TypeRef<>() {};

    assertThat(ref.type()).isInstanceOf(ParameterizedType.class);
    assertThat(ref).hasToString("Map<String, List<Integer>>");
  }

  @Test
  void equalsAnotherReferenceToTheSameType() {
    assertThat(new TypeRef<String>() {}).isEqualTo(TypeRef.of(String.class));
    assertThat(new TypeRef<List<String>>() {})
        .isEqualTo(new TypeRef<List<String>>() {})
        .hasSameHashCodeAs(new TypeRef<List<String>>() {})
        .isNotEqualTo(new TypeRef<List<Long>>() {});
  }

  @Test
  void boxesPrimitives() {
    assertThat(TypeRef.of(int.class).type()).isEqualTo(Integer.class);
  }

  @Test
  @SuppressWarnings("rawtypes")
  void refusesAMissingArgument() {
    assertThatThrownBy(() -> new TypeRef() {})
        .isInstanceOf(TypeInferenceException.class)
        .hasMessageContaining("the type argument of TypeRef is missing");
  }

  @Test
  void refusesTypeVariables() {
    assertThatThrownBy(TypeRefTest::<String>generic)
        .isInstanceOf(TypeInferenceException.class)
        .hasMessageContaining("List<T>");
  }

  @Test
  void refusesAClassWhoseArgumentsAreUnknown() {
    assertThatThrownBy(() -> TypeRef.of(List.class)).isInstanceOf(TypeInferenceException.class);
  }

  private static <T> TypeRef<List<T>> generic() {
    return new TypeRef<>() {};
  }
}
