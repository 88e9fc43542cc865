package dev.millrace.state;

import dev.millrace.time.TimeDomain;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A map for each key.
 *
 * <p><b>Contract.</b> It stands for the map of the key that the function is called for. What a
 * failed call has changed is undone. Values are copies.
 *
 * <p><b>State.</b> One row per entry: an entry costs the same however large the map is.
 *
 * <p><b>Threads.</b> Confined to the task's worker, and to the calls of the function.
 *
 * @param <M> the map's own keys: of the types that streams can be keyed by
 * @param <V> the values
 */
public interface MapState<M, V> {

  /** {@return the value of a key of the map, or null if there is none} */
  @Nullable V value(M key);

  /** {@return whether there is a value for a key of the map} */
  boolean contains(M key);

  /** Sets the value of a key of the map; neither may be null. */
  void put(M key, V value);

  /** Removes a key from the map. */
  void remove(M key);

  /** {@return all entries, in the order of their keys' bytes; a copy, not to be changed} */
  List<Map.Entry<M, V>> entries();

  /** {@return whether there are no entries} */
  boolean isEmpty();

  /** Removes all entries. */
  void clear();

  /**
   * Lets each entry expire the given time after it was last put, as {@link
   * ValueState#expireAfter(Duration)}.
   *
   * @return this state
   */
  MapState<M, V> expireAfter(Duration time);

  /** As {@link #expireAfter(Duration)}, in a time domain that is chosen. */
  MapState<M, V> expireAfter(Duration time, TimeDomain domain);
}
