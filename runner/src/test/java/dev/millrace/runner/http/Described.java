package dev.millrace.runner.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.runner.http.RawHttp.Reply;
import java.net.URI;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The comparison of answers with what {@code docs/openapi.yaml} says of them. */
final class Described {

  private static final OpenApi API = new OpenApi();
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private Described() {}

  /** {@return the answer to a GET, which is as described} */
  static Reply get(URI server, String template, String path, String... headers) {
    return ask(server, "GET", template, path, headers);
  }

  /** {@return the answer to a request, which is as described} */
  static Reply ask(URI server, String method, String template, String path, String... headers) {
    Reply reply = RawHttp.ask(server, method, path, headers);
    JsonNode response =
        API.response(method, template, reply.status())
            .orElseThrow(() -> new AssertionError(path + " may not answer " + reply));
    String type = reply.headers().get("content-type").split(";")[0];
    JsonNode schema = API.schema(response, type);
    if (type.endsWith("json")) {
      assertThat(API.differences(JSON.readTree(reply.body()), schema)).as(reply.body()).isEmpty();
    } else {
      assertThat(reply.body()).isNotBlank();
    }
    return reply;
  }

  /** {@return the paths that can be read and whose answer ends, as templates} */
  static List<String> pages() {
    return API.operations().stream()
        .filter(operation -> operation.startsWith("GET ") && !operation.endsWith("/events"))
        .map(operation -> operation.substring("GET ".length()))
        .toList();
  }

  /** {@return the paths that change something, as templates} */
  static List<String> orders() {
    return API.operations().stream()
        .filter(operation -> operation.startsWith("POST "))
        .map(operation -> operation.substring("POST ".length()))
        .toList();
  }

  /** {@return the operations that are described} */
  static OpenApi api() {
    return API;
  }

  /** {@return the body of an answer} */
  static JsonNode json(Reply reply) {
    return JSON.readTree(reply.body());
  }
}
