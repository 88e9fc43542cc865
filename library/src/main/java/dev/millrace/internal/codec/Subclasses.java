package dev.millrace.internal.codec;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.millrace.internal.type.Types;
import java.lang.reflect.Type;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.introspect.BeanPropertyDefinition;
import tools.jackson.databind.json.JsonMapper;

/**
 * The check of values of subclasses: JSON has the properties of the declared class, so those that
 * the value's own class adds would be lost, unless annotations make the text name the class.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class Subclasses {

  private final JsonMapper mapper;
  private final JavaType declared;
  private final Class<?> raw;
  private final boolean namesClasses;
  private final Map<Class<?>, Optional<String>> reasons = new ConcurrentHashMap<>();

  Subclasses(JsonMapper mapper, Type type) {
    this.mapper = mapper;
    this.declared = mapper.constructType(type);
    this.raw = Types.raw(type);
    this.namesClasses =
        mapper
            .serializationConfig()
            .classIntrospectorInstance()
            .introspectClassAnnotations(declared)
            .hasAnnotation(JsonTypeInfo.class);
  }

  /**
   * Checks that nothing of a value gets lost.
   *
   * @throws IllegalArgumentException if its class adds properties
   */
  void check(Object value) {
    if (value.getClass() != raw && !namesClasses) {
      reasons
          .computeIfAbsent(value.getClass(), this::reason)
          .ifPresent(
              reason -> {
                throw new IllegalArgumentException(reason);
              });
    }
  }

  private Optional<String> reason(Class<?> actual) {
    Set<String> added = properties(mapper.constructType(actual));
    added.removeAll(properties(declared));
    return added.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "Cannot encode a "
                + actual.getSimpleName()
                + " as JSON: its type is "
                + Types.name(declared.getRawClass())
                + " here, and its own properties would be lost ("
                + String.join(", ", added)
                + "). Name the subclass as the type, or annotate "
                + declared.getRawClass().getSimpleName()
                + " with @JsonTypeInfo and @JsonSubTypes");
  }

  private Set<String> properties(JavaType type) {
    return LostProperties.written(mapper, type).findProperties().stream()
        .filter(BeanPropertyDefinition::couldSerialize)
        .map(BeanPropertyDefinition::getName)
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
