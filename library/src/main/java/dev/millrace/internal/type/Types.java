package dev.millrace.internal.type;

import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Arithmetic on generic types.
 *
 * <p>A type is <i>resolved</i> if it has everything a codec must know: no type variable is left in
 * it, and no class with type parameters stands there without its arguments. Types made here equal
 * the JDK's own for the same type.
 *
 * <p><b>Threads.</b> Stateless.
 */
public final class Types {

  private static final int MAX_DEPTH = 8;

  private static final Set<Class<?>> IMMUTABLE =
      Set.of(
          Boolean.class,
          Byte.class,
          Character.class,
          Short.class,
          Integer.class,
          Long.class,
          Float.class,
          Double.class,
          String.class,
          BigDecimal.class,
          BigInteger.class,
          UUID.class,
          Instant.class,
          Duration.class,
          LocalDate.class,
          LocalTime.class,
          LocalDateTime.class);

  /** Of the immutable ones, those whose values can be of any length. */
  private static final Set<Class<?>> UNBOUNDED =
      Set.of(String.class, BigDecimal.class, BigInteger.class);

  private Types() {}

  /** {@return the class a type erases to} */
  public static Class<?> raw(Type type) {
    if (type instanceof Class<?> c) {
      return c;
    } else if (type instanceof ParameterizedType p) {
      return (Class<?>) p.getRawType();
    } else if (type instanceof GenericArrayType a) {
      return Array.newInstance(raw(a.getGenericComponentType()), 0).getClass();
    } else if (type instanceof WildcardType w) {
      return raw(bound(w));
    } else if (type instanceof TypeVariable<?> v) {
      return raw(v.getBounds()[0]);
    }
    throw new IllegalArgumentException("Cannot erase a type: unknown kind (" + type + ")");
  }

  /** {@return {@code raw<arguments>}} */
  public static ParameterizedType parameterized(Class<?> raw, Type... arguments) {
    return new Parameterized(raw, List.of(arguments), raw.getDeclaringClass());
  }

  /** {@return the type with primitives replaced by their wrappers} */
  public static Type box(Type type) {
    return type instanceof Class<?> c && c.isPrimitive() ? box(c) : type;
  }

  private static Class<?> box(Class<?> primitive) {
    return MethodType.methodType(primitive).wrap().returnType();
  }

  /**
   * {@return an equal type in a single representation, so that types are usable as map keys;
   * wildcards become their bounds}
   */
  public static Type canonical(Type type) {
    return substitute(type, Map.of());
  }

  /** {@return the type with the variables of {@code bindings} replaced, others left} */
  public static Type substitute(Type type, Map<TypeVariable<?>, Type> bindings) {
    if (type instanceof TypeVariable<?> v) {
      return bindings.getOrDefault(v, v);
    } else if (type instanceof WildcardType w) {
      return substitute(bound(w), bindings);
    } else if (type instanceof ParameterizedType p) {
      Type[] arguments = p.getActualTypeArguments();
      for (int i = 0; i < arguments.length; i++) {
        arguments[i] = substitute(arguments[i], bindings);
      }
      Type owner = p.getOwnerType();
      return new Parameterized(
          raw(p), List.of(arguments), owner == null ? null : substitute(owner, bindings));
    } else if (type instanceof GenericArrayType a) {
      Type component = substitute(a.getGenericComponentType(), bindings);
      return component instanceof Class<?> c
          ? Array.newInstance(c, 0).getClass()
          : new ArrayOf(component);
    }
    return type;
  }

  /** {@return what the type variables of the type's class (and its owners) stand for} */
  public static Map<TypeVariable<?>, Type> arguments(Type type) {
    Map<TypeVariable<?>, Type> bindings = new HashMap<>();
    Type at = type;
    while (at instanceof ParameterizedType p) {
      TypeVariable<?>[] variables = raw(p).getTypeParameters();
      Type[] actual = p.getActualTypeArguments();
      for (int i = 0; i < variables.length; i++) {
        bindings.put(variables[i], actual[i]);
      }
      at = p.getOwnerType();
    }
    return bindings;
  }

  /**
   * {@return the type seen as {@code target}, with type arguments as far as they are known, or null
   * if it is no subtype}
   *
   * <p>A class with type parameters, passed without arguments, keeps its variables in the result.
   */
  public static @Nullable Type supertype(Type type, Class<?> target) {
    Class<?> raw = raw(type);
    if (raw == target) {
      return type instanceof WildcardType w ? supertype(bound(w), target) : type;
    } else if (!target.isAssignableFrom(raw)) {
      return null;
    } else if (type instanceof TypeVariable<?> v) {
      return supertype(v.getBounds()[0], target);
    } else if (type instanceof WildcardType w) {
      return supertype(bound(w), target);
    }
    Map<TypeVariable<?>, Type> bindings = arguments(type);
    if (raw.getGenericSuperclass() != null) {
      Type found = supertype(substitute(raw.getGenericSuperclass(), bindings), target);
      if (found != null) {
        return found;
      }
    }
    for (Type parent : raw.getGenericInterfaces()) {
      Type found = supertype(substitute(parent, bindings), target);
      if (found != null) {
        return found;
      }
    }
    return target; // Object above an interface, or an array's supertypes
  }

