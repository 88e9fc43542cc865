package dev.millrace.sidebyside.nexmark;

import java.util.ArrayList;
import java.util.List;

/** Lists that are values. */
final class Lists {

  private Lists() {}

  /** {@return a list of the elements of two} */
  static <T> List<T> joined(List<T> left, List<T> right) {
    List<T> all = new ArrayList<>(left);
    all.addAll(right);
    return all;
  }
}
