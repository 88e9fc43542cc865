package dev.millrace.serde;

import dev.millrace.error.TypeInferenceException;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.util.Arguments;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;

/**
 * The name of a type with its type arguments, which a class literal cannot give: {@code new
 * TypeRef<List<String>>() {}}. The braces matter, since they make a subclass that keeps the
 * argument.
 *
 * <p>Two references are equal if they name the same type.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * <p><b>Errors.</b> The constructor throws {@link TypeInferenceException} if the type argument is
 * missing or still has type variables.
 *
 * @param <T> the type to name
 */
public abstract class TypeRef<T> {

  private final Type type;

  /** Reads the type argument of the direct subclass. */
  protected TypeRef() {
    if (!(getClass().getGenericSuperclass() instanceof ParameterizedType parent)
        || parent.getRawType() != TypeRef.class) {
      throw new TypeInferenceException(
          "Cannot name a type: the type argument of TypeRef is missing. Write new"
              + " TypeRef<List<String>>() {} with the type argument spelled out");
    }
    type = checked(parent.getActualTypeArguments()[0]);
  }

  private TypeRef(Type type) {
    this.type = checked(type);
  }

  /**
   * {@return a reference to a class without type parameters}
   *
   * @param type the class; one with type parameters is refused, since its arguments would be
   *     unknown
   * @param <T> the class's type
   */
  public static <T> TypeRef<T> of(Class<T> type) {
    return new OfClass<>(type);
  }

  /**
   * {@return a reference to a type that is known as a {@link Type} only}
   *
   * <p>Unchecked: the caller states what the type stands for.
   */
  @SuppressWarnings("TypeParameterUnusedInFormals")
  public static <T> TypeRef<T> ofType(Type type) {
    return new OfType<>(type);
  }

  /** {@return the type named} */
  public final Type type() {
    return type;
  }

  private static Type checked(Type type) {
    Arguments.given("Cannot name a type", "type", type);
    if (Types.hasVariables(type)) {
      throw new TypeInferenceException(
          "Cannot name a type: it has type arguments that are unknown here ("
              + Types.name(type)
              + "). Write new TypeRef<...>() {} with concrete arguments");
    }
    return Types.box(Types.canonical(type));
  }

  @Override
  public final boolean equals(@Nullable Object other) {
    return other instanceof TypeRef<?> that && type.equals(that.type);
  }

  @Override
  public final int hashCode() {
    return type.hashCode();
  }

  @Override
  public final String toString() {
    return Types.name(type);
  }

  private static final class OfType<T> extends TypeRef<T> {
    OfType(Type type) {
      super(type);
    }
  }

  private static final class OfClass<T> extends TypeRef<T> {
    OfClass(Class<T> type) {
      super(type);
    }
  }
}