  /**
   * Finds what the variables in {@code formal} stand for if a value of type {@code actual} is
   * passed for it, and adds them to {@code bindings}; the first finding of a variable stays.
   */
  public static void unify(Type formal, Type actual, Map<TypeVariable<?>, Type> bindings) {
    if (formal instanceof TypeVariable<?> v) {
      if (!hasVariables(actual)) {
        bindings.putIfAbsent(v, box(canonical(actual)));
      }
    } else if (formal instanceof WildcardType w) {
      unify(bound(w), actual, bindings);
    } else if (formal instanceof GenericArrayType a) {
      if (actual instanceof GenericArrayType b) {
        unify(a.getGenericComponentType(), b.getGenericComponentType(), bindings);
      } else if (actual instanceof Class<?> c && c.isArray()) {
        unify(a.getGenericComponentType(), c.getComponentType(), bindings);
      }
    } else if (formal instanceof ParameterizedType p
        && supertype(actual, raw(p)) instanceof ParameterizedType q) {
      Type[] formals = p.getActualTypeArguments();
      Type[] actuals = q.getActualTypeArguments();
      for (int i = 0; i < formals.length; i++) {
        unify(formals[i], actuals[i], bindings);
      }
    }
  }

  /** {@return whether a class is one of Java's own} */
  public static boolean isOfJava(Class<?> raw) {
    return raw.getName().startsWith("java.") || raw.getName().startsWith("javax.");
  }

  /**
   * {@return whether values of a type can surely not be changed: numbers, text, points in time, and
   * records of those}
   */
  public static boolean isImmutable(Type type) {
    return consistsOf(type, 0, IMMUTABLE::contains);
  }

  /**
   * {@return whether values of a type are always short: numbers, points in time, and records of
   * those; such values cannot be changed either}
   */
  public static boolean isShort(Type type) {
    return consistsOf(type, 0, raw -> IMMUTABLE.contains(raw) && !UNBOUNDED.contains(raw));
  }

  private static boolean consistsOf(Type type, int depth, Predicate<Class<?>> parts) {
    Class<?> raw = raw(type);
    if (raw.isPrimitive() || raw.isEnum() || parts.test(raw)) {
      return true;
    }
    if (!raw.isRecord() || depth > MAX_DEPTH) {
      return false;
    }
    Map<TypeVariable<?>, Type> bindings = arguments(type);
    for (RecordComponent component : raw.getRecordComponents()) {
      if (!consistsOf(substitute(component.getGenericType(), bindings), depth + 1, parts)) {
        return false;
      }
    }
    return true;
  }

  /** {@return the type argument that a class gives to a supertype, if it gives a concrete one} */
  public static Optional<Type> argumentOf(Class<?> type, Class<?> supertype, int index) {
    return supertype(type, supertype) instanceof ParameterizedType parent
        ? Optional.of(parent.getActualTypeArguments()[index])
            .filter(argument -> !hasVariables(argument))
            .map(Types::canonical)
        : Optional.empty();
  }

  /** {@return whether a type has variables} */
  public static boolean hasVariables(Type type) {
    if (type instanceof Class<?> c) {
      return c.isArray() ? hasVariables(c.getComponentType()) : isGeneric(c);
    } else if (type instanceof ParameterizedType p) {
      return Arrays.stream(p.getActualTypeArguments()).anyMatch(Types::hasVariables);
    } else if (type instanceof GenericArrayType a) {
      return hasVariables(a.getGenericComponentType());
    } else if (type instanceof WildcardType w) {
      return hasVariables(bound(w));
    }
    return true;
  }

  /** A class is generic too if it is an inner class (not a static one) of a generic class. */
  private static boolean isGeneric(Class<?> type) {
    Class<?> at = type;
    while (at != null) {
      if (at.getTypeParameters().length > 0) {
        return true;
      }
      at = Modifier.isStatic(at.getModifiers()) ? null : at.getDeclaringClass();
    }
    return false;
  }

  private static Type bound(WildcardType wildcard) {
    Type[] lower = wildcard.getLowerBounds();
    return lower.length > 0 ? lower[0] : wildcard.getUpperBounds()[0];
  }

  /** {@return the type as a program would write it, without packages} */
  public static String name(Type type) {
    if (type instanceof Class<?> c) {
      String simple = c.getSimpleName();
      return simple.isEmpty() ? c.getName() : simple;
    } else if (type instanceof ParameterizedType p) {
      return name(p.getRawType())
          + Arrays.stream(p.getActualTypeArguments())
              .map(Types::name)
              .collect(Collectors.joining(", ", "<", ">"));
    } else if (type instanceof GenericArrayType a) {
      return name(a.getGenericComponentType()) + "[]";
    }
    return type.getTypeName();
  }

  /** Equal to the JDK's representation, in both directions. */
  private record Parameterized(Class<?> rawClass, List<Type> typeArguments, @Nullable Type owner)
      implements ParameterizedType {

    @Override
    public Type[] getActualTypeArguments() {
      return typeArguments.toArray(Type[]::new);
    }

    @Override
    public Type getRawType() {
      return rawClass;
    }

    @Override
    public @Nullable Type getOwnerType() {
      return owner;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof ParameterizedType that
          && rawClass.equals(that.getRawType())
          && Objects.equals(owner, that.getOwnerType())
          && Arrays.equals(getActualTypeArguments(), that.getActualTypeArguments());
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(getActualTypeArguments())
          ^ Objects.hashCode(owner)
          ^ rawClass.hashCode();
    }

    @Override
    public String toString() {
      return name(this);
    }
  }

  /** Equal to the JDK's representation, in both directions. */
  private record ArrayOf(Type component) implements GenericArrayType {

    @Override
    public Type getGenericComponentType() {
      return component;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof GenericArrayType that
          && component.equals(that.getGenericComponentType());
    }

    @Override
    public int hashCode() {
      return component.hashCode();
    }

    @Override
    public String toString() {
      return name(this);
    }
  }
}
