package dev.millrace.runner.http;

import com.sun.net.httpserver.HttpExchange;
import dev.millrace.runner.output.Json;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a request.
 *
 * <p><b>Threads.</b> Immutable; nobody changes the bytes of a body.
 */
final class Answer {

  /** A body that others go on writing when the request's thread has left. */
  interface Stream {

    /** Takes over an exchange whose headers are sent, and returns at once. */
    void send(HttpExchange exchange);

    /** Called instead if the body is not wanted. */
    void giveUp();
  }

  /** The media type of JSON. */
  static final String JSON = "application/json";

  private final int status;
  private final String contentType;
  private final byte[] body;
  private final Map<String, String> headers;
  private final @Nullable Stream stream;

  /** Creates an answer of a status, with a body of a type. */
  Answer(int status, String contentType, byte[] body, Map<String, String> headers) {
    this(status, contentType, body, headers, null);
  }

  private Answer(
      int status,
      String contentType,
      byte[] body,
      Map<String, String> headers,
      @Nullable Stream stream) {
    this.status = status;
    this.contentType = contentType;
    this.body = body;
    this.headers = headers;
    this.stream = stream;
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

  /** {@return what goes on writing the body; empty if the body is there} */
  Optional<Stream> stream() {
    return Optional.ofNullable(stream);
  }

  /** {@return a good answer whose body comes bit by bit} */
  static Answer streamed(String contentType, Stream stream) {
    return new Answer(200, contentType, new byte[0], Map.of(), stream);
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
    return new Answer(status, contentType, body, more, stream);
  }
}
