package dev.millrace.internal.operator.join;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** Lists of texts by join and key: what came of one key, in its order. */
final class KeyedLists {

  private final Map<String, List<String>> lists = new TreeMap<>();

  void add(String join, String place, String text) {
    lists.computeIfAbsent(join + " " + place, any -> new ArrayList<>()).add(text);
  }

  /** {@return those that differ from the expected ones} */
  List<String> differences(KeyedLists expected) {
    TreeSet<String> keys = new TreeSet<>(lists.keySet());
    keys.addAll(expected.lists.keySet());
    List<String> differences = new ArrayList<>();
    for (String key : keys) {
      List<String> found = lists.getOrDefault(key, List.of());
      List<String> wanted = expected.lists.getOrDefault(key, List.of());
      if (!found.equals(wanted)) {
        differences.add(key + ": " + found + " instead of " + wanted);
      }
    }
    return differences;
  }
}
