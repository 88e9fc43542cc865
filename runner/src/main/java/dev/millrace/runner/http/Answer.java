package dev.millrace.runner.http;

import dev.millrace.runner.output.Json;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/**
 * The answer to a request.
 *
 * <p><b>Threads.</b> Immutable; nobody changes the bytes of a body.
 */
final class Answer {

  private static final String JSON = "application/json";

  private final int status;
  private final String contentType;
  private final byte[] body;
  private final Map<String, String> headers;

  /** Creates an answer of a status, with a body of a type. */
  Answer(int status, String contentType, byte[] body, Map<String, String> headers) {
    this.status = status;
    this.contentType = contentType;
    this.body = body;
    this.headers = headers;
  }

  /** {@return the status code of HTTP} */
  int status() {
    return status;
  }

  /** {@return what the body is} */
  String contentType() {
    return contentType;
  }

  /** {@return the body, which is not to be changed} */
  byte[] body() {
    return body;
  }

  /** {@return further headers} */
  Map<String, String> headers() {
    return headers;
  }

  /** {@return a good answer of these fields} */
  static Answer json(Object value) {
    return json(200, JSON, value);
  }

  /** {@return an answer of these fields} */
  static Answer json(int status, String contentType, Object value) {
    // Indented: people read it after curl.
    return text(status, contentType, Json.PRETTY.writeValueAsString(value) + "\n");
  }

  /** {@return a good answer that is JSON already} */
  static Answer ofJson(String json) {
    return text(200, JSON, json.endsWith("\n") ? json : json + "\n");
  }

  /** {@return an answer of this text} */
  static Answer text(int status, String contentType, String text) {
    return new Answer(status, contentType, text.getBytes(StandardCharsets.UTF_8), Map.of());
  }

  /** {@return the same with a header more} */
  Answer with(String header, String value) {
    Map<String, String> more = new TreeMap<>(headers);
    more.put(header, value);
    return new Answer(status, contentType, body, more);
  }
}
