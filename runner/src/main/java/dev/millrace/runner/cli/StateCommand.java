package dev.millrace.runner.cli;

import com.beust.jcommander.Parameter;
import com.beust.jcommander.ParameterException;
import com.beust.jcommander.Parameters;
import com.beust.jcommander.ParametersDelegate;
import dev.millrace.runner.output.Json;
import dev.millrace.runner.output.Terminal;
import dev.millrace.runner.output.TextTable;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

@Parameters(commandDescription = "Ask a running job for its state: its stores, a key, or many rows")
final class StateCommand implements Command {

  private static final String LIST = "list";
  private static final String GET = "get";
  private static final String SCAN = "scan";
  private static final int USUAL_ROWS = 100;
  private static final int MOST_ROWS = 100_000;
  private static final int MOST_ROWS_OF_PAGE = 1000;

  @Parameter private List<String> operands = new ArrayList<>();

  @Parameter(
      names = "--from",
      placeholder = "TIME",
      description = "Only windows that begin then or later, such as 2026-01-31T12:00:00Z")
  private @Nullable String from;

  @Parameter(
      names = "--to",
      placeholder = "TIME",
      description = "Only windows that begin before that")
  private @Nullable String to;

  @Parameter(
      names = "--prefix",
      placeholder = "TEXT",
      splitter = Unsplit.class,
      description = "scan: only keys that begin with it")
  private @Nullable String prefix;

  @Parameter(names = "--limit", placeholder = "N", description = "At most this many rows (100)")
  private int limit = USUAL_ROWS;

  @Parameter(
      names = "--max-age",
      placeholder = "TIME",
      description =
          "The age that the state may have, such as 10s; 0s for all that is committed by now (1s,"
              + " and more where sinks want rare commits)")
  private @Nullable String maxAge;

  @Parameter(
      names = "--stage",
      placeholder = "NAME",
      splitter = Unsplit.class,
      description = "The stage that has the store, where several have one of that name")
  private @Nullable String stage;

  @Parameter(
      names = "--http",
      placeholder = "URL",
      splitter = Unsplit.class,
      description = "The instance to ask; by default one that the job's status in Kafka names")
  private @Nullable String http;

  @ParametersDelegate private OutputOptions output = new OutputOptions();
  @ParametersDelegate private CommonOptions options = new CommonOptions();

  @Override
  public String operands() {
    return LIST + " JOB, " + GET + " JOB STORE KEY, or " + SCAN + " JOB STORE [options]";
  }

  @Override
  public List<String> operandWords() {
    return List.of(LIST, GET, SCAN);
  }

  @Override
  public CommonOptions options() {
    return options;
  }

  @Override
  public ExitCode run(Terminal terminal, JobArgumentWords jobArguments)
      throws InterruptedException {
    jobArguments.mustBeEmpty("state");
    if (limit < 1 || limit > MOST_ROWS) {
      throw new ParameterException(
          "Cannot use --limit " + limit + ": it must be from 1 to " + MOST_ROWS);
    }
    String what = operands.isEmpty() ? "" : operands.get(0);
    List<String> words =
        switch (what) {
          case LIST -> Operands.all(operands, LIST, "JOB");
          case GET -> Operands.all(operands, GET, "JOB", "STORE", "KEY");
          case SCAN -> Operands.all(operands, SCAN, "JOB", "STORE");
          default ->
              throw new ParameterException(
                  "Cannot read the command line: what to do is missing, or is none of "
                      + LIST
                      + ", "
                      + GET
                      + " and "
                      + SCAN);
        };
    if (prefix != null && !what.equals(SCAN)) {
      throw new ParameterException("Cannot use --prefix: it is for " + SCAN);
    }
    if (what.equals(LIST) && (from != null || to != null || maxAge != null || stage != null)) {
      throw new ParameterException(
          "Cannot list stores: --from, --to, --max-age and --stage are for "
              + GET
              + " and "
              + SCAN);
    }
    StateClient client =
        StateClient.of(words.get(1), Optional.ofNullable(http), options.config(terminal), terminal);
    try {
      return switch (what) {
        case LIST -> list(client, terminal);
        case GET -> get(client, words.get(2), words.get(3), terminal);
        default -> scan(client, words.get(2), terminal);
      };
    } catch (NoAnswerException e) {
      terminal.err().println(e.getMessage());
      return ExitCode.NOT_HEALTHY;
    }
  }

