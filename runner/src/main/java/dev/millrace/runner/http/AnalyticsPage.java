package dev.millrace.runner.http;

import dev.millrace.query.StateCursor;
import dev.millrace.query.StateStoreInfo;
import dev.millrace.runner.host.HostedJob;
import dev.millrace.window.Window;
import java.math.BigDecimal;
import java.math.MathContext;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The page that sums up the windows of a stretch of time, as they were committed last.
 *
 * <p>Results that are numbers are added up, in all, for each window and for each key; what else
 * they may be is counted and shown. A sum is of the results: of counts and sums it is the count and
 * the sum over the whole time, of averages it means nothing, and smallest and largest are more
 * useful.
 *
 * <p>All rows of the period are read, task by task from their owners, up to a limit of rows and of
 * time. An answer that has reached one of the limits is marked as not complete.
 *
 * <p><b>Threads.</b> Safe for any thread; the caller's waits.
 */
final class AnalyticsPage {

  /** The parameters of a query that asks. */
  static final Set<String> PARAMETERS = Set.of("stage", "window", "to", "limit", "maxAge");

  private static final Duration USUAL_TIME = Duration.ofHours(1);
  private static final int USUAL_LIMIT = 20;
  private static final int MOST_LIMIT = 1_000;
  private static final int ROWS_PER_PAGE = 1_000;
  private static final int MOST_ROWS = 200_000;
  private static final Duration LONGEST = Duration.ofSeconds(10);

  /** The windows of a stretch of time; sums are null where results are no numbers. */
  private record Analytics(
      String job,
      String store,
      String stage,
      String valueType,
      Instant from,
      Instant to,
      @Nullable Instant asOf,
      boolean complete,
      long rows,
      @Nullable BigDecimal sum,
      @Nullable BigDecimal average,
      @Nullable BigDecimal smallest,
      @Nullable BigDecimal largest,
      int windows,
      List<WindowSum> newestWindows,
      int keys,
      List<KeySum> largestKeys,
      List<StatePages.Row> values) {}

  private record WindowSum(Window window, long rows, @Nullable BigDecimal sum) {}

  private record KeySum(String key, long rows, @Nullable BigDecimal sum) {}

  /** The sum of results, which are numbers as long as it is not null. */
  private static final class Sum {
    private long rows;
    private @Nullable BigDecimal sum = BigDecimal.ZERO;

    void add(JsonNode value) {
      rows++;
      BigDecimal before = sum;
      sum = before != null && value.isNumber() ? before.add(value.decimalValue()) : null;
    }

    /** By sums, or by rows where there are none. */
    BigDecimal size() {
      return Objects.requireNonNullElseGet(sum, () -> BigDecimal.valueOf(rows));
    }
  }

  private final HostedJob job;
  private final StatePages state;

  AnalyticsPage(HostedJob job, StatePages state) {
    this.job = job;
    this.state = state;
  }

  /** Answers what the windows of a store add up to. */
  Answer sums(Request request) {
    return StatePages.asked(() -> Answer.json(analytics(state.store(request), request)));
  }

  private Analytics analytics(StateStoreInfo store, Request request) {
    if (store.kind() != StateStoreInfo.Kind.WINDOWS) {
      throw Problem.badRequest(
          "Cannot sum up store '"
              + store.name()
              + "': it has no windows. Ask for its rows at /api/v1/jobs/"
              + job.name()
              + "/state/"
              + store.name());
    }
    Instant to = request.time("to").orElseGet(Instant::now);
    Instant from = before(to, request.duration("window").orElse(USUAL_TIME));
    int limit = request.number("limit", 1, MOST_LIMIT).orElse(USUAL_LIMIT);
    Scanned scanned = new Scanned();
    scan(
        state.aged(
            new StateQuestion(
                store,
                Optional.empty(),
                Optional.empty(),
                Optional.of(from),
                Optional.of(to),
                ROWS_PER_PAGE,
                Optional.empty(),
                request.duration("maxAge"))),
        request.caller(),
        scanned);
    return scanned.view(job.name(), store, from, to, limit);
  }

