package dev.millrace.state;

import dev.millrace.serde.TypeRef;

/**
 * The declarations of the state that a process function keeps for each key.
 *
 * <p><b>Contract.</b> Its methods are called from field initialisers or the constructor of the
 * function only, so that the state is known when the job is built. A name has lower-case letters,
 * digits and hyphens, is unique in the function, and stands for the same state for as long as the
 * job lives.
 *
 * <pre>{@code
 * private final ValueState<Long> spent = state.value("spent", Long.class);
 * private final MapState<String, Integer> perShop = state.map("per-shop", String.class, Integer.class);
 * }</pre>
 *
 * <p><b>Threads.</b> Confined to the thread that makes the function.
 *
 * <p><b>Errors.</b> {@link dev.millrace.error.ConfigurationException} for a name that is no name or
 * is taken; {@link IllegalStateException} when the function is in use already.
 */
public interface KeyedState {

  /** {@return a value per key} */
  <V> ValueState<V> value(String name, Class<V> type);

  /** {@return a value per key, of a generic type} */
  <V> ValueState<V> value(String name, TypeRef<V> type);

  /** {@return a list per key} */
  <V> ListState<V> list(String name, Class<V> type);

  /** {@return a list per key, of elements of a generic type} */
  <V> ListState<V> list(String name, TypeRef<V> type);

  /** {@return a map per key} */
  <M, V> MapState<M, V> map(String name, Class<M> keyType, Class<V> valueType);

  /** {@return a map per key, with values of a generic type} */
  <M, V> MapState<M, V> map(String name, TypeRef<M> keyType, TypeRef<V> valueType);
}
