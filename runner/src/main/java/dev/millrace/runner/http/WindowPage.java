package dev.millrace.runner.http;

import dev.millrace.runner.host.HostedJob;
import dev.millrace.runner.host.SeenStatus;
import dev.millrace.runner.peer.Unanswered;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The page about the windows that are open, over all instances.
 *
 * <p><b>Threads.</b> Safe for any thread; the caller's waits.
 */
final class WindowPage {

  private record Windows(
      String job, Instant asOf, List<Operator> operators, List<Unanswered> unanswered) {}

  /**
   * The windows of an operator.
   *
   * @param open how many there are; null while an instance that answers does not know its own
   * @param watermark the event time that the slowest task of the stage has come to; null while it
   *     is unknown or has ended
   */
  private record Operator(
      String stage, String operator, @Nullable Long open, @Nullable Instant watermark) {}

  private final HostedJob job;
  private final Others others;

  WindowPage(HostedJob job, Others others) {
    this.job = job;
    this.others = others;
  }

  /** Answers how many windows each operator has open. */
  Answer windows(Request request) {
    Pages.checkJob(job, request);
    SeenStatus seen = Pages.status(job);
    Others.Gathered gathered = others.sameOf(request, seen);
    FigureSums sums = FigureSums.of(job.metrics());
    Map<String, Set<String>> operators = new TreeMap<>();
    sums.keys(FigureSums.OPEN_WINDOWS).forEach(key -> add(operators, key.stage(), key.name()));
    gathered
        .elements("operators")
        .forEach(
            each ->
                add(
                    operators,
                    each.path("stage").asString(""),
                    each.path("operator").asString("")));
    List<Operator> views =
        operators.entrySet().stream()
            .flatMap(
                stage ->
                    stage.getValue().stream()
                        .map(name -> view(stage.getKey(), name, sums, gathered, seen)))
            .toList();
    return Answer.json(new Windows(job.name(), seen.asOf(), views, gathered.unanswered()));
  }

  private static void add(Map<String, Set<String>> operators, String stage, String name) {
    boolean ignored = operators.computeIfAbsent(stage, absent -> new TreeSet<>()).add(name);
  }

  private static Operator view(
      String stage, String name, FigureSums sums, Others.Gathered gathered, SeenStatus seen) {
    List<JsonNode> elsewhere =
        gathered.elements("operators").stream()
            .filter(other -> other.path("stage").asString("").equals(stage))
            .filter(other -> other.path("operator").asString("").equals(name))
            .toList();
    return new Operator(
        stage,
        name,
        sums.over(FigureSums.OPEN_WINDOWS, stage, name, elsewhere, "open"),
        watermark(stage, seen).orElse(null));
  }

  private static Optional<Instant> watermark(String stage, SeenStatus seen) {
    return seen.status().stages().stream()
        .filter(each -> each.name().equals(stage))
        .flatMap(each -> StageTime.of(each).stream())
        .filter(time -> !time.equals(Instant.MAX))
        .findFirst();
  }
}