  private ExitCode list(StateClient client, Terminal terminal)
      throws NoAnswerException, InterruptedException {
    JsonNode answer = client.ask("", Map.of());
    if (output.isJson()) {
      terminal.out().println(Json.PRETTY.writeValueAsString(answer));
      return ExitCode.OK;
    }
    TextTable table =
        new TextTable(
            "STORE",
            "STAGE",
            "TASKS",
            "KIND",
            "KEYS",
            "VALUES",
            "ROWS",
            "BYTES",
            "CANNOT BE ASKED");
    for (JsonNode store : answer.path("stores")) {
      table.row(
          text(store.path("name")),
          text(store.path("stage")),
          text(store.path("tasks")),
          text(store.path("kind")),
          text(store.path("keyType")),
          text(store.path("valueType")),
          text(store.path("rows")),
          text(store.path("bytes")),
          text(store.path("refusal")));
    }
    table.print(terminal.out());
    return ExitCode.OK;
  }

  private ExitCode get(StateClient client, String store, String key, Terminal terminal)
      throws NoAnswerException, InterruptedException {
    Map<String, String> query = query();
    query.put("key", key);
    ObjectNode answer = pages(client, store, query);
    if (output.isJson()) {
      terminal.out().println(Json.PRETTY.writeValueAsString(answer));
    } else if (!answer.path("rows").isEmpty()) {
      printRows(answer, terminal);
    }
    if (answer.path("rows").isEmpty()) {
      terminal.err().println("Key '" + key + "' has no value in store '" + store + "'");
      return ExitCode.FAILED;
    }
    return ExitCode.OK;
  }

  private ExitCode scan(StateClient client, String store, Terminal terminal)
      throws NoAnswerException, InterruptedException {
    Map<String, String> query = query();
    put(query, "prefix", prefix);
    ObjectNode answer = pages(client, store, query);
    if (output.isJson()) {
      terminal.out().println(Json.PRETTY.writeValueAsString(answer));
    } else {
      printRows(answer, terminal);
    }
    return ExitCode.OK;
  }

  private Map<String, String> query() {
    Map<String, String> query = new LinkedHashMap<>();
    put(query, "stage", stage);
    put(query, "from", from);
    put(query, "to", to);
    put(query, "maxAge", maxAge);
    return query;
  }

  private static void put(Map<String, String> query, String name, @Nullable String value) {
    if (value != null) {
      query.put(name, value);
    }
  }

  /** {@return the answer, with the rows of as many pages as the limit needs} */
  private ObjectNode pages(StateClient client, String store, Map<String, String> query)
      throws NoAnswerException, InterruptedException {
    query.put("limit", Integer.toString(Math.min(limit, MOST_ROWS_OF_PAGE)));
    ObjectNode all = (ObjectNode) client.ask("/" + store, query);
    ArrayNode rows = (ArrayNode) all.path("rows");
    ArrayNode positions = (ArrayNode) all.path("positions");
    String next = all.path("next").asString("");
    while (!next.isEmpty() && rows.size() < limit) {
      query.put("limit", Integer.toString(Math.min(limit - rows.size(), MOST_ROWS_OF_PAGE)));
      query.put("cursor", next);
      JsonNode page = client.ask("/" + store, query);
      page.path("rows").forEach(rows::add);
      page.path("positions").forEach(positions::add);
      next = page.path("next").asString("");
      all.set("next", page.get("next"));
      all.set("asOf", oldest(all.get("asOf"), page.get("asOf")));
    }
    return all;
  }

  /** Times of one form, in UTC: they are in the order of their instants. */
  private static JsonNode oldest(JsonNode one, JsonNode other) {
    return Instant.parse(one.asString()).isAfter(Instant.parse(other.asString())) ? other : one;
  }

  private static void printRows(JsonNode answer, Terminal terminal) {
    boolean hasWindows = answer.path("kind").asString("").equals("WINDOWS");
    TextTable table =
        hasWindows ? new TextTable("KEY", "FROM", "TO", "VALUE") : new TextTable("KEY", "VALUE");
    for (JsonNode row : answer.path("rows")) {
      String key = text(row.path("key"));
      String value = Json.LINE.writeValueAsString(row.path("value"));
      if (hasWindows) {
        table.row(
            key,
            text(row.path("window").path("start")),
            text(row.path("window").path("end")),
            value);
      } else {
        table.row(key, value);
      }
    }
    table.print(terminal.out());
    terminal.err().println("As of " + text(answer.path("asOf")));
    if (!text(answer.path("next")).isEmpty()) {
      terminal.err().println("There are more: see --limit");
    }
  }

  private static String text(JsonNode value) {
    return value.isNull() ? "" : value.asString("");
  }
}
