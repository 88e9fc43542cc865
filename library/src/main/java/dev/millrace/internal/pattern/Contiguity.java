package dev.millrace.internal.pattern;

/** The events that may lie between one that is taken and the next. */
public enum Contiguity {
  /** None. */
  STRICT("next"),
  /** Those that the stage of the next one does not take. */
  RELAXED("followedBy"),
  /** Any. */
  ANY("followedByAny");

  private final String verb;

  Contiguity(String verb) {
    this.verb = verb;
  }

  /** {@return the word that programs have for it} */
  public String verb() {
    return verb;
  }
}
