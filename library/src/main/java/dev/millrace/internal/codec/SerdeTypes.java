package dev.millrace.internal.codec;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.codec.object.Containers;
import dev.millrace.internal.type.Types;
import java.lang.reflect.Type;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The types for which a job names serdes.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param types the types, canonical
 */
public record SerdeTypes(Set<Type> types) {

  /** A job without serdes. */
  public static final SerdeTypes NONE = new SerdeTypes(Set.of());

  /** Copies the set. */
  public SerdeTypes {
    types = Set.copyOf(types);
  }

  /** {@return the line of a program that names a serde for a type} */
  public static String line(Type type) {
    return call(type, "() -> new TheSerde(...)");
  }

  /** {@return the same line as a reference to one that is there} */
  public static String reference(Type type) {
    return call(type, "...");
  }

  private static String call(Type type, String serdes) {
    String argument =
        type instanceof Class<?>
            ? Types.name(type) + ".class"
            : "new TypeRef<" + Types.name(type) + ">() {}";
    return "job.serde(" + argument + ", " + serdes + ")";
  }

  /**
   * Checks that a serde may be named for a type.
   *
   * @throws ConfigurationException if not
   */
  public static void check(Type type) {
    String reason = reasonAgainst(Types.raw(type));
    if (reason != null) {
      throw new ConfigurationException(
          "Cannot name a serde for " + Types.name(type) + ": " + reason);
    }
  }

  private static @Nullable String reasonAgainst(Class<?> raw) {
    if (raw == Object.class) {
      return "it is the type of all values. Name a more concrete one";
    } else if (ScalarKind.of(raw) != null) {
      return "numbers, texts and times have a form of their own. Leave the serde out, or put the"
          + " value into a record with a serde";
    } else if (raw.isArray()
        || raw == Optional.class
        || Containers.isCollection(raw)
        || Containers.isMap(raw)) {
      return "collections have a form of their own. Name one for its elements, or put it into a"
          + " record with a serde";
    }
    return null;
  }

  boolean contains(Type type) {
    return types.contains(type);
  }

  /** {@return one of these that is the given type or a part of it, if there is one} */
  public Optional<Type> partOf(Type type) {
    return types.isEmpty() ? Optional.empty() : TypeModel.of(type, this).firstBySerde();
  }
}
