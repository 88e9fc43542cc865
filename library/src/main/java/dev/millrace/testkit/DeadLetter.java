package dev.millrace.testkit;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A record that the job wrote to its dead-letter topic: a letter, or one part of a letter that is
 * too large for a record.
 *
 * <p><b>Threads.</b> Immutable as long as nobody changes the arrays.
 *
 * @param key the original key; null for parts of a letter whose key is large itself
 * @param value the original value, or a part of it
 * @param headers all headers as text: the record's own, and Millrace's, which start with {@code
 *     millrace.}
 */
@SuppressWarnings("ArrayRecordComponent") // bytes as they came; identity is not asked for
public record DeadLetter(
    byte @Nullable [] key, byte @Nullable [] value, Map<String, String> headers) {

  /** Copies the map. */
  public DeadLetter {
    headers = Map.copyOf(headers);
  }

  /** {@return the topic of the original record, empty if there is no single one} */
  public String topic() {
    return header("topic");
  }

  /** {@return the step that failed} */
  public String operator() {
    return header("operator");
  }

  /** {@return the exception's class} */
  public String exception() {
    return header("exception");
  }

  /** {@return the exception's message} */
  public String message() {
    return header("message");
  }

  private String header(String name) {
    return headers.getOrDefault("millrace." + name, "");
  }
}
