package dev.millrace.internal.codec.json;

import dev.millrace.internal.codec.object.Moulds;
import dev.millrace.internal.codec.object.Nullness;
import dev.millrace.internal.codec.object.RecordAccess;
import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Executable;
import java.lang.reflect.Parameter;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A record plain enough for the direct JSON paths: its components are text, numbers, booleans and
 * instants, and no annotation of the JSON library changes what it looks like.
 *
 * <p><b>Threads.</b> Immutable.
 */
record JsonShape(RecordAccess access, List<Kind> kinds) {

  enum Kind {
    STRING,
    LONG,
    INT,
    DOUBLE,
    BOOLEAN,
    INSTANT
  }

  private static final int COMPONENT_LIMIT = Moulds.LINK_LIMIT;

  private static final Map<Class<?>, Kind> KINDS =
      Map.ofEntries(
          Map.entry(String.class, Kind.STRING),
          Map.entry(long.class, Kind.LONG),
          Map.entry(Long.class, Kind.LONG),
          Map.entry(int.class, Kind.INT),
          Map.entry(Integer.class, Kind.INT),
          Map.entry(double.class, Kind.DOUBLE),
          Map.entry(Double.class, Kind.DOUBLE),
          Map.entry(boolean.class, Kind.BOOLEAN),
          Map.entry(Boolean.class, Kind.BOOLEAN),
          Map.entry(Instant.class, Kind.INSTANT));

  /** {@return the shape of a type, or null if it is not plain} */
  static @Nullable JsonShape of(Type type) {
    if (!(type instanceof Class<?> raw)
        || !raw.isRecord()
        || raw.getRecordComponents().length == 0
        || raw.getRecordComponents().length > COMPONENT_LIMIT
        || isAnnotated(raw)) {
      return null;
    }
    RecordAccess access = RecordAccess.of(raw);
    List<Kind> kinds = new ArrayList<>();
    for (int i = 0; i < access.size(); i++) {
      Kind kind = KINDS.get(access.classes().get(i));
      if (kind == null || !isPlainName(access.names().get(i))) {
        return null;
      }
      kinds.add(kind);
    }
    return new JsonShape(access, List.copyOf(kinds));
  }

  boolean isPrimitive(int index) {
    return access.classes().get(index).isPrimitive();
  }

  Nullness nullness(int index) {
    RecordComponent component = access.type().getRecordComponents()[index];
    return Nullness.of(access.type(), component.getType(), component, component.getAnnotatedType());
  }

  /** The library may read "isX" and "getX" as accessors of "x", so those are left to it. */
  private static boolean isPlainName(String name) {
    return name.chars().allMatch(c -> c > ' ' && c < 0x7F)
        && !name.startsWith("is")
        && !name.startsWith("get");
  }

  private static boolean isAnnotated(Class<?> type) {
    Set<Class<?>> parents = new LinkedHashSet<>();
    collectInterfaces(type, parents);
    List<AnnotatedElement> elements = new ArrayList<>(List.of(type));
    elements.addAll(parents);
    elements.addAll(List.of(type.getDeclaredFields()));
    List<Executable> executables = new ArrayList<>(List.of(type.getDeclaredMethods()));
    executables.addAll(List.of(type.getDeclaredConstructors()));
    for (Class<?> parent : parents) {
      executables.addAll(List.of(parent.getDeclaredMethods()));
    }
    for (Executable executable : executables) {
      elements.add(executable);
      for (Parameter parameter : executable.getParameters()) {
        elements.add(parameter);
      }
    }
    return elements.stream()
        .flatMap(e -> Arrays.stream(e.getAnnotations()))
        .map(Annotation::annotationType)
        .anyMatch(
            a ->
                isOfLibrary(a)
                    || Arrays.stream(a.getAnnotations())
                        .anyMatch(meta -> isOfLibrary(meta.annotationType())));
  }

  /** The library takes annotations over from all of them, however far up they are. */
  private static void collectInterfaces(Class<?> type, Set<Class<?>> found) {
    for (Class<?> parent : type.getInterfaces()) {
      if (found.add(parent)) {
        collectInterfaces(parent, found);
      }
    }
  }

  private static boolean isOfLibrary(Class<? extends Annotation> annotation) {
    return annotation.getName().startsWith("com.fasterxml.jackson.")
        || annotation.getName().startsWith("tools.jackson.");
  }
}
