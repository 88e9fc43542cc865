package dev.millrace.internal.deploy;

import dev.millrace.config.JobConfig;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.Place;
import dev.millrace.internal.kafka.DefaultKafkaClients;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.ShuffleEdge;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.plan.Step;
import dev.millrace.internal.plan.Target;
import java.time.Duration;

/**
 * The check that refuses error policies under which a worker would not poll for so long that its
 * group considers it dead: the next owner would begin with the same record, and so on for ever.
 *
 * <p>The waits of one record may take half of the time that the group allows. The other half is for
 * the attempts themselves, for other work between two polls, and for the commit; a slice of work
 * ends with the first record that has waited for more than a moment, so waits of several records do
 * not add up.
 */
public final class RetryWaits {

  private final Duration allowed;

  private RetryWaits(Duration allowed) {
    this.allowed = allowed;
  }

  /**
   * Checks all policies of a plan.
   *
   * @throws ConfigurationException naming the first that waits for too long
   */
  public static void check(PhysicalPlan plan, JobConfig config) {
    new RetryWaits(DefaultKafkaClients.maxPollInterval(config).dividedBy(2)).check(plan);
  }

  private void check(PhysicalPlan plan) {
    for (StagePlan stage : plan.stages()) {
      for (StageInput input : stage.inputs()) {
        if (input instanceof StageInput.Kafka kafka) {
          check(kafka.topic(), kafka.errors());
        } else if (input instanceof StageInput.Splits splits) {
          check(splits.source().name(), splits.errors());
        }
      }
      for (Step step : stage.steps()) {
        check(step.name(), step.errors());
      }
      for (Target.ToKeyedStep target : stage.localKeys()) {
        check(stage.steps().get(target.step().index()).name(), target.errors());
      }
      for (ShuffleEdge edge : stage.outputs()) {
        check(edge.to(), edge.errors());
      }
    }
  }

  private void check(String operator, ErrorPolicy policy) {
    Duration waits = policy.totalWait();
    if (waits.compareTo(allowed) > 0) {
      throw new ConfigurationException(
          "Cannot retry records in '"
              + operator
              + "' "
              + policy.retries()
              + " times: the waits add up to "
              + seconds(waits)
              + ", and after twice "
              + seconds(allowed)
              + " without a poll the group takes a worker for dead (first wait "
              + seconds(policy.backoff())
              + "). Retry less, or raise kafka.consumer.max.poll.interval.ms",
          Place.ofStep(operator),
          null);
    }
  }

  private static String seconds(Duration duration) {
    return duration.toMillis() / 1_000.0 + " s";
  }
}
