package dev.millrace.internal.meta;

import dev.millrace.internal.kafka.JobIds;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The names of a job's topics and groups, for callers that have the manifest but not the plan.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param job the job's name
 */
public record JobNames(String job) {

  private static final String META = ".meta";

  /** What follows the job's name in names of topics; names of stages have no dots. */
  private static final Pattern OF_A_STAGE =
      Pattern.compile("\\.[^.]+(\\.[^.]+)?\\.shuffle|\\.[^.]+\\.(changelog|splits|broadcast)");

  public String metaTopic() {
    return job + META;
  }

  public String statusTopic() {
    return job + ".status";
  }

  public String group(String stage) {
    return job + "." + stage;
  }

  public String changelog(String stage) {
    return job + "." + stage + ".changelog";
  }

  /** {@return the topic with the rows of a table that every instance has whole} */
  public String broadcast(String table) {
    return job + "." + table + ".broadcast";
  }

  /** {@return whether only a topic of the job between or within its stages is called so} */
  public boolean isOfAStage(String topic) {
    return topic.startsWith(job) && OF_A_STAGE.matcher(topic.substring(job.length())).matches();
  }

  /** {@return the prefix of the transactional ids of all instances} */
  public String transactionalIdPrefix(Manifest manifest) {
    return job + "-" + manifest.jobUuid().substring(0, 8) + "-";
  }

  /** {@return the transactional ids of the job} */
  public JobIds ids(Manifest manifest) {
    return new JobIds(transactionalIdPrefix(manifest), Set.of(bootstrapId(), replayId()));
  }

  /**
   * {@return the transactional id under which manifests are changed, so that each change fences
   * whoever makes another}
   */
  public String bootstrapId() {
    return job + "-bootstrap";
  }

  /**
   * {@return the transactional id of replays of dead letters, so that each fences the one before}
   */
  public String replayId() {
    return job + "-dlq-replay";
  }

  /** {@return the job whose meta topic this is} */
  public static Optional<JobNames> ofMetaTopic(String topic) {
    return topic.endsWith(META) && topic.length() > META.length()
        ? Optional.of(new JobNames(topic.substring(0, topic.length() - META.length())))
        : Optional.empty();
  }
}
