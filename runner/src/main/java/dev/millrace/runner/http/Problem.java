package dev.millrace.runner.http;

import dev.millrace.runner.output.Json;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * A request that cannot be answered as asked, in the form of RFC 9457.
 *
 * <p>The type is that of the status code, {@code about:blank}; the detail is a sentence for people,
 * in the form of the house's errors.
 */
final class Problem extends RuntimeException {

  private static final long serialVersionUID = 1L;
  private static final String CONTENT_TYPE = "application/problem+json";

  private final int status;
  private final String title;
  private final transient Map<String, String> headers = new TreeMap<>();
  private final transient Map<String, Object> more = new LinkedHashMap<>();

  private Problem(int status, String title, String detail) {
    super(detail, null, false, false);
    this.status = status;
    this.title = title;
  }

  static Problem badRequest(String detail) {
    return new Problem(400, "Bad Request", detail);
  }

  static Problem unauthorized(String detail, String challenge) {
    return new Problem(401, "Unauthorized", detail).with("WWW-Authenticate", challenge);
  }

  static Problem forbidden(String detail) {
    return new Problem(403, "Forbidden", detail);
  }

  static Problem notFound(String detail) {
    return new Problem(404, "Not Found", detail);
  }

  static Problem methodNotAllowed(String detail, String allowed) {
    return new Problem(405, "Method Not Allowed", detail).with("Allow", allowed);
  }

  static Problem contentTooLarge(String detail) {
    return new Problem(413, "Content Too Large", detail);
  }

  static Problem uriTooLong(String detail) {
    return new Problem(414, "URI Too Long", detail);
  }

  static Problem misdirected(String detail) {
    return new Problem(421, "Misdirected Request", detail);
  }

  static Problem internal(String detail) {
    return new Problem(500, "Internal Server Error", detail);
  }

  static Problem badGateway(String detail) {
    return new Problem(502, "Bad Gateway", detail);
  }

  /** {@return a problem that may be gone when the request is repeated} */
  static Problem unavailable(String detail) {
    return new Problem(503, "Service Unavailable", detail).with("Retry-After", "1");
  }

  /**
   * {@return the problem that a state cannot be read here and now, with its place as fields}
   *
   * @param retryAfter the time after which it may be gone
   */
  static Problem stateUnavailable(String detail, Duration retryAfter, Map<String, Object> place) {
    long seconds = Math.max(1, (retryAfter.toMillis() + 999) / 1000);
    Problem problem = unavailable(detail).with("Retry-After", Long.toString(seconds));
    problem.more.putAll(place);
    return problem;
  }

  /** {@return the status code of HTTP} */
  int status() {
    return status;
  }

  private Problem with(String header, String value) {
    headers.put(header, value);
    return this;
  }

  private Map<String, Object> fields(String path) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("type", "about:blank");
    fields.put("title", title);
    fields.put("status", status);
    fields.put("detail", String.valueOf(getMessage()));
    fields.put("instance", path);
    fields.putAll(more);
    return fields;
  }

  /** {@return the fields in a line, for a path} */
  String toLine(String path) {
    return Json.LINE.writeValueAsString(fields(path));
  }

  /** {@return the answer to a request for a path} */
  Answer toAnswer(String path) {
    Answer answer = Answer.json(status, CONTENT_TYPE, fields(path));
    for (Map.Entry<String, String> header : headers.entrySet()) {
      answer = answer.with(header.getKey(), header.getValue());
    }
    return answer;
  }
}
