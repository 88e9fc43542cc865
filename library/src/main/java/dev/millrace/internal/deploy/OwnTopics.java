package dev.millrace.internal.deploy;

import dev.millrace.config.JobConfig;
import dev.millrace.connector.WriterSink;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.plan.LogicalNode;
import dev.millrace.internal.plan.LogicalPlan;
import dev.millrace.internal.plan.Operation;
import dev.millrace.internal.spec.KafkaSinkSpec;
import dev.millrace.internal.spec.KafkaSourceSpec;
import dev.millrace.internal.spec.Specs;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The check for topics that a job both reads and writes.
 *
 * <p>Such a job may be intended: a loop that ends when a condition holds, or two halves around a
 * topic that others read as well. Hence it is a warning. With {@code until.end} it is an error,
 * since the end of the input is fixed when the job starts, and what the job writes after it would
 * be lost.
 */
public final class OwnTopics {

  private static final Logger LOGGER = LoggerFactory.getLogger(OwnTopics.class);

  private OwnTopics() {}

  public static void check(LogicalPlan job, JobConfig config) {
    for (Map.Entry<String, String> each : findings(job, config).entrySet()) {
      String finding =
          "job '" + job.job() + "' writes to topic '" + each.getKey() + "' " + each.getValue();
      if (config.untilEnd()) {
        throw new ConfigurationException(
            "Cannot run up to the end of the input: "
                + finding
                + ", and the end is where the topic ended at the start (until.end). Write to"
                + " another topic, or run without until.end");
      }
      LOGGER.atWarn().log("{}. Write to another topic if that is not meant", finding);
    }
  }

  /** {@return a finding for each topic that is read and written} */
  static Map<String, String> findings(LogicalPlan job, JobConfig config) {
    Map<String, Set<Integer>> sources = new LinkedHashMap<>();
    for (LogicalNode node : job.nodes()) {
      if (node.operation() instanceof Operation.OfSource read
          && read.source() instanceof KafkaSourceSpec kafka) {
        for (String each : kafka.topics()) {
          sources.computeIfAbsent(each, topic -> new HashSet<>()).add(node.id());
        }
      }
    }
    Map<String, String> findings = new LinkedHashMap<>();
    for (LogicalNode node : job.nodes()) {
      String topic = topicOf(node.operation());
      Set<Integer> readers = topic == null ? null : sources.get(topic);
      if (topic != null && readers != null) {
        boolean loop = comesFrom(job, node, readers);
        findings.merge(
            topic,
            loop
                ? "that the same records come from: each result comes back as input"
                : "that it reads as well",
            (before, after) -> loop ? after : before);
      }
    }
    String errors = config.errorsTopic().orElse(job.job() + ".errors");
    if (sources.containsKey(errors) && writesDeadLetters(job, config)) {
      findings.put(errors, "of its dead letters that it reads as well");
    }
    return findings;
  }

  /** The topic that a step writes to, if it is the same for all records. */
  private static @Nullable String topicOf(Operation operation) {
    if (!(operation instanceof Operation.Write write) || write.sink() instanceof WriterSink<?>) {
      return null;
    }
    KafkaSinkSpec kafka = Specs.of(write.sink(), KafkaSinkSpec.class);
    return kafka.topics() == null ? kafka.topic() : null;
  }

  private static boolean comesFrom(LogicalPlan job, LogicalNode node, Set<Integer> sources) {
    if (sources.contains(node.id())) {
      return true;
    }
    return node.inputs().stream()
        .anyMatch(input -> comesFrom(job, job.nodes().get(input), sources));
  }

  private static boolean writesDeadLetters(LogicalPlan job, JobConfig config) {
    return config.errorsPolicy() == ErrorPolicy.Action.DEAD_LETTER
        || job.nodes().stream()
            .anyMatch(
                node ->
                    node.errors()
                        .map(own -> own.action() == ErrorPolicy.Action.DEAD_LETTER)
                        .orElse(false));
  }
}
