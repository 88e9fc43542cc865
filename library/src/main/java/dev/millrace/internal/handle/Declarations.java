package dev.millrace.internal.handle;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.state.RowStore;
import dev.millrace.serde.TypeRef;
import dev.millrace.state.KeyedState;
import dev.millrace.state.ListState;
import dev.millrace.state.MapState;
import dev.millrace.state.ValueState;
import dev.millrace.time.TimeDomain;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The state that one process function has declared.
 *
 * <p>Open until the engine looks at it for the first time; from then on nothing can be added.
 *
 * <p><b>Threads.</b> Confined to one thread at a time: that of the builder, then the task's worker.
 */
public final class Declarations implements KeyedState {

  private static final Pattern NAMES = Pattern.compile("[a-z0-9][a-z0-9-]{0,39}");

  private static volatile @Nullable Function<Object, Declarations> access;

  private final Map<String, Handle> handles = new LinkedHashMap<>();
  private boolean closed;
  private boolean bound;

  /** Creates an empty declaration. */
  public Declarations() {}

  /** Gives the engine access to functions; called once, when their public class is loaded. */
  public static void grant(Function<Object, Declarations> ofFunctions) {
    access = ofFunctions;
  }

  /** {@return what a process function has declared} */
  public static Declarations of(Object function) {
    Function<Object, Declarations> granted = access;
    if (granted == null) {
      throw new IllegalStateException("No process function has been made yet");
    }
    return granted.apply(function);
  }

  @Override
  public <V> ValueState<V> value(String name, Class<V> type) {
    return value(name, TypeRef.of(type));
  }

  @Override
  public <V> ValueState<V> value(String name, TypeRef<V> type) {
    return added(new DeclaredValue<>(this, checked(name), type.type()));
  }

  @Override
  public <V> ListState<V> list(String name, Class<V> type) {
    return list(name, TypeRef.of(type));
  }

  @Override
  public <V> ListState<V> list(String name, TypeRef<V> type) {
    return added(new DeclaredList<>(this, checked(name), type.type()));
  }

  @Override
  public <M, V> MapState<M, V> map(String name, Class<M> keyType, Class<V> valueType) {
    return map(name, TypeRef.of(keyType), TypeRef.of(valueType));
  }

  @Override
  public <M, V> MapState<M, V> map(String name, TypeRef<M> keyType, TypeRef<V> valueType) {
    return added(new DeclaredMap<>(this, checked(name), keyType.type(), valueType.type()));
  }

  private <H extends Handle> H added(H handle) {
    handles.put(handle.name(), handle);
    return handle;
  }

  private String checked(String name) {
    requireOpen(name);
    if (!NAMES.matcher(name).matches()) {
      throw new ConfigurationException(
          "Cannot declare state '"
              + name
              + "': a name has lower-case letters, digits and hyphens, at most 40 of them");
    }
    if (handles.containsKey(name)) {
      throw new ConfigurationException(
          "Cannot declare state '" + name + "': the function has it already. Use another name");
    }
    return name;
  }

  void requireOpen(String name) {
    if (closed) {
      throw new IllegalStateException(
          "Cannot declare state '"
              + name
              + "': the function is in use already. Declare it in a field initialiser");
    }
  }

  /** {@return the declared handles; from now on none can be added} */
  public List<HandleSpec> specs() {
    closed = true;
    return handles.values().stream().map(Handle::spec).toList();
  }

  @Nullable Handle handle(String name) {
    return handles.get(name);
  }

  /** The stores of a task. */
  public interface Stores {

    /** {@return the rows of a store} */
    RowStore<Object> rows(String suffix);

    /** {@return the function that copies a store's values, if they can be changed} */
    UnaryOperator<Object> copying(String suffix);
  }

  /**
   * Binds all handles to a task, for good.
   *
   * @param defaultDomain the time domain of a time-to-live for which the program chose none
   */
  public void bind(Stores stores, KeyScope scope, ExpiryIndex expiries, TimeDomain defaultDomain) {
    if (bound) {
      throw new IllegalStateException(
          "Cannot use a process function in two tasks: each needs an instance of its own. Make a"
              + " new one in the supplier");
    }
    closed = true;
    bound = true;
    Handle.Binding binding = new TaskBinding(stores, scope, expiries, defaultDomain);
    handles.values().forEach(handle -> handle.bind(binding));
  }

  /**
   * {@return rows that have the records' own keys and can be prefetched, or null if there are none}
   */
  public @Nullable RowStore<Object> rowsByKey() {
    for (Handle handle : handles.values()) {
      if (!(handle instanceof DeclaredMap)) {
        return handle.expiringRows();
      }
    }
    return null;
  }

  private record TaskBinding(
      Stores stores, KeyScope scope, ExpiryIndex expiries, TimeDomain defaultDomain)
      implements Handle.Binding {

    @Override
    public RowStore<Object> rows(String suffix) {
      return stores.rows(suffix);
    }

    @Override
    public UnaryOperator<Object> copying(String suffix) {
      return stores.copying(suffix);
    }
  }
}
