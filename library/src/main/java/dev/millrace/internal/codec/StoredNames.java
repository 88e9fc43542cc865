package dev.millrace.internal.codec;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.millrace.error.TypeInferenceException;
import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The names by which the components of a record are known in state and shuffles: those that its
 * annotations give them in JSON, so that a component can be renamed in both at once.
 *
 * <p><b>Threads.</b> Stateless.
 */
final class StoredNames {

  private StoredNames() {}

  /**
   * {@return the names of former components, whose values are to be left out} That a class accepts
   * unknown properties in general concerns what others write, so it does not count here.
   */
  static Set<String> dropped(Class<?> record) {
    JsonIgnoreProperties ignored = record.getAnnotation(JsonIgnoreProperties.class);
    return ignored == null ? Set.of() : Set.of(ignored.value());
  }

  static String name(RecordComponent component) {
    JsonProperty property = annotation(component, JsonProperty.class);
    return property == null || property.value().isEmpty() ? component.getName() : property.value();
  }

  /** {@return the names that the component had before} */
  static List<String> aliases(RecordComponent component) {
    JsonAlias alias = annotation(component, JsonAlias.class);
    return alias == null ? List.of() : List.of(alias.value());
  }

  /** These annotations do not stand on components themselves, but on what is made of them. */
  private static <A extends Annotation> @Nullable A annotation(
      RecordComponent component, Class<A> type) {
    for (AnnotatedElement element : List.of(field(component), component.getAccessor())) {
      A found = element.getAnnotation(type);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  private static AnnotatedElement field(RecordComponent component) {
    try {
      return component.getDeclaringRecord().getDeclaredField(component.getName());
    } catch (NoSuchFieldException e) {
      throw new TypeInferenceException(
          "Cannot read the record " + component.getDeclaringRecord().getName() + ": " + e, e);
    }
  }
}
