package dev.millrace.internal.codec.object;

import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.NullUnmarked;

/**
 * The declaration of a component with regard to null, which also decides about a component that is
 * missing.
 */
public enum Nullness {
  /** A primitive, or declared never to be null. */
  NEVER_NULL,
  /** An {@code Optional}, or declared nullable. */
  NULLABLE,
  /** A reference whose declaration has nothing about null. */
  UNSPECIFIED;

  private static final Set<Class<?>> OPTIONALS =
      Set.of(Optional.class, OptionalInt.class, OptionalLong.class, OptionalDouble.class);
  private static final Set<String> NULLABLE_NAMES = Set.of("Nullable", "CheckForNull");
  private static final Set<String> NON_NULL_NAMES =
      Set.of("NonNull", "NotNull", "Nonnull", "NotBlank", "NotEmpty");

  /**
   * {@return the nullness that is declared of a component}
   *
   * @param owner the class whose component it is
   * @param type its class
   * @param component its declaration; for a record's also its accessor's counts
   * @param use its type as declared, which type-use annotations stand on
   */
  public static Nullness of(
      Class<?> owner, Class<?> type, AnnotatedElement component, AnnotatedType use) {
    if (type.isPrimitive()) {
      return NEVER_NULL;
    }
    if (OPTIONALS.contains(type) || isAnnotated(component, use, NULLABLE_NAMES)) {
      return NULLABLE;
    }
    boolean isNeverNull = isAnnotated(component, use, NON_NULL_NAMES) || isNullMarked(owner);
    return isNeverNull ? NEVER_NULL : UNSPECIFIED;
  }

  /** The annotations of many libraries mean the same; only their simple names agree. */
  private static boolean isAnnotated(
      AnnotatedElement component, AnnotatedType use, Set<String> names) {
    Stream<Annotation> onAccessor =
        component instanceof RecordComponent part
            ? Arrays.stream(part.getAccessor().getAnnotations())
            : Stream.empty();
    return Stream.of(
            Arrays.stream(component.getAnnotations()),
            Arrays.stream(use.getAnnotations()),
            onAccessor)
        .flatMap(annotations -> annotations)
        .map(Annotation::annotationType)
        .anyMatch(annotation -> names.contains(annotation.getSimpleName()));
  }

  private static boolean isNullMarked(Class<?> owner) {
    for (Class<?> scope = owner; scope != null; scope = scope.getEnclosingClass()) {
      if (scope.isAnnotationPresent(NullUnmarked.class)) {
        return false;
      }
      if (scope.isAnnotationPresent(NullMarked.class)) {
        return true;
      }
    }
    Package home = owner.getPackage();
    if (home != null && home.isAnnotationPresent(NullUnmarked.class)) {
      return false;
    }
    return home != null && home.isAnnotationPresent(NullMarked.class)
        || owner.getModule().isAnnotationPresent(NullMarked.class);
  }
}
