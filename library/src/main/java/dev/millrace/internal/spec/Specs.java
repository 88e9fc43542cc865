package dev.millrace.internal.spec;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * The access from a public specification to the settings in it, which no public method shows.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class Specs {

  private static final Map<Class<?>, Function<Object, Object>> WAYS = new ConcurrentHashMap<>();

  private Specs() {}

  /** Registers a class of specifications, which calls this once when it is loaded. */
  @SuppressWarnings("unchecked") // of() looks the way up by the class of its argument
  public static <P> void grant(Class<P> specification, Function<P, ?> settings) {
    WAYS.put(specification, (Function<Object, Object>) (Function<?, ?>) settings);
  }

  /** {@return the settings of a specification, of the given kind} */
  public static <S> S of(Object specification, Class<S> settings) {
    Function<Object, Object> way = WAYS.get(specification.getClass());
    if (way == null) {
      throw new IllegalStateException(
          specification.getClass().getName() + " does not give its settings");
    }
    return settings.cast(way.apply(specification));
  }
}
