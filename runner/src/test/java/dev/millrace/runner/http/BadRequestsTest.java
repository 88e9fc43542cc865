package dev.millrace.runner.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.JobConfig;
import dev.millrace.runner.http.RawHttp.Reply;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** What may be wrong with a request, at each path and method that the description has. */
final class BadRequestsTest {

  private static final String READ = "0123456789abcdef-reads";
  private static final String WRITE = "0123456789abcdef-writes";
  private static final String READER = "Authorization: Bearer " + READ;
  private static final String WRITER = "Authorization: Bearer " + WRITE;
  private static final int TEN_MEGABYTES = 10 << 20;

  private static final Pattern NAME = Pattern.compile("\\{(\\w+)}");

  /** What is there of the job that is made up. */
  private static final Map<String, String> NAMES =
      Map.of("job", "letters", "topic", "lines", "store", "visits", "source", "lines");

  private final FakeJob job =
      new FakeJob(JobConfig.defaults().with("http.token", READ).with("http.write.token", WRITE));
  private final AdminServer server = AdminServer.start(job, System.err).orElseThrow();

  @AfterEach
  void close() {
    server.close();
  }

  /** A path, as a template, and a method. */
  private record Operation(String method, String template) {

    static Operation of(String text) {
      int space = text.indexOf(' ');
      return new Operation(text.substring(0, space), text.substring(space + 1));
    }

    boolean isOrder() {
      return method.equals("POST");
    }

    boolean isOpen() {
      return Described.api().isOpen(method, template);
    }

    /** {@return the names that its path has} */
    List<String> names() {
      return NAME.matcher(template).results().map(found -> found.group(1)).toList();
    }

    /** {@return the path, with one of its names replaced by something} */
    String pathWith(String name, String text) {
      return NAME.matcher(template)
          .replaceAll(
              found ->
                  Matcher.quoteReplacement(
                      found.group(1).equals(name) ? text : nameOf(found.group(1))));
    }

    private static String nameOf(String kind) {
      String name = NAMES.get(kind);
      assertThat(name).as("the job that is made up has no " + kind).isNotNull();
      return name;
    }

    String path() {
      return pathWith("", "");
    }
  }

  static Stream<Operation> operations() {
    return Described.api().operations().stream().map(Operation::of);
  }

  /** Asks with the right token; the answer is one that is described. */
  private Reply ask(Operation operation, String path) {
    return ask(operation, path, WRITER);
  }

  private Reply ask(Operation operation, String path, String... headers) {
    return Described.ask(server.uri(), operation.method(), operation.template(), path, headers);
  }

  private static void assertThatItSaysWhy(Reply reply) {
    assertThat(reply.headers()).containsEntry("content-type", "application/problem+json");
    assertThat(Described.json(reply).get("detail").asString()).startsWith("Cannot ");
  }

