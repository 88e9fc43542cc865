package dev.millrace.runner.http;

import dev.millrace.admin.JobStatus;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.MillraceException;
import dev.millrace.error.StateUnavailableException;
import dev.millrace.query.StateAnswer;
import dev.millrace.query.StateCursor;
import dev.millrace.query.StatePage;
import dev.millrace.query.StatePosition;
import dev.millrace.query.StateQuery;
import dev.millrace.query.StateRow;
import dev.millrace.query.StateStoreInfo;
import dev.millrace.runner.host.HostedJob;
import dev.millrace.runner.host.NoStatusException;
import dev.millrace.runner.output.Json;
import dev.millrace.runner.peer.PeerRequest;
import dev.millrace.runner.peer.Unanswered;
import dev.millrace.window.Window;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The pages about the job's state: its stores, and their rows as of the last commits.
 *
 * <p>A question about a key goes to the instance that has the key's task. A scan goes through the
 * tasks in the order of their numbers, on any instance, until it has as many rows as were asked
 * for. A task that nobody can answer for ends a page before its rows, or is the problem if it is
 * the first: no page ever has a hole. An instance that is asked by another answers for its own
 * tasks, and ends its page where those end.
 *
 * <p><b>Threads.</b> Safe for any thread; the caller's waits.
 */
final class StatePages {

  /**
   * The stores of the job.
   *
   * @param othersUnknown why it is not known who else there is to be asked; null if it is
   */
  private record Stores(
      String job,
      List<Store> stores,
      List<Unanswered> unanswered,
      @Nullable String othersUnknown) {}

  /**
   * A store; {@code refusal} is null if it can be asked, rows and bytes while an instance that
   * answers does not know its own.
   */
  private record Store(
      String name,
      String stage,
      int tasks,
      StateStoreInfo.Kind kind,
      String keyType,
      String valueType,
      @Nullable String refusal,
      @Nullable Long rows,
      @Nullable Long bytes) {}

  /** Rows of a store; {@code asOf} is that of the oldest position. */
  private record Rows(
      String job,
      String store,
      String stage,
      StateStoreInfo.Kind kind,
      @Nullable Instant asOf,
      List<Row> rows,
      @Nullable String next,
      List<Object> positions) {}

  /** A row; the value is JSON. */
  record Row(int task, String key, @Nullable Window window, JsonNode value) {}

  /** The state of a task that rows are of. */
  private record Position(
      int task,
      @Nullable String instance,
      long transaction,
      Map<String, Long> offsets,
      @Nullable Instant eventTime,
      boolean ended,
      Instant asOf) {}

  /** A part of an answer, with positions that are made here and those that others have made. */
  record Part(
      List<Row> rows, List<Object> positions, List<Instant> asOf, Optional<StateCursor> next) {}

  /** A question to the tasks of this instance. */
  private interface Asking {

    Part ask(StateQuery<String, String> query);
  }

  /** The longest wait for the answer of one task. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** The longest wait for the answer of another instance, which itself waits for a task. */
  private static final Duration PATIENCE_ELSEWHERE = PATIENCE.plusSeconds(1);

  /** The time after which a page ends with the rows that it has. */
  private static final Duration LONGEST_PAGE = Duration.ofSeconds(5);

  private final HostedJob job;
  private final Others others;
  private final UsualAge usualAge;

  StatePages(HostedJob job, Others others) {
    this.job = job;
    this.others = others;
    this.usualAge = new UsualAge(job);
  }

  /**
   * Answers which stores there are, those for the engine's own use included, and their sizes: those
   * of this instance alone, and the reason, while Kafka does not answer who the others are.
   */
  Answer stores(Request request) {
    Pages.checkJob(job, request);
    List<StateStoreInfo> stores = asked(job::stores);
    Others.Gathered gathered = Others.Gathered.NOTHING;
    @Nullable String othersUnknown = null;
    if (!request.caller().isInstance()) {
      try {
        gathered = others.sameOf(request, job.status());
      } catch (NoStatusException e) {
        othersUnknown = e.getMessage();
      }
    }
    return Answer.json(stores(stores, gathered, othersUnknown));
  }

  private Stores stores(
      List<StateStoreInfo> stores, Others.Gathered gathered, @Nullable String othersUnknown) {
    FigureSums sums = FigureSums.of(job.metrics());
    return new Stores(
        job.name(),
        stores.stream().map(store -> view(store, sums, gathered)).toList(),
        gathered.unanswered(),
        othersUnknown);
  }

