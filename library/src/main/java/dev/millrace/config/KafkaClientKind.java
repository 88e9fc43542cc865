package dev.millrace.config;

/** The kinds of Kafka client a job uses, each with a prefix of its own for settings. */
public enum KafkaClientKind {
  /** The consumer of a stage: {@code kafka.consumer.*}. */
  CONSUMER("consumer."),
  /**
   * Consumers that read changelogs: {@code kafka.restore.*}, on top of {@code kafka.consumer.*}.
   */
  RESTORE("restore."),
  /** Producers: {@code kafka.producer.*}. */
  PRODUCER("producer."),
  /** The admin client: {@code kafka.admin.*}. */
  ADMIN("admin.");

  private final String prefix;

  KafkaClientKind(String prefix) {
    this.prefix = prefix;
  }

  /** {@return what stands between {@code kafka.} and the client's own key} */
  String prefix() {
    return prefix;
  }
}
