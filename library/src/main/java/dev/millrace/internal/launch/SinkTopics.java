package dev.millrace.internal.launch;

import dev.millrace.internal.connector.Retention;
import dev.millrace.internal.kafka.AuxiliaryCalls;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.TopicRetentions;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.spec.KafkaSinkSpec;
import dev.millrace.internal.spec.KafkaSinkSpec.Timestamps;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The look at the topics of a job's sinks when it starts. */
final class SinkTopics {

  private SinkTopics() {}

  /**
   * {@return the retention of the topics that delete results by the times the job gives them, as
   * far as it can be found out}
   */
  static Map<String, Retention> retentions(PhysicalPlan plan, Cluster cluster, Clock clock) {
    Set<String> topics = new TreeSet<>();
    for (StagePlan stage : plan.stages()) {
      stage.kafkaSinks().stream()
          .filter(SinkTopics::hasTimes)
          .forEach(sink -> sink.fixedTopic().ifPresent(topics::add));
    }
    TopicRetentions retentions = new TopicRetentions(cluster.clients(), cluster.config());
    Map<String, Retention> known = new TreeMap<>();
    new AuxiliaryCalls(plan.job(), clock)
        .ask("look up how long the topics of sinks keep records", () -> retentions.of(topics))
        .orElse(Map.<String, Duration>of())
        .forEach((topic, kept) -> known.put(topic, new Retention(topic, kept)));
    return known;
  }

  private static boolean hasTimes(KafkaSinkSpec sink) {
    return sink.timestamp() != null || sink.timestamps() == Timestamps.EVENT_TIME;
  }
}