  private static Store view(StateStoreInfo store, FigureSums sums, Others.Gathered gathered) {
    List<JsonNode> elsewhere =
        gathered.elements("stores").stream()
            .filter(other -> other.path("name").asString("").equals(store.name()))
            .filter(other -> other.path("stage").asString("").equals(store.stage()))
            .toList();
    return new Store(
        store.name(),
        store.stage(),
        store.tasks(),
        store.kind(),
        store.keyType(),
        store.valueType(),
        Pages.orNull(store.refusal()),
        sums.over(FigureSums.STORE_ROWS, store.stage(), store.name(), elsewhere, "rows"),
        sums.over(FigureSums.STORE_BYTES, store.stage(), store.name(), elsewhere, "bytes"));
  }

  /** Answers the row of a key, the windows of a key, or a page of rows. */
  Answer rows(Request request) {
    Pages.checkJob(job, request);
    return asked(() -> Answer.json(rows(store(request), request)));
  }

  /** {@return the answer}, or throws the problem that the library has with the question */
  static <A> A asked(Supplier<A> question) {
    try {
      return question.get();
    } catch (StateUnavailableException e) {
      throw unavailable(e);
    } catch (ConfigurationException e) {
      throw Problem.badRequest(String.valueOf(e.getMessage()));
    } catch (MillraceException e) {
      throw Problem.internal(String.valueOf(e.getMessage()));
    }
  }

  private static Problem unavailable(StateUnavailableException e) {
    Map<String, Object> place = new LinkedHashMap<>();
    e.place().stage().ifPresent(stage -> place.put("stage", stage));
    e.place().task().ifPresent(task -> place.put("task", task));
    place.put("reason", e.reason());
    return Problem.stateUnavailable(String.valueOf(e.getMessage()), e.retryAfter(), place);
  }

  /** {@return the store that a request names}, or throws the problem that there is none to ask */
  StateStoreInfo store(Request request) {
    String name = request.name("store");
    Optional<String> stage = request.text("stage");
    List<StateStoreInfo> found =
        job.stores().stream()
            .filter(store -> store.name().equals(name))
            .filter(store -> stage.isEmpty() || stage.get().equals(store.stage()))
            .toList();
    if (found.isEmpty()) {
      throw Problem.notFound(
          "Cannot find store '"
              + name
              + "': the job has "
              + job.stores().stream()
                  .filter(store -> store.refusal().isEmpty())
                  .map(StateStoreInfo::name)
                  .toList());
    }
    if (found.size() > 1) {
      throw Problem.badRequest(
          "Cannot tell which store '"
              + name
              + "' is meant: add stage= with one of "
              + found.stream().map(StateStoreInfo::stage).toList());
    }
    StateStoreInfo store = found.get(0);
    if (store.refusal().isPresent()) {
      throw Problem.badRequest("Cannot ask store '" + name + "': " + store.refusal().get());
    }
    return store;
  }

  private Rows rows(StateStoreInfo store, Request request) {
    StateQuestion question = aged(StateQuestion.of(request, store));
    Part part = part(question, request.caller());
    return new Rows(
        job.name(),
        store.name(),
        store.stage(),
        store.kind(),
        part.asOf().stream().min(Comparator.naturalOrder()).orElse(null),
        part.rows(),
        part.next().map(StateCursor::token).orElse(null),
        part.positions());
  }

  /** {@return the same question, for answers of the usual age if it names none} */
  StateQuestion aged(StateQuestion question) {
    return question.maxAge().isPresent()
        ? question
        : question.ofAge(usualAge.of(question.store().stage()));
  }

  private Part part(StateQuestion question, Caller caller) {
    if (question.key().isEmpty()) {
      return scan(question, caller);
    }
    String key = question.key().get();
    OptionalInt task = job.query(question.wholeName()).taskOf(key);
    return task.isPresent()
        ? ofTask(task.getAsInt(), question, caller, query -> ofKey(query, key, question))
        : anywhere(question, caller, query -> ofKey(query, key, question));
  }

