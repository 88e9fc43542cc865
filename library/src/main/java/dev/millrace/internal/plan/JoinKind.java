package dev.millrace.internal.plan;

import java.util.Locale;

/** The kind of a join: which of its sides keeps the rows that find no match. */
public enum JoinKind {
  /** Neither side. */
  INNER(false, false),
  /** The left side. */
  LEFT(true, false),
  /** The right side. */
  RIGHT(false, true),
  /** Both sides. */
  OUTER(true, true);

  private final boolean keepsLeft;
  private final boolean keepsRight;

  JoinKind(boolean keepsLeft, boolean keepsRight) {
    this.keepsLeft = keepsLeft;
    this.keepsRight = keepsRight;
  }

  /** {@return whether left rows without a match become results} */
  public boolean keepsLeft() {
    return keepsLeft;
  }

  /** {@return whether right rows without a match become results} */
  public boolean keepsRight() {
    return keepsRight;
  }

  /** {@return the builder's word for it} */
  public String verb() {
    return name().toLowerCase(Locale.ROOT);
  }
}
