package dev.millrace.runner;

import dev.millrace.admin.CommitPace;
import dev.millrace.admin.JobStatus;
import dev.millrace.metrics.StageCounters;
import java.util.List;
import java.util.Optional;

/** The builder of the status of a stage: a source with one member, and nothing else unless set. */
public final class StageStatus {

  private final String job;
  private final String name;
  private int members = 1;
  private List<JobStatus.Task> tasks = List.of();
  private List<JobStatus.Input> inputs = List.of();
  private StageCounters counters = StageCounters.NONE;
  private List<String> awaitedTopics = List.of();
  private List<String> heldBackBy = List.of();
  private Optional<CommitPace> pace = Optional.empty();
  private List<JobStatus.Worker> workers = List.of();
  private Optional<String> groupFailure = Optional.empty();

  private StageStatus(String job, String name) {
    this.job = job;
    this.name = name;
  }

  public static StageStatus of(String job, String name) {
    return new StageStatus(job, name);
  }

  public StageStatus members(int number) {
    members = number;
    return this;
  }

  public StageStatus tasks(List<JobStatus.Task> all) {
    tasks = all;
    return this;
  }

  public StageStatus inputs(JobStatus.Input... all) {
    inputs = List.of(all);
    return this;
  }

  public StageStatus counters(StageCounters values) {
    counters = values;
    return this;
  }

  public StageStatus awaits(List<String> topics) {
    awaitedTopics = topics;
    return this;
  }

  public StageStatus heldBackBy(List<String> stages) {
    heldBackBy = stages;
    return this;
  }

  public StageStatus pace(CommitPace present) {
    pace = Optional.of(present);
    return this;
  }

  public StageStatus workers(JobStatus.Worker... all) {
    workers = List.of(all);
    return this;
  }

  public StageStatus groupFailure(String reason) {
    groupFailure = Optional.of(reason);
    return this;
  }

  public JobStatus.Stage build() {
    return new JobStatus.Stage(
        name,
        job + "." + name,
        true,
        members,
        tasks,
        inputs,
        counters,
        awaitedTopics,
        heldBackBy,
        pace,
        workers,
        groupFailure);
  }
}
