package dev.millrace.internal.handle;

import dev.millrace.internal.type.Types;
import dev.millrace.time.TimeDomain;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The description of a state handle in a plan.
 *
 * @param name its name
 * @param kind its kind of state
 * @param valueType the type of values or elements
 * @param mapKeyType the type of a map's keys
 * @param timeToLive when rows expire, if they do
 */
public record HandleSpec(
    String name,
    Kind kind,
    Type valueType,
    Optional<Type> mapKeyType,
    Optional<TimeToLive> timeToLive) {

  /** The kinds of state. */
  public enum Kind {
    VALUE,
    LIST,
    MAP
  }

  /**
   * The time after which unchanged rows expire.
   *
   * @param time how long after the last change
   * @param domain the time domain, if the program chose one
   */
  public record TimeToLive(Duration time, Optional<TimeDomain> domain) {}

  /** {@return the types of its stores' rows, by the suffixes of their names; the main one first} */
  public Map<String, Type> rowTypes() {
    Map<String, Type> types = new LinkedHashMap<>();
    if (kind == Kind.LIST) {
      types.put(name, valueType);
      types.put(lengths(), stored(Long.class));
    } else {
      types.put(name, stored(valueType));
    }
    return types;
  }

  /** {@return the suffix of the store with the lengths of a list} */
  String lengths() {
    return name + "@length";
  }

  /** {@return the suffix of the store with its lengths, if it is a list} */
  public Optional<String> lengthsOfList() {
    return kind == Kind.LIST ? Optional.of(lengths()) : Optional.empty();
  }

  private Type stored(Type type) {
    return timeToLive.isPresent() ? Types.parameterized(Expiring.class, type) : type;
  }

  /** {@return a description for plans, which differs if the stored state does} */
  public String describe() {
    return kind.name().toLowerCase(Locale.ROOT)
        + " "
        + name
        + mapKeyType.map(type -> " by " + Types.name(type)).orElse("")
        + (timeToLive.isPresent() ? " (expiring)" : "");
  }

  /** {@return the same with a time domain, if it has a time-to-live without one} */
  public HandleSpec inDomain(TimeDomain domain) {
    return new HandleSpec(
        name,
        kind,
        valueType,
        mapKeyType,
        timeToLive.map(
            ttl -> new TimeToLive(ttl.time(), Optional.of(ttl.domain().orElse(domain)))));
  }
}
