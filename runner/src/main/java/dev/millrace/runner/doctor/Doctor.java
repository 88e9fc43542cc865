package dev.millrace.runner.doctor;

import dev.millrace.JobAdmin;
import dev.millrace.admin.JobStatus;
import dev.millrace.admin.JobSummary;
import dev.millrace.config.JobConfig;
import dev.millrace.config.KafkaClientKind;
import dev.millrace.config.StateStoreKind;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.MillraceException;
import dev.millrace.runner.doctor.Answers.NoAnswer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.KafkaException;

/**
 * A look at all that a job stands on, before it is started or when it does not work. Nothing is
 * changed, but for a file in the directory of state that is gone at once.
 *
 * <p><b>Threads.</b> Confined to the caller's thread.
 */
public final class Doctor {

  private static final String JOB = "job";
  private static final List<String> KAFKAS_OWN =
      List.of("__consumer_offsets", "__transaction_state");

  private final JobConfig config;
  private final Optional<String> job;
  private final List<Finding> findings = new ArrayList<>();
  private boolean reached;

  private Doctor(JobConfig config, Optional<String> job) {
    this.config = config;
    this.job = job;
  }

  /**
   * The findings of a check.
   *
   * @param findings in the order in which they were made
   * @param reachable whether a broker answers
   */
  public record Report(List<Finding> findings, boolean reachable) {

    /** Copies the list. */
    public Report {
      findings = List.copyOf(findings);
    }

    /** {@return the heaviest level of all findings} */
    public Finding.Level worst() {
      return findings.stream().map(Finding::level).max(Enum::compareTo).orElse(Finding.Level.OK);
    }
  }

  /**
   * Looks at everything.
   *
   * @param job the job whose topics and rights are looked at too
   */
  public static Report examine(JobConfig config, Optional<String> job) {
    Doctor doctor = new Doctor(config, job);
    doctor.examineCluster();
    if (config.stateStore() != StateStoreKind.MEMORY) {
      doctor.findings.addAll(StateDirectory.examine(config.stateDir()));
    }
    doctor.findings.addAll(JvmExamination.examine());
    return new Report(doctor.findings, doctor.reached);
  }

  private void examineCluster() {
    Map<String, Object> settings = new HashMap<>();
    settings.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
    settings.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 10_000);
    settings.putAll(config.kafkaSettings(KafkaClientKind.ADMIN));
    settings.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, config.bootstrapServers());
    Admin admin;
    try {
      admin = Admin.create(settings);
    } catch (KafkaException e) {
      Throwable cause = e.getCause();
      findings.add(
          Finding.fail(
              "kafka",
              "no client can be made (" + (cause == null ? e : cause).getMessage() + ")",
              "Check bootstrap.servers and the settings that start with kafka."));
      return;
    }
    try {
      examine(admin);
    } finally {
      admin.close(Duration.ofSeconds(1));
    }
  }

  private void examine(Admin admin) {
    ClusterExamination cluster = new ClusterExamination(admin, config);
    reached = cluster.brokers(findings);
    if (!reached) {
      return;
    }
    Optional<ClusterExamination.Features> features = cluster.features(findings);
    findings.add(cluster.clock());
    TopicExamination topics = new TopicExamination(admin);
    Collection<TopicExamination.Facts> kafkas = topics.look(KAFKAS_OWN, findings).values();
    findings.addAll(TopicExamination.replication("topics of Kafka's own", kafkas));
    Optional<Boolean> outlivesOne =
        job.flatMap(
            name ->
                examineJob(
                    name,
                    admin,
                    topics,
                    features.filter(ClusterExamination.Features::mayLoseMarkers).isPresent()));
    features.ifPresent(
        known ->
            findings.add(
                ClusterExamination.lostMarkers(
                    known.known(),
                    outlivesOne.map(
                        all ->
                            all
                                && kafkas.stream()
                                    .allMatch(TopicExamination.Facts::outlivesOne)))));
  }

  /** {@return whether all topics of the job outlive a broker; empty if there is no such job} */
  private Optional<Boolean> examineJob(
      String name, Admin admin, TopicExamination topics, boolean mayLoseMarkers) {
    JobStatus status;
    Set<String> own;
    try (JobAdmin jobs = JobAdmin.connect(config)) {
      status = jobs.status(name);
      own = ownTopics(name, jobs.jobs(), Answers.to(admin.listTopics().names()));
    } catch (ConfigurationException e) {
      findings.add(Finding.fail(JOB, String.valueOf(e.getMessage()), "See list for all jobs"));
      return Optional.empty();
    } catch (MillraceException | NoAnswer e) {
      findings.add(
          Finding.fail(
              JOB, "job " + name + " cannot be looked at", String.valueOf(e.getMessage())));
      return Optional.empty();
    }
    Set<String> inputs =
        status.stages().stream()
            .flatMap(stage -> stage.inputs().stream())
            .map(JobStatus.Input::topic)
            .filter(topic -> !own.contains(topic))
            .collect(Collectors.toCollection(TreeSet::new));
    Collection<TopicExamination.Facts> ownFacts = topics.look(own, findings).values();
    Map<String, TopicExamination.Facts> inputFacts = topics.look(inputs, findings);
    for (String input : inputs) {
      if (!inputFacts.containsKey(input)) {
        findings.add(
            Finding.fail(JOB, "there is no topic " + input + ", which the job reads", "Create it"));
      }
    }
    findings.addAll(TopicExamination.replication("topics of the job's own", ownFacts));
    findings.addAll(TopicExamination.replication("topics that the job reads", inputFacts.values()));
    examineRights(name, status, admin, ownFacts, inputFacts.values(), mayLoseMarkers);
    return Optional.of(ownFacts.stream().allMatch(TopicExamination.Facts::outlivesOne));
  }

  private void examineRights(
      String name,
      JobStatus status,
      Admin admin,
      Collection<TopicExamination.Facts> own,
      Collection<TopicExamination.Facts> inputs,
      boolean mayLoseMarkers) {
    RightsExamination rights = new RightsExamination(admin);
    List<Finding> missing = new ArrayList<>();
    missing.addAll(RightsExamination.ofOwn(own));
    missing.addAll(RightsExamination.ofInputs(inputs));
    missing.addAll(rights.ofGroups(status.stages().stream().map(JobStatus.Stage::group).toList()));
    missing.addAll(rights.ofTransactions(name));
    missing.addAll(
        RightsExamination.ofOffsets(
            new TopicExamination(admin).look(List.of(KAFKAS_OWN.get(0)), findings).values()));
    if (mayLoseMarkers) {
      missing.addAll(rights.ofCluster());
    }
    findings.addAll(
        missing.isEmpty()
            ? List.of(
                Finding.ok(
                    "rights",
                    "nothing is missing on the job's topics, groups and transactions, as far as"
                        + " they are there; those of its sinks it finds out when it writes"))
            : missing);
  }

  /** What begins with the job's name may belong to another job whose name begins with it too. */
  static Set<String> ownTopics(String job, List<JobSummary> jobs, Set<String> topics) {
    List<String> others =
        jobs.stream()
            .map(JobSummary::job)
            .filter(other -> other.startsWith(job + "."))
            .map(other -> other + ".")
            .toList();
    return topics.stream()
        .filter(topic -> topic.startsWith(job + "."))
        .filter(topic -> others.stream().noneMatch(topic::startsWith))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