  private static Instant before(Instant to, Duration window) {
    if (window.isZero() || window.isNegative()) {
      throw Problem.badRequest("Cannot sum up a window of no time: give one such as 1h");
    }
    try {
      return to.minus(window);
    } catch (DateTimeException | ArithmeticException e) {
      throw Problem.badRequest("Cannot sum up so long a time: give a window such as 1h");
    }
  }

  private void scan(StateQuestion question, Caller caller, Scanned scanned) {
    long begin = System.nanoTime();
    Optional<StateCursor> at = Optional.of(StateCursor.ofTask(0));
    while (at.isPresent()) {
      if (scanned.all.rows >= MOST_ROWS || System.nanoTime() - begin > LONGEST.toNanos()) {
        scanned.complete = false;
        return;
      }
      StatePages.Part part = state.scan(question.at(at.get(), ROWS_PER_PAGE), caller);
      part.rows().forEach(scanned::add);
      scanned.asOf.addAll(part.asOf());
      at = part.next();
    }
  }

  /** The sums over the rows that have been read so far. */
  private static final class Scanned {

    private final Sum all = new Sum();
    private final Map<Window, Sum> byWindow = new HashMap<>();
    private final Map<String, Sum> byKey = new HashMap<>();
    private final List<StatePages.Row> values = new ArrayList<>();
    private final List<Instant> asOf = new ArrayList<>();
    private @Nullable BigDecimal smallest;
    private @Nullable BigDecimal largest;
    private boolean complete = true;

    void add(StatePages.Row row) {
      JsonNode value = row.value();
      all.add(value);
      byWindow.computeIfAbsent(window(row), absent -> new Sum()).add(value);
      byKey.computeIfAbsent(row.key(), absent -> new Sum()).add(value);
      if (value.isNumber()) {
        BigDecimal number = value.decimalValue();
        smallest = smallest == null ? number : smallest.min(number);
        largest = largest == null ? number : largest.max(number);
      }
      if (values.size() < MOST_LIMIT) {
        values.add(row);
      }
    }

    private static Window window(StatePages.Row row) {
      Window window = row.window();
      if (window == null) {
        throw new IllegalStateException("A row of a store with windows has none");
      }
      return window;
    }

    Analytics view(String job, StateStoreInfo store, Instant from, Instant to, int limit) {
      boolean isNumbers = all.sum != null && all.rows > 0;
      return new Analytics(
          job,
          store.name(),
          store.stage(),
          store.valueType(),
          from,
          to,
          asOf.stream().min(Comparator.naturalOrder()).orElse(null),
          complete,
          all.rows,
          isNumbers ? all.sum : null,
          isNumbers ? average() : null,
          isNumbers ? smallest : null,
          isNumbers ? largest : null,
          byWindow.size(),
          newestWindows(limit),
          byKey.size(),
          largestKeys(limit),
          isNumbers ? List.of() : values.subList(0, Math.min(limit, values.size())));
    }

    private BigDecimal average() {
      return Objects.requireNonNull(all.sum)
          .divide(BigDecimal.valueOf(all.rows), MathContext.DECIMAL64);
    }

    private List<WindowSum> newestWindows(int limit) {
      return byWindow.entrySet().stream()
          .sorted(
              Map.Entry.comparingByKey(
                  Comparator.comparing(Window::start).thenComparing(Window::end).reversed()))
          .limit(limit)
          .map(each -> new WindowSum(each.getKey(), each.getValue().rows, each.getValue().sum))
          .toList();
    }

    private List<KeySum> largestKeys(int limit) {
      return byKey.entrySet().stream()
          .sorted(
              Comparator.comparing((Map.Entry<String, Sum> each) -> each.getValue().size())
                  .reversed()
                  .thenComparing(Map.Entry.comparingByKey()))
          .limit(limit)
          .map(each -> new KeySum(each.getKey(), each.getValue().rows, each.getValue().sum))
          .toList();
    }
  }
}
