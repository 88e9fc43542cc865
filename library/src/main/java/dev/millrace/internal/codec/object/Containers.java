package dev.millrace.internal.codec.object;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The collections and maps that have binary codecs, and the classes they are read back as. Sorted
 * ones are read back in natural order.
 *
 * <p><b>Threads.</b> Stateless.
 */
public final class Containers {

  private static final Map<Class<?>, IntFunction<Collection<Object>>> COLLECTIONS =
      Map.ofEntries(
          Map.entry(Iterable.class, ArrayList::new),
          Map.entry(Collection.class, ArrayList::new),
          Map.entry(List.class, ArrayList::new),
          Map.entry(ArrayList.class, ArrayList::new),
          Map.entry(Set.class, n -> new LinkedHashSet<>(capacity(n))),
          Map.entry(HashSet.class, n -> new HashSet<>(capacity(n))),
          Map.entry(LinkedHashSet.class, n -> new LinkedHashSet<>(capacity(n))),
          Map.entry(SortedSet.class, n -> new TreeSet<>()),
          Map.entry(NavigableSet.class, n -> new TreeSet<>()),
          Map.entry(TreeSet.class, n -> new TreeSet<>()),
          Map.entry(Queue.class, ArrayDeque::new),
          Map.entry(Deque.class, ArrayDeque::new),
          Map.entry(ArrayDeque.class, ArrayDeque::new));

  private static final Map<Class<?>, IntFunction<Map<Object, @Nullable Object>>> MAPS =
      Map.of(
          Map.class, n -> new LinkedHashMap<>(capacity(n)),
          HashMap.class, n -> new HashMap<>(capacity(n)),
          LinkedHashMap.class, n -> new LinkedHashMap<>(capacity(n)),
          SortedMap.class, n -> new TreeMap<>(),
          NavigableMap.class, n -> new TreeMap<>(),
          TreeMap.class, n -> new TreeMap<>());

  private Containers() {}

  public static boolean isCollection(Class<?> type) {
    return COLLECTIONS.containsKey(type);
  }

  public static boolean isMap(Class<?> type) {
    return MAPS.containsKey(type);
  }

  /** {@return what makes an empty collection for a number of elements} */
  public static IntFunction<Collection<Object>> collection(Class<?> type) {
    IntFunction<Collection<Object>> factory = COLLECTIONS.get(type);
    if (factory == null) {
      throw new IllegalArgumentException(type.getName());
    }
    return factory;
  }

  /** {@return what makes an empty map for a number of entries} */
  public static IntFunction<Map<Object, @Nullable Object>> map(Class<?> type) {
    IntFunction<Map<Object, @Nullable Object>> factory = MAPS.get(type);
    if (factory == null) {
      throw new IllegalArgumentException(type.getName());
    }
    return factory;
  }

  /** {@return the collection, or another one that takes nulls, which some queues do not} */
  @SuppressWarnings("JdkObsolete") // It is the only queue of the JDK that takes nulls.
  public static Collection<Object> withNulls(Collection<Object> empty) {
    return empty instanceof ArrayDeque ? new LinkedList<>() : empty;
  }

  /** Refuses an order of elements that would not survive. */
  public static void checkOrder(Object container) {
    Comparator<?> comparator = null;
    if (container instanceof SortedSet<?> set) {
      comparator = set.comparator();
    } else if (container instanceof SortedMap<?, ?> map) {
      comparator = map.comparator();
    } else if (container instanceof PriorityQueue<?> queue) {
      comparator = queue.comparator();
    } else if (container instanceof PriorityBlockingQueue<?> queue) {
      comparator = queue.comparator();
    }
    if (comparator != null && comparator != Comparator.naturalOrder()) {
      throw new IllegalArgumentException(
          "Cannot encode a sorted collection: its comparator is not part of the bytes. Use natural"
              + " order, or keep a list");
    }
  }

  /** Refuses a queue whose elements do not leave it in the order in which they came. */
  public static void checkQueue(Object queue) {
    if (queue instanceof PriorityQueue || queue instanceof PriorityBlockingQueue) {
      throw new IllegalArgumentException(
          "Cannot encode a "
              + queue.getClass().getSimpleName()
              + ": its type is Queue here, which is read back in the order of the bytes. Keep a"
              + " SortedSet, or a list");
    }
  }

  private static int capacity(int size) {
    return (int) Math.min(1 << 30, size * 4L / 3 + 1);
  }
}
