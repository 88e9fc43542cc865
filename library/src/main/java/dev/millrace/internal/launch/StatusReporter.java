package dev.millrace.internal.launch;

import dev.millrace.internal.broadcast.BroadcastRows;
import dev.millrace.internal.commit.CommitPace;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.Startup;
import dev.millrace.internal.meta.InstanceReport;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.meta.RecordJson;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.plan.StandingRows;
import dev.millrace.internal.runtime.SourceView;
import dev.millrace.internal.runtime.TaskView;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.internal.runtime.WorkerView;
import dev.millrace.internal.util.Clock;
import dev.millrace.metrics.StageCounters;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The writer of an instance's reports to the status topic, keyed by instance; a tombstone when it
 * leaves in good order.
 *
 * <p><b>Threads.</b> Confined to the instance's care thread.
 */
final class StatusReporter implements AutoCloseable {

  private final Instance instance;
  private final PhysicalPlan plan;
  private final Clock clock;
  private final Producer<byte[], byte[]> producer;
  private final long intervalNanos;
  private final String host;
  private final HeldSources heldSources;
  private final StandingRows standingRows;
  private final boolean untilEnd;
  private final @Nullable String http;
  private long reportedNanos;
  private boolean reported;

  StatusReporter(
      Instance instance,
      PhysicalPlan plan,
      Cluster cluster,
      Manifest manifest,
      HeldSources heldSources,
      Clock clock,
      Startup startup) {
    this.instance = instance;
    this.plan = plan;
    this.heldSources = heldSources;
    this.clock = clock;
    String clientId = plan.job() + "-" + manifest.run() + "-status";
    this.producer =
        startup.await("the address of a broker", () -> cluster.clients().plainProducer(clientId));
    this.intervalNanos = cluster.config().statusInterval().toNanos();
    this.host = hostName();
    this.standingRows = StandingRows.of(plan);
    this.untilEnd = cluster.config().untilEnd();
    this.http = cluster.config().httpAdvertised().orElse(null);
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "unknown";
    }
  }

  /** Reports, if the last report is old enough. */
  void reportIfDue(long nowNanos) {
    if (!reported || nowNanos - reportedNanos >= intervalNanos) {
      reported = true;
      reportedNanos = nowNanos;
      send(RecordJson.write(report()));
    }
  }

  private void send(byte[] report) {
    producer.send(
        new ProducerRecord<>(
            plan.statusTopic(),
            0,
            null,
            instance.instanceId().getBytes(StandardCharsets.UTF_8),
            report));
  }

  private InstanceReport report() {
    Map<String, InstanceReport.StageReport> stages = new TreeMap<>();
    Map<String, StageCounters> metrics = instance.metrics();
    instance
        .workers()
        .forEach(
            (stage, workers) ->
                stages.put(
                    stage,
                    stage(
                        workers,
                        metrics.getOrDefault(stage, StageCounters.NONE),
                        awaited(plan.stage(stage)),
                        heldSources.heldBackBy(stage).orElse(null))));
    return new InstanceReport(
        instance.instanceId(),
        plan.job(),
        host,
        ProcessHandle.current().pid(),
        instance.state().name(),
        instance.failure().map(Throwable::toString).orElse(""),
        instance.restarts().count(),
        instance.restarts().lastFailure(),
        clock.wallMs(),
        instance.sessionTimeout().map(Duration::toMillis).orElse(null),
        stages,
        instance.tables().tables().stream().map(StatusReporter::table).toList(),
        http);
  }

  private static InstanceReport.TableReport table(BroadcastRows table) {
    return new InstanceReport.TableReport(
        table.name(),
        table.topic(),
        table.isLoaded(),
        table.size(),
        table.bytes(),
        table.lag(),
        table.skippedRecords());
  }

  private List<String> awaited(StagePlan stage) {
    return untilEnd ? standingRows.topicsOfTables(stage) : standingRows.topics(stage);
  }

  private static InstanceReport.StageReport stage(
      List<Worker> workers,
      StageCounters metrics,
      List<String> tables,
      @Nullable String heldBackBy) {
    List<InstanceReport.TaskReport> tasks = new ArrayList<>();
    List<InstanceReport.WorkerReport> doing = new ArrayList<>();
    Set<Integer> opening = new TreeSet<>();
    boolean waits = false;
    InstanceReport.@Nullable PaceReport pace = null;
    for (Worker worker : workers) {
      WorkerView view = worker.view();
      doing.add(new InstanceReport.WorkerReport(view.phase().name(), view.sinceMs()));
      view.tasks()
          .forEach(
              task ->
                  tasks.add(
                      new InstanceReport.TaskReport(
                          task.task(), task.positions(), task.eventTime(), state(task))));
      waits |= view.tasks().stream().anyMatch(TaskView::awaitsTables);
      opening.addAll(view.opening());
      pace = InstanceReport.PaceReport.slower(pace, pace(view.pace()));
    }
    return new InstanceReport.StageReport(
        workers.size(),
        tasks,
        opening,
        metrics.values(),
        waits ? tables : List.of(),
        heldBackBy,
        pace,
        doing);
  }

  private static InstanceReport.@Nullable PaceReport pace(CommitPace.Reading pace) {
    if (pace.intervalNanos() == 0) {
      return null;
    }
    return new InstanceReport.PaceReport(
        pace.cause().name(),
        TimeUnit.NANOSECONDS.toMicros(pace.intervalNanos()),
        TimeUnit.NANOSECONDS.toMicros(pace.commitNanos()));
  }

  private static String state(TaskView task) {
    if (task.awaitsTables()) {
      return "WAITING";
    }
    return task.source()
        .map(SourceView::state)
        .filter(state -> state != SourceView.State.ACTIVE)
        .map(SourceView.State::name)
        .orElse(task.status().name());
  }

  /** Writes the last report: what stopped the instance, or a tombstone if nothing did. */
  @Override
  public void close() {
    if (instance.failure().isPresent()) {
      send(RecordJson.write(report()));
    } else {
      producer.send(
          new ProducerRecord<>(
              plan.statusTopic(),
              0,
              null,
              instance.instanceId().getBytes(StandardCharsets.UTF_8),
              (byte[]) null));
    }
    producer.close(Duration.ofSeconds(2));
  }
}
