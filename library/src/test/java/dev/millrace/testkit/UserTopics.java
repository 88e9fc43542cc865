package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.JobConfig;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.NewTopic;

/** Topics that are there before a job, with settings of their own. */
final class UserTopics {

  private UserTopics() {}

  /**
   * Creates a topic.
   *
   * @param settings by Kafka's names
   */
  static void create(JobTest test, String topic, int partitions, Map<String, String> settings) {
    NewTopic created =
        new NewTopic(topic, Optional.of(partitions), Optional.empty()).configs(settings);
    assertThat(
            test.kafka()
                .connect(JobConfig.defaults())
                .admin()
                .createTopics(List.of(created))
                .all()
                .toCompletionStage())
        .isCompleted();
  }
}
