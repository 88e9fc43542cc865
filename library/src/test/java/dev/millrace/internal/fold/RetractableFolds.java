package dev.millrace.internal.fold;

import dev.millrace.function.ToLongFunction;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Aggregates of numbers that can take records back. */
public final class RetractableFolds {

  private RetractableFolds() {}

  /** Adds up numbers, with the engine's shortcut for that. */
  public static final class LongSum implements FoldFunction {

    @Override
    public Object first(Object value) {
      return value;
    }

    @Override
    public Object add(Object accumulator, Object value) {
      return (Long) accumulator + (Long) value;
    }

    @Override
    public Object merge(Object left, Object right) {
      return (Long) left + (Long) right;
    }

    @Override
    public Object finish(Object accumulator) {
      return accumulator;
    }

    @Override
    public ToLongFunction<Object> longSum() {
      return value -> (Long) value;
    }

    @Override
    public Retraction retraction() {
      return new Retraction() {
        @Override
        public Object first(Object value) {
          return -(Long) value;
        }

        @Override
        public Object retract(Object accumulator, Object value) {
          return (Long) accumulator - (Long) value;
        }

        @Override
        public boolean isNeutral(Object accumulator) {
          return (Long) accumulator == 0;
        }
      };
    }
  }

  /**
   * Counts each number by itself, changing its accumulator in place; the smallest is the result.
   */
  public static final class Bag implements FoldFunction {

    @Override
    public Object first(Object value) {
      return change(new TreeMap<>(), (Long) value, 1);
    }

    @Override
    public Object add(Object accumulator, Object value) {
      return change(bag(accumulator), (Long) value, 1);
    }

    @Override
    public Object merge(Object left, Object right) {
      TreeMap<Long, Long> merged = bag(left);
      bag(right).forEach((value, count) -> change(merged, value, count));
      return merged;
    }

    @Override
    public Object finish(Object accumulator) {
      return bag(accumulator).firstKey();
    }

    @Override
    public @Nullable Retraction retraction() {
      return new Retraction() {
        @Override
        public Object first(Object value) {
          return change(new TreeMap<>(), (Long) value, -1);
        }

        @Override
        public Object retract(Object accumulator, Object value) {
          return change(bag(accumulator), (Long) value, -1);
        }

        @Override
        public boolean isNeutral(Object accumulator) {
          return bag(accumulator).isEmpty();
        }
      };
    }

    private static TreeMap<Long, Long> change(TreeMap<Long, Long> bag, Long value, long by) {
      bag.merge(value, by, (left, right) -> left + right == 0 ? null : left + right);
      return bag;
    }

    @SuppressWarnings("unchecked") // this class has made it
    private static TreeMap<Long, Long> bag(Object accumulator) {
      return accumulator instanceof TreeMap
          ? (TreeMap<Long, Long>) accumulator
          : new TreeMap<>((java.util.Map<Long, Long>) accumulator);
    }
  }
}
