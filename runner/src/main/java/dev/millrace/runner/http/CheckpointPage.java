package dev.millrace.runner.http;

import dev.millrace.query.TaskCheckpoint;
import dev.millrace.runner.host.HostedJob;
import dev.millrace.runner.host.SeenStatus;
import dev.millrace.runner.peer.PeerRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The page that has a job commit at once and write its state to disk, on all instances.
 *
 * <p>It is answered as asked only if every task of the job has done so: one that is on its way
 * between two instances, or whose instance does not answer, is named in a problem. An instance that
 * is asked by another answers for its own tasks.
 *
 * <p><b>Threads.</b> Safe for any thread; the caller's waits.
 */
final class CheckpointPage {

  /** A checkpoint: what was durable of every task when it was taken. */
  private record Checkpoint(String job, List<TaskView> tasks) {}

  /** A task. */
  private record TaskView(
      String stage,
      int task,
      @Nullable String instance,
      long transaction,
      Map<String, Long> offsets) {

    /** {@return the task's stage and number} */
    String name() {
      return nameOf(stage, task);
    }
  }

  private static final Duration PATIENCE = Duration.ofSeconds(8);

  /** The question to another takes so much longer than its answer. */
  private static final Duration PATIENCE_ELSEWHERE = PATIENCE.plusSeconds(1);

  private final HostedJob job;
  private final Others others;

  CheckpointPage(HostedJob job, Others others) {
    this.job = job;
    this.others = others;
  }

  /** Takes a checkpoint, and answers when it is durable. */
  Answer take(Request request) {
    Pages.checkJob(job, request);
    Map<String, TaskView> tasks = new TreeMap<>();
    StatePages.asked(() -> job.checkpoint(PATIENCE)).forEach(task -> add(tasks, own(task)));
    if (!request.caller().isInstance()) {
      SeenStatus seen = Pages.status(job);
      Others.Gathered gathered =
          others.gather(
              request.caller(),
              seen,
              (path, token) -> PeerRequest.post(path, token).within(PATIENCE_ELSEWHERE),
              request.target());
      gathered.elements("tasks").forEach(task -> add(tasks, read(task)));
      check(missing(seen, tasks.keySet()), gathered);
    }
    return Answer.json(new Checkpoint(job.name(), List.copyOf(tasks.values())));
  }

  /** A task that has moved meanwhile may have been asked twice. */
  private static void add(Map<String, TaskView> tasks, TaskView task) {
    TaskView ignored =
        tasks.merge(
            task.name(),
            task,
            (one, another) -> one.transaction() >= another.transaction() ? one : another);
  }

  private static String nameOf(String stage, int task) {
    return stage + "-" + task;
  }

  private TaskView own(TaskCheckpoint task) {
    return new TaskView(
        task.stage(),
        task.task(),
        Pages.orNull(job.instance()),
        task.transaction(),
        new TreeMap<>(task.offsets()));
  }

  private static TaskView read(JsonNode task) {
    Map<String, Long> offsets = new TreeMap<>();
    task.path("offsets").forEachEntry((topic, offset) -> offsets.put(topic, offset.asLong(0)));
    String instance = task.path("instance").asString("");
    return new TaskView(
        task.path("stage").asString(""),
        task.path("task").asInt(-1),
        instance.isEmpty() ? null : instance,
        task.path("transaction").asLong(0),
        offsets);
  }

  private static Set<String> missing(SeenStatus seen, Set<String> taken) {
    Set<String> missing = new TreeSet<>();
    seen.status()
        .stages()
        .forEach(
            stage ->
                stage.tasks().forEach(task -> missing.add(nameOf(stage.name(), task.number()))));
    missing.removeAll(taken);
    return missing;
  }

  private static void check(Set<String> missing, Others.Gathered gathered) {
    if (missing.isEmpty()) {
      return;
    }
    String silent =
        gathered.unanswered().stream()
            .map(each -> each.instance() + ": " + each.reason())
            .collect(Collectors.joining("; "));
    throw Problem.unavailable(
        "Cannot take a checkpoint of the whole job: "
            + missing
            + " are not in it. They move or are being restored, or their instances do not answer"
            + (silent.isEmpty() ? "" : " (" + silent + ")")
            + ". What the other tasks have committed is durable. Try again");
  }
}
