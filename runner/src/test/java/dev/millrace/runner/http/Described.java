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
  static Reply get(URI server, String template, String path) {
    Reply reply = RawHttp.get(server, path);
    JsonNode response =
        API.response(template, reply.status())
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

  /** {@return the operations that are described} */
  static OpenApi api() {
    return API;
  }

  /** {@return the body of an answer} */
  static JsonNode json(Reply reply) {
    return JSON.readTree(reply.body());
  }
}
