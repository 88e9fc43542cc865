package dev.millrace.internal.meta;

import java.util.Collection;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The numbers under which the stores of a stage keep their rows, in its changelog and on disk.
 *
 * <p>A store gets its number when the stage first has it, and keeps it whatever other stores come
 * and go. No number is given twice in the life of a changelog: it may still have rows of a store
 * that is gone.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param byStore the number of each store; 1 or more
 * @param retired the names of the stores that are gone, by their numbers
 */
public record StoreIds(SortedMap<String, Integer> byStore, SortedMap<Integer, String> retired) {

  /** The number that commit frames have on disk, where they are rows too. */
  public static final int COMMIT_FRAMES = 127;

  /** The numbers of a stage without stores. */
  public static final StoreIds NONE = new StoreIds(new TreeMap<>(), new TreeMap<>());

  /** Copies the maps. */
  public StoreIds {
    byStore = new TreeMap<>(byStore);
    retired = new TreeMap<>(retired);
  }

  /**
   * {@return the numbers of the stores of a new changelog: their places in the order of their
   * names, which are also what stores had before numbers were kept}
   */
  public static StoreIds of(Collection<String> stores) {
    return NONE.with(stores);
  }

  /** {@return the number of a store; empty if the stage has no such store} */
  public OptionalInt of(String store) {
    Integer id = byStore.get(store);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /** {@return these with a new number for each of the stores that has none yet} */
  public StoreIds with(Collection<String> stores) {
    StoreIds more = new StoreIds(byStore, retired);
    for (String store : new TreeSet<>(stores)) {
      more.byStore.putIfAbsent(store, more.next());
    }
    return more;
  }

  /** {@return the numbers of these stores alone: old ones are kept, those of others are retired} */
  public StoreIds only(Collection<String> stores) {
    SortedMap<String, Integer> kept = new TreeMap<>(byStore);
    SortedMap<Integer, String> gone = new TreeMap<>(retired);
    byStore.forEach(
        (store, id) -> {
          if (!stores.contains(store)) {
            kept.remove(store);
            gone.put(id, store);
          }
        });
    return new StoreIds(kept, gone).with(stores);
  }

  private int next() {
    int last =
        Math.max(
            byStore.values().stream().mapToInt(id -> id).max().orElse(0),
            retired.isEmpty() ? 0 : retired.lastKey());
    return last + 1 == COMMIT_FRAMES ? last + 2 : last + 1;
  }

  /**
   * {@return the names of all stores that the changelog has or may have rows of, by their numbers}
   */
  public Map<Integer, String> names() {
    Map<Integer, String> names = new TreeMap<>(retired);
    byStore.forEach((store, id) -> names.put(id, store));
    return names;
  }
}
