package dev.millrace.internal.codec.json;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.millrace.internal.type.Types;
import java.lang.reflect.Type;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.DeserializationConfig;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.introspect.AnnotatedClass;
import tools.jackson.databind.introspect.BeanPropertyDefinition;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.jsontype.NamedType;

/**
 * The check of values of subclasses: JSON has the properties of the declared class, so those that
 * the value's own class adds would be lost, unless annotations make the text name the class.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class Subclasses {

  /** Forms of names by which only what is listed is found. */
  private static final Set<JsonTypeInfo.Id> BY_LIST =
      Set.of(JsonTypeInfo.Id.NAME, JsonTypeInfo.Id.SIMPLE_NAME, JsonTypeInfo.Id.DEDUCTION);

  private final JsonMapper mapper;
  private final JavaType declared;
  private final Class<?> raw;
  private final boolean namesClasses;

  /** The classes that the text can name; null if it can name all, or names none. */
  private final @Nullable Set<Class<?>> listed;

  private final Map<Class<?>, Optional<String>> reasons = new ConcurrentHashMap<>();

  Subclasses(JsonMapper mapper, Type type) {
    this.mapper = mapper;
    this.declared = mapper.constructType(type);
    this.raw = Types.raw(type);
    AnnotatedClass annotated =
        mapper
            .serializationConfig()
            .classIntrospectorInstance()
            .introspectClassAnnotations(declared);
    JsonTypeInfo info = annotated.getAnnotation(JsonTypeInfo.class);
    this.namesClasses = info != null;
    this.listed = info != null && BY_LIST.contains(info.use()) ? listed(mapper, annotated) : null;
  }

  /** {@return the classes that annotations list as subtypes} */
  private static Set<Class<?>> listed(JsonMapper mapper, AnnotatedClass annotated) {
    DeserializationConfig config = mapper.deserializationConfig();
    return config.getSubtypeResolver().collectAndResolveSubtypesByTypeId(config, annotated).stream()
        .map(NamedType::getType)
        .collect(Collectors.toSet());
  }

  /**
   * Checks that nothing of a value gets lost.
   *
   * @throws IllegalArgumentException if its class adds properties, or is none that the text can
   *     name
   */
  void check(Object value) {
    if (value.getClass() == raw) {
      return;
    }
    if (listed != null && !listed.contains(value.getClass())) {
      throw new IllegalArgumentException(
          "Cannot encode a "
              + value.getClass().getSimpleName()
              + " as JSON: its type is "
              + Types.name(raw)
              + " here, whose annotations do not list it, so that it could not be read. Add it to"
              + " @JsonSubTypes");
    }
    if (!namesClasses) {
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
