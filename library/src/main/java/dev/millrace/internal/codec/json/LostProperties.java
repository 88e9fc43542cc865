package dev.millrace.internal.codec.json;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonIgnore;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.JacksonSerializable;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.annotation.JsonDeserialize;
import tools.jackson.databind.annotation.JsonSerialize;
import tools.jackson.databind.introspect.BeanPropertyDefinition;
import tools.jackson.databind.introspect.ClassIntrospector;
import tools.jackson.databind.json.JsonMapper;

/**
 * The search for properties of a class that JSON would lose without an error. Only what is certain
 * counts: a class that defines itself how it is written or read is trusted.
 *
 * <p><b>Threads.</b> Stateless.
 */
public final class LostProperties {

  private LostProperties() {}

  /** {@return why objects of the class would come back as others, or null} */
  public static @Nullable String reason(JsonMapper mapper, JavaType type) {
    Class<?> raw = type.getRawClass();
    if (isAvro(raw)) {
      return raw.getSimpleName() + " is a class of Avro, whose schema is no part of the value";
    }
    if (type.isContainerType()
        || Modifier.isAbstract(raw.getModifiers()) // its subtypes may have what it lacks
        || Iterable.class.isAssignableFrom(raw)
        || Map.Entry.class.isAssignableFrom(raw)
        || raw.getName().startsWith("java")
        || saysItself(raw)) {
      return null;
    }
    BeanDescription written = written(mapper, type);
    BeanDescription read = read(mapper, type);
    if (written.findJsonValueAccessor() != null
        || written.findAnyGetter() != null
        || read.findAnySetterAccessor() != null) {
      return null;
    }
    List<String> fields = fields(raw);
    List<BeanPropertyDefinition> out =
        written.findProperties().stream().filter(BeanPropertyDefinition::couldSerialize).toList();
    // A private field counts if the library would set it because the property has a getter.
    List<String> in =
        read.findProperties().stream()
            .filter(property -> property.couldDeserialize() || property.hasField())
            .map(BeanPropertyDefinition::getName)
            .toList();
    if (out.isEmpty()) {
      return fields.isEmpty()
          ? null
          : raw.getSimpleName()
              + " would be written as {}: its fields ("
              + String.join(", ", fields)
              + ") are neither public nor do they have getters";
    }
    // A property without a field is computed from others and need not come back.
    List<String> lost =
        out.stream()
            .filter(property -> !property.isExplicitlyIncluded())
            .map(BeanPropertyDefinition::getName)
            .filter(name -> !in.contains(name) && (in.isEmpty() || fields.contains(name)))
            .toList();
    if (!lost.isEmpty() && !fields.isEmpty()) {
      return raw.getSimpleName()
          + " would come back without "
          + JsonErrors.list(lost)
          + ", which nothing can set";
    }
    return hidden(raw, out, written, read);
  }

  /**
   * {@return why a class loses fields that no property stands for, or null} A property without a
   * field of its name is taken to stand for one of another name, as long as it can be set. What a
   * constructor with arguments makes of them is its own affair.
   */
  private static @Nullable String hidden(
      Class<?> raw,
      List<BeanPropertyDefinition> out,
      BeanDescription written,
      BeanDescription read) {
    Set<String> covered = new HashSet<>();
    Set<String> names = new HashSet<>();
    for (BeanPropertyDefinition property : out) {
      names.add(property.getName());
      covered.add(property.getInternalName());
      if (property.hasField()) {
        covered.add(property.getField().getName());
      }
    }
    for (BeanDescription side : List.of(written, read)) {
      if (side.getIgnoredPropertyNames() != null) {
        covered.addAll(side.getIgnoredPropertyNames());
      }
    }
    long others = 0;
    for (BeanPropertyDefinition property : read.findProperties()) {
      if (property.hasConstructorParameter()) {
        return null;
      } else if (property.isExplicitlyIncluded()) {
        covered.add(property.getInternalName());
      } else if (!property.hasField() && names.contains(property.getName())) {
        others++;
      }
    }
    List<String> hidden = fields(raw).stream().filter(field -> !covered.contains(field)).toList();
    return hidden.size() <= others
        ? null
        : raw.getSimpleName()
            + " would come back without its fields "
            + JsonErrors.list(hidden)
            + ", which are neither public nor have getters; if they are no part of the value,"
            + " declare them transient";
  }

  static BeanDescription written(JsonMapper mapper, JavaType type) {
    ClassIntrospector introspector = mapper.serializationConfig().classIntrospectorInstance();
    return introspector.introspectForSerialization(
        type, introspector.introspectClassAnnotations(type));
  }

  private static BeanDescription read(JsonMapper mapper, JavaType type) {
    ClassIntrospector introspector = mapper.deserializationConfig().classIntrospectorInstance();
    return introspector.introspectForDeserialization(
        type, introspector.introspectClassAnnotations(type));
  }

  /** Generated classes share this shape with all versions of Avro. */
  private static boolean isAvro(Class<?> raw) {
    return hasMethod(raw, "getSchema")
        && hasMethod(raw, "get", int.class)
        && hasMethod(raw, "put", int.class, Object.class);
  }

  private static boolean hasMethod(Class<?> raw, String name, Class<?>... parameters) {
    return Arrays.stream(raw.getMethods())
        .anyMatch(
            method ->
                method.getName().equals(name)
                    && Arrays.equals(method.getParameterTypes(), parameters));
  }

  private static boolean saysItself(Class<?> raw) {
    return JacksonSerializable.class.isAssignableFrom(raw)
        || raw.isAnnotationPresent(JsonSerialize.class)
        || raw.isAnnotationPresent(JsonDeserialize.class)
        || Stream.of(raw.getDeclaredConstructors()).anyMatch(LostProperties::isCreator)
        || Stream.of(raw.getDeclaredMethods()).anyMatch(LostProperties::isCreator);
  }

  private static boolean isCreator(Constructor<?> constructor) {
    return constructor.isAnnotationPresent(JsonCreator.class);
  }

  private static boolean isCreator(Method method) {
    return method.isAnnotationPresent(JsonCreator.class);
  }

  /** {@return the names of the fields in which two objects of the class may differ} */
  private static List<String> fields(Class<?> raw) {
    return Stream.<Class<?>>iterate(
            raw, c -> c != null && !c.getName().startsWith("java"), Class::getSuperclass)
        .flatMap(c -> Arrays.stream(c.getDeclaredFields()))
        .filter(field -> (field.getModifiers() & (Modifier.STATIC | Modifier.TRANSIENT)) == 0)
        .filter(field -> !field.isSynthetic() && !isFixed(field) && !isIgnored(field))
        .map(Field::getName)
        .distinct()
        .toList();
  }

  private static boolean isIgnored(Field field) {
    JsonIgnore ignored = field.getAnnotation(JsonIgnore.class);
    return ignored != null && ignored.value();
  }

  /** A final field that no constructor's argument can reach is the same in all objects. */
  private static boolean isFixed(Field field) {
    Class<?> type = field.getType();
    return Modifier.isFinal(field.getModifiers())
        && !type.isArray()
        && !Collection.class.isAssignableFrom(type)
        && !Map.class.isAssignableFrom(type)
        && Arrays.stream(field.getDeclaringClass().getDeclaredConstructors())
            .allMatch(constructor -> constructor.getParameterCount() == 0);
  }
}
