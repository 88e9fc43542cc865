package dev.millrace.internal.meta;

import java.util.Optional;

/**
 * The names of a job's topics and groups, for callers that have the manifest but not the plan.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param job the job's name
 */
public record JobNames(String job) {

  private static final String META = ".meta";

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

  /** {@return the prefix of the transactional ids of all instances} */
  public String transactionalIdPrefix(Manifest manifest) {
    return job + "-" + manifest.jobUuid().substring(0, 8) + "-";
  }

  /** {@return the job whose meta topic this is} */
  public static Optional<JobNames> ofMetaTopic(String topic) {
    return topic.endsWith(META) && topic.length() > META.length()
        ? Optional.of(new JobNames(topic.substring(0, topic.length() - META.length())))
        : Optional.empty();
  }
}
