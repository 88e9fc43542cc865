package dev.millrace.aggregate;

import dev.millrace.internal.type.Types;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * An order of values that depends on what they contain and not on when they came: that of {@code
 * compareTo} where the type has it, and of {@code toString} where it has not or finds no
 * difference; decimals that compare as equal are in the order of their scales. What has no
 * difference in its text either keeps the order in which it came.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param <V> the values
 */
final class ContentOrder<V> implements Comparator<V> {

  private final boolean natural;

  private ContentOrder(boolean natural) {
    this.natural = natural;
  }

  /** {@return the order of a type's values} */
  static <V> ContentOrder<V> of(Type type) {
    Class<?> raw = Types.raw(Types.box(type));
    return new ContentOrder<>(
        Types.argumentOf(raw, Comparable.class, 0)
            .map(other -> Types.raw(other).isAssignableFrom(raw))
            .orElse(false));
  }

  @Override
  public int compare(V left, V right) {
    int order = natural ? naturally(left, right) : 0;
    return order != 0 ? order : byForm(left, right);
  }

  /** {@return the order of two values that compare as equal} */
  static int byForm(Object left, Object right) {
    if (left.equals(right)) {
      return 0;
    }
    return left instanceof BigDecimal one && right instanceof BigDecimal other
        ? Integer.compare(one.scale(), other.scale())
        : left.toString().compareTo(right.toString());
  }

  @SuppressWarnings("unchecked") // the type is one whose values compare with each other
  private int naturally(V left, V right) {
    return ((Comparable<Object>) left).compareTo(right);
  }

  /** {@return the values in order; the text of each is made once at most} */
  List<V> sorted(Collection<V> values) {
    if (natural) {
      return values.stream().sorted(this).toList();
    }
    List<WithText<V>> texts = new ArrayList<>(values.size());
    values.forEach(value -> texts.add(new WithText<>(value, value.toString())));
    texts.sort(Comparator.comparing(WithText::text));
    return texts.stream().map(WithText::value).toList();
  }

  private record WithText<V>(V value, String text) {}
}
