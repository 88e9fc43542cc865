package dev.millrace.internal.deploy;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.codec.SerdeTypes;
import dev.millrace.internal.connector.RecordDecoder;
import dev.millrace.internal.connector.RecordEncoder;
import dev.millrace.internal.connector.WorkerSerdes;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.ShuffleEdge;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.plan.Step;
import dev.millrace.internal.spec.SerdeSpec;
import java.lang.reflect.Type;
import java.util.Map;
import java.util.TreeMap;

/**
 * The checks of the serializers, deserializers and serdes that a job brings along.
 *
 * <p><b>Threads.</b> Stateless.
 */
public final class SerdeChecks {

  private SerdeChecks() {}

  /**
   * Checks all of a plan's.
   *
   * @throws ConfigurationException if a supplier makes one for two threads, or a key has a serde
   */
  public static void check(PhysicalPlan plan) {
    plan.serdes().forEach(serde -> WorkerSerdes.check(plan.job(), serde));
    SerdeTypes types = new SerdeTypes(plan.serdeTypes());
    for (StagePlan stage : plan.stages()) {
      for (StageInput input : stage.inputs()) {
        if (input instanceof StageInput.Kafka kafka) {
          RecordDecoder.check(kafka.source());
        }
      }
      for (ShuffleEdge edge : stage.outputs()) {
        if (edge.key().isPresent()) {
          checkKey(plan.job(), "the keys of stage '" + edge.to() + "'", edge.keyType(), types);
        }
      }
      for (Step step : stage.steps()) {
        check(plan.job(), step, types);
      }
    }
  }

  /** {@return the class of the serializer of each type that has a serde, by the type's name} */
  public static Map<String, String> serializers(PhysicalPlan plan) {
    Map<String, String> serializers = new TreeMap<>();
    for (SerdeSpec serde : plan.serdes()) {
      serializers.put(serde.type().getTypeName(), WorkerSerdes.serializer(plan.job(), serde));
    }
    return serializers;
  }

  private static void check(String job, Step step, SerdeTypes types) {
    step.operator()
        .looksUp()
        .ifPresent(
            table -> {
              table.ofUser().ifPresent(topic -> RecordDecoder.check(topic.source()));
              String keys = "the keys of broadcast table '" + table.name() + "'";
              checkKey(job, keys, table.keyType(), types);
            });
    step.operator().kafkaSink().ifPresent(RecordEncoder::check);
    step.operator()
        .innerKeys()
        .forEach(
            (place, type) ->
                checkKey(job, "the keys of " + place + " of '" + step.name() + "'", type, types));
  }

  private static void checkKey(String job, String keys, Type type, SerdeTypes types) {
    types
        .partOf(type)
        .ifPresent(
            part -> {
              throw new ConfigurationException(
                  "Cannot use "
                      + SerdeTypes.reference(part)
                      + " in job '"
                      + job
                      + "': the type is in "
                      + keys
                      + ", and equal keys need equal bytes, which a serde does not promise. Make"
                      + " the key a number, a text or a record of these that has no serde");
            });
  }
}
