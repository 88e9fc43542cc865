package dev.millrace.internal.deploy;

import dev.millrace.error.JobStateException;
import dev.millrace.error.Place;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.plan.Step;
import dev.millrace.internal.progress.OwnerEpochs;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The runs of a job that has finished, with new input: the check whether there can be any, and what
 * is logged of them.
 *
 * <p>Every run has its own event time, which ends with the end of time. Whatever has no part in
 * event time goes on as if there had been no end in between. Windows were emitted at the end, with
 * what there was of them: more records for one of them could only make a second result for it, or
 * be late. Input that is sorted would not be in order from one run to the next.
 */
final class FurtherRuns {

  private static final Logger LOGGER = LoggerFactory.getLogger(FurtherRuns.class);

  private FurtherRuns() {}

  /**
   * Checks that no step of the job is bound to the end of its last run.
   *
   * @throws JobStateException with the first step that is
   */
  static void check(PhysicalPlan plan, Manifest finished) {
    if (finished.runNumber() >= OwnerEpochs.LAST_RUN) {
      throw new JobStateException(
          "Cannot run job '"
              + plan.job()
              + "' on after it has finished: it has been run as often as can be counted ("
              + finished.runNumber()
              + "). Use another job name for the new input");
    }
    for (StagePlan stage : plan.stages()) {
      for (Step step : stage.steps()) {
        Optional<String> reason = step.operator().boundToEnd();
        if (reason.isPresent()) {
          throw refused(plan, step, reason.get());
        }
      }
    }
  }

  static void reportBegun(PhysicalPlan plan, Manifest manifest) {
    LOGGER
        .atInfo()
        .addKeyValue("job", plan.job())
        .addKeyValue("finishedBefore", manifest.runNumber())
        .addKeyValue("untilEnd", manifest.bounded())
        .log("A further run begins");
  }

  static void reportNothingNew(PhysicalPlan plan) {
    boolean splits =
        plan.stages().stream()
            .flatMap(stage -> stage.inputs().stream())
            .anyMatch(StageInput.Splits.class::isInstance);
    LOGGER
        .atInfo()
        .addKeyValue("job", plan.job())
        .log(
            splits
                ? "The job has finished, and its topics have no new input. Files and other splits"
                    + " were listed when it was first started: run reset to list them anew"
                : "The job has finished, and there is no new input");
  }

  private static JobStateException refused(PhysicalPlan plan, Step step, String reason) {
    return new JobStateException(
        "Cannot run job '"
            + plan.job()
            + "' on after it has finished: step '"
            + step.name()
            + "' "
            + reason
            + ". Run reset to compute everything again, or use another job name for the new input",
        Place.ofJob(plan.job()).withStep(step.name()),
        null);
  }
}