  @ParameterizedTest
  @MethodSource("operations")
  void whatIsNotThereIsNotFound(Operation operation) {
    for (String name : operation.names()) {
      Reply reply = ask(operation, operation.pathWith(name, "none"));
      assertThat(reply.status()).as(name + ": " + reply.body()).isEqualTo(404);
      assertThatItSaysWhy(reply);
    }
    assertThat(job.orders).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("operations")
  void whatCannotBeANameIsRefused(Operation operation) {
    for (String name : operation.names()) {
      for (String text :
          List.of("..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "a%5cb", "a%00", "a%20b", "%c3%28")) {
        Reply reply = ask(operation, operation.pathWith(name, text));
        assertThat(reply.status()).as(name + "=" + text + ": " + reply.body()).isEqualTo(400);
        assertThatItSaysWhy(reply);
      }
    }
    assertThat(job.orders).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("operations")
  void whatIsNoNumberIsRefused(Operation operation) {
    Described.api()
        .query(operation.method(), operation.template())
        .filter(parameter -> parameter.at("/schema/type").asString("").equals("integer"))
        .forEach(parameter -> assertThatNumbersAreChecked(operation, parameter));
  }

  private void assertThatNumbersAreChecked(Operation operation, JsonNode parameter) {
    String name = parameter.get("name").asString();
    List<String> wrong =
        new ArrayList<>(List.of("x", "", "1.5", "0x1", "1e3", "99999999999999999999", "%2b"));
    wrong.add(Long.toString(parameter.at("/schema/minimum").asLong(0) - 1));
    JsonNode most = parameter.at("/schema/maximum");
    if (!most.isMissingNode()) {
      wrong.add(Long.toString(most.asLong() + 1));
    }
    for (String text : wrong) {
      Reply reply = ask(operation, operation.path() + "?" + name + "=" + text);
      assertThat(reply.status()).as(name + "=" + text + ": " + reply.body()).isEqualTo(400);
      assertThatItSaysWhy(reply);
    }
  }

  @ParameterizedTest
  @MethodSource("operations")
  void whoHasNotTheTokenIsRefusedUnlessItIsAProbe(Operation operation) {
    assertThat(operation.isOpen())
        .isEqualTo(List.of("/livez", "/readyz").contains(operation.template()));
    if (operation.isOpen()) {
      assertThat(ask(operation, operation.path(), new String[0]).status()).isEqualTo(200);
      return;
    }
    assertThat(ask(operation, operation.path(), new String[0]).status()).isEqualTo(401);
    for (String wrong : List.of("Bearer " + WRITE + "x", "Bearer ", WRITE, "Basic " + WRITE)) {
      Reply reply = ask(operation, operation.path(), "Authorization: " + wrong);
      assertThat(reply.status()).as(wrong).isEqualTo(401);
      assertThatItSaysWhy(reply);
      assertThat(reply.body()).doesNotContain(WRITE);
    }
    if (operation.isOrder()) {
      assertThat(ask(operation, operation.path(), READER).status()).isEqualTo(403);
    }
    assertThat(job.orders).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("operations")
  void aBodyThatIsTooLongIsRefused(Operation operation) {
    String head =
        RawHttp.head(
            server.uri(),
            operation.method(),
            operation.path(),
            WRITER,
            "Content-Length: " + TEN_MEGABYTES);
    Reply reply = RawHttp.send(server.uri(), head, new byte[TEN_MEGABYTES]);
    assertThat(reply.status()).as(reply.body()).isEqualTo(413);
    assertThatItSaysWhy(reply);
    assertThat(job.orders).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("operations")
  void aMethodThatAPathHasNotIsRefused(Operation operation) {
    for (String method : List.of("PUT", "DELETE", operation.isOrder() ? "GET" : "POST")) {
      Reply reply = RawHttp.ask(server.uri(), method, operation.path(), WRITER);
      assertThat(reply.status()).as(method).isEqualTo(405);
      assertThat(reply.headers().get("allow")).contains(operation.method());
      assertThatItSaysWhy(reply);
    }
    assertThat(job.orders).isEmpty();
  }

  /** Each of them has a thread, other than those whose heads are not complete. */
  @Test
  void clientsThatSendTheirBodiesSlowlyKeepNobodyWaiting() throws Exception {
    List<Socket> slow = new ArrayList<>();
    try {
      for (int i = 0; i < 200; i++) {
        Socket socket = RawHttp.connect(server.uri());
        slow.add(socket);
        String path = "/api/v1/jobs/letters/pause";
        String head = RawHttp.head(server.uri(), "POST", path, WRITER, "Content-Length: 1000");
        socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
      }
      for (int i = 0; i < 20; i++) {
        assertThat(RawHttp.get(server.uri(), "/status", READER).status()).isEqualTo(200);
      }
      assertThat(job.orders).as("none of theirs is complete").isEmpty();
    } finally {
      for (Socket socket : slow) {
        socket.close();
      }
    }
  }
}