  /** {@return a page of rows, from the task that the question names on} */
  Part scan(StateQuestion question, Caller caller) {
    long begin = System.nanoTime();
    Part all = new Part(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), Optional.empty());
    StateCursor at = question.cursor().orElse(StateCursor.ofTask(0));
    while (true) {
      StateQuestion rest = question.at(at, question.limit() - all.rows().size());
      Part part;
      try {
        part = ofTask(at.task(), rest, caller, query -> page(query.scan(rest.scan())));
      } catch (Problem problem) {
        if (all.positions().isEmpty()) {
          throw problem;
        }
        // What is there is good; the request for the next page gets the problem.
        return new Part(all.rows(), all.positions(), all.asOf(), Optional.of(at));
      }
      all.rows().addAll(part.rows());
      all.positions().addAll(part.positions());
      all.asOf().addAll(part.asOf());
      boolean isEnough =
          all.rows().size() >= question.limit()
              || System.nanoTime() - begin > LONGEST_PAGE.toNanos();
      if (part.next().isEmpty() || isEnough) {
        return new Part(all.rows(), all.positions(), all.asOf(), part.next());
      }
      at = part.next().get();
    }
  }

  // ------------------------------------------------------------------ here and elsewhere

  /** {@return the part of a task, from here or from the instance that has it} */
  private Part ofTask(int task, StateQuestion question, Caller caller, Asking asking) {
    try {
      return here(question, asking);
    } catch (StateUnavailableException e) {
      if (!e.mayBeElsewhere() || caller.isInstance()) {
        throw unavailable(e);
      }
      return elsewhere(task, question, caller, e);
    }
  }

  private Part here(StateQuestion question, Asking asking) {
    return asking.ask(
        job.query(question.wholeName())
            .maxAge(question.maxAge().orElse(Duration.ZERO))
            .timeout(PATIENCE));
  }

  private Part elsewhere(
      int task, StateQuestion question, Caller caller, StateUnavailableException here) {
    JobStatus status = Pages.status(job).status();
    String owner =
        status.stages().stream()
            .filter(stage -> stage.name().equals(question.store().stage()))
            .flatMap(stage -> stage.tasks().stream())
            .filter(each -> each.number() == task)
            .map(JobStatus.Task::instance)
            .filter(each -> !each.isEmpty() && !job.instance().equals(Optional.of(each)))
            .findFirst()
            .orElseThrow(() -> unavailable(here));
    return part(others.ask(caller, status, owner, question.path(job.name()), PATIENCE_ELSEWHERE));
  }

  /**
   * {@return the part of a key of which nobody knows the task} All instances look. That nobody has
   * it is certain only if all tasks were looked at.
   */
  private Part anywhere(StateQuestion question, Caller caller, Asking asking) {
    StateUnavailableException absent;
    try {
      return here(question, asking);
    } catch (StateUnavailableException e) {
      // One that names no task means that the tasks that are here do not have the key.
      if (caller.isInstance() || !e.mayBeElsewhere()) {
        throw unavailable(e);
      }
      absent = e;
    }
    Others.Gathered gathered =
        others.gather(
            caller,
            Pages.status(job),
            (path, token) -> PeerRequest.get(path, token).within(PATIENCE_ELSEWHERE),
            question.path(job.name()));
    return gathered.parts().stream()
        .map(each -> part(each.body()))
        .filter(part -> !part.rows().isEmpty())
        .findFirst()
        .orElseThrow(() -> unavailable(absent));
  }

  // ------------------------------------------------------------------ parts

  private Part ofKey(StateQuery<String, String> query, String key, StateQuestion question) {
    if (question.hasWindows()) {
      return page(query.windows(key, question.scan()));
    }
    StateAnswer<String> answer = query.get(key);
    return part(
        answer.value().stream().map(value -> new StateRow<>(key, Optional.<Window>empty(), value)),
        answer.position(),
        Optional.empty());
  }

  private Part page(StatePage<String, String> page) {
    return part(page.rows().stream(), page.position(), page.next());
  }

  private Part part(
      Stream<StateRow<String, String>> rows, StatePosition position, Optional<StateCursor> next) {
    return new Part(
        rows.map(row -> view(position.task(), row)).toList(),
        List.of(view(position)),
        List.of(position.asOf()),
        next);
  }

  private static Row view(int task, StateRow<String, String> row) {
    return new Row(task, row.key(), Pages.orNull(row.window()), Json.EXACT.readTree(row.value()));
  }

  private Object view(StatePosition position) {
    Optional<Instant> time = position.eventTime();
    boolean isEnd = time.equals(Optional.of(Instant.MAX));
    return new Position(
        position.task(),
        Pages.orNull(job.instance()),
        position.transaction(),
        new TreeMap<>(position.offsets()),
        isEnd ? null : Pages.orNull(time),
        isEnd,
        position.asOf());
  }

  private static Row row(JsonNode row) {
    JsonNode window = row.path("window");
    return new Row(
        row.path("task").asInt(),
        row.path("key").asString(),
        window.isObject()
            ? new Window(
                Instant.parse(window.path("start").asString()),
                Instant.parse(window.path("end").asString()))
            : null,
        row.path("value"));
  }

  private static Part part(JsonNode answer) {
    List<Object> positions = new ArrayList<>();
    List<Instant> asOf = new ArrayList<>();
    for (JsonNode position : answer.path("positions")) {
      positions.add(position);
      asOf.add(Instant.parse(position.path("asOf").asString()));
    }
    String next = answer.path("next").asString("");
    return new Part(
        answer.path("rows").valueStream().map(StatePages::row).toList(),
        positions,
        asOf,
        next.isEmpty() ? Optional.empty() : Optional.of(StateCursor.parse(next)));
  }
}
