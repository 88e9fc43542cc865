package dev.millrace.internal.codec.json;

import java.util.List;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.exc.MismatchedInputException;

/**
 * The exception thrown inside the JSON library where our rules refuse a value; its message is a
 * predicate ("is empty") of the value that the path leads to.
 *
 * <p><b>Threads.</b> Confined to the thread that reads.
 */
final class JsonRefusal extends MismatchedInputException {

  private static final long serialVersionUID = 1L;

  private final String remedy;
  private final transient List<String> missing;

  private JsonRefusal(
      JsonParser at, String predicate, Class<?> type, String remedy, List<String> missing) {
    super(at, predicate, type);
    this.remedy = remedy;
    this.missing = missing;
  }

  /** Refuses a value that is there, but is not acceptable. */
  static JsonRefusal of(JsonParser at, String predicate, Class<?> type, String remedy) {
    return new JsonRefusal(at, predicate, type, remedy, List.of());
  }

  /** Refuses an object that lacks properties; the path leads to the object. */
  static JsonRefusal missing(JsonParser at, String predicate, Class<?> type, List<String> names) {
    return new JsonRefusal(
        at,
        predicate,
        type,
        "Declare what may be missing as Optional or @Nullable, give it a second name with"
            + " @JsonAlias, or read the source with lenient()",
        names);
  }

  String remedy() {
    return remedy;
  }

  /** {@return the names of the properties that are missing} */
  List<String> missing() {
    return missing;
  }
}
