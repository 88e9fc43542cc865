package dev.millrace.internal.operator.join;

import java.util.ArrayList;
import java.util.List;

/** A value that can be changed. */
public final class Bag {
  public List<String> items = new ArrayList<>();

  public Bag() {}

  Bag(String item) {
    items.add(item);
  }

  @Override
  public String toString() {
    return String.join("", items);
  }
}
