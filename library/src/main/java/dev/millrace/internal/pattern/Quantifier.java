package dev.millrace.internal.pattern;

/**
 * The number of times in a row that a stage or a group is taken.
 *
 * @param min the fewest times, at least one
 * @param max the most times, or {@link #UNBOUNDED}
 * @param optional whether it may also be left out
 * @param greedy whether a match goes on only where it could not be taken once more
 * @param inner what may lie between one time and the next
 */
public record Quantifier(int min, int max, boolean optional, boolean greedy, Contiguity inner) {

  /** In {@code max}: as often as it comes. */
  public static final int UNBOUNDED = Integer.MAX_VALUE;

  /** Exactly once. */
  public static final Quantifier ONCE = new Quantifier(1, 1, false, false, Contiguity.RELAXED);

  /** {@return whether it may be taken more than once} */
  public boolean loops() {
    return max > 1;
  }

  /** {@return whether it can go on for ever} */
  public boolean isUnbounded() {
    return max == UNBOUNDED;
  }

  /** {@return whether the number of times is left open} */
  public boolean isOpen() {
    return optional || min != max;
  }

  /** {@return the words of the program for it, each after a space; empty if it is once} */
  public String describe() {
    StringBuilder out = new StringBuilder();
    if (isUnbounded()) {
      out.append(min == 1 ? " oneOrMore" : " timesOrMore(" + min + ")");
    } else if (max > 1) {
      out.append(min == max ? " times(" + min + ")" : " times(" + min + ", " + max + ")");
    }
    if (loops() && inner != Contiguity.RELAXED) {
      out.append(inner == Contiguity.STRICT ? " consecutive" : " allowCombinations");
    }
    return out.append(optional ? " optional" : "").append(greedy ? " greedy" : "").toString();
  }
}
