package dev.millrace.config;

import dev.millrace.error.ConfigurationException;
import java.util.Collection;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The keys of settings that have no name of their own in {@link ConfigKeys}: {@code kafka.*},
 * {@code topic.*} and {@code stage.<name>.workers}.
 */
final class PrefixedKeys {

  static final String KAFKA = "kafka.";
  static final String TOPIC = "topic.";
  private static final String STAGE = "stage.";
  private static final String WORKERS_OF_STAGE = ".workers";
  private static final ValueType<Integer> STAGE_WORKERS = ValueType.integer(0, 1024);

  private PrefixedKeys() {}

  /** {@return the key of the workers of one stage} */
  static String workersOf(String stage) {
    return STAGE + stage + WORKERS_OF_STAGE;
  }

  /** {@return the number of workers in a setting of one stage} */
  static int readWorkersOf(String stage, Setting setting) {
    return ConfigKey.read(workersOf(stage), STAGE_WORKERS, setting);
  }

  /** {@return the kind of client that a key of {@code kafka.*} is for, or null if it is for all} */
  static @Nullable KafkaClientKind kindOf(String key) {
    for (KafkaClientKind kind : KafkaClientKind.values()) {
      if (key.startsWith(KAFKA + kind.prefix())) {
        return kind;
      }
    }
    return null;
  }

  /** {@return what a key is for, in a sentence} */
  static String descriptionOf(String key) {
    if (key.startsWith(STAGE)) {
      return "Threads that serve the stage on this instance; 0 leaves it to others.";
    }
    return key.startsWith(TOPIC) ? "Passed to internal topics." : "Passed to Kafka's clients.";
  }

  /** Checks that a setting may be given: that there is its key, and that it is not the engine's. */
  static void check(String key, Setting setting) {
    if (ConfigKeys.table().containsKey(key)) {
      return;
    }
    if (key.startsWith(KAFKA) && key.length() > KAFKA.length()) {
      KafkaClientKind kind = kindOf(key);
      int prefix = KAFKA.length() + (kind == null ? 0 : kind.prefix().length());
      refuseOwned(key, setting, EngineOwnedSettings.clientReason(key.substring(prefix)));
      return;
    }
    if (key.startsWith(TOPIC) && key.length() > TOPIC.length()) {
      refuseOwned(key, setting, EngineOwnedSettings.topicReason(key.substring(TOPIC.length())));
      return;
    }
    if (key.startsWith(STAGE) && key.endsWith(WORKERS_OF_STAGE)) {
      int end = key.length() - WORKERS_OF_STAGE.length();
      if (end > STAGE.length() && ValueType.isName(key.substring(STAGE.length(), end))) {
        ConfigKey.read(key, STAGE_WORKERS, setting);
        return;
      }
    }
    throw unknown(key, setting);
  }

  private static void refuseOwned(String key, Setting setting, Optional<String> reason) {
    if (reason.isPresent()) {
      throw new ConfigurationException(
          "Cannot set " + key + " (" + setting.origin() + "): " + reason.get() + ".");
    }
  }

  private static ConfigurationException unknown(String key, Setting setting) {
    Collection<String> names = ConfigKeys.names();
    if (key.startsWith(STAGE) && key.lastIndexOf('.') > STAGE.length()) {
      names.add(key.substring(0, key.lastIndexOf('.')) + WORKERS_OF_STAGE);
    }
    String advice =
        EngineOwnedSettings.clientReason(key)
            .map(reason -> "It is a setting of Kafka's clients that the engine owns: " + reason)
            .or(() -> NearestName.of(key, names).map(name -> "Did you mean " + name + "?"))
            .orElse(
                "Settings of Kafka's clients start with kafka., those of internal topics with"
                    + " topic.");
    String end = advice.endsWith("?") || advice.endsWith(".") ? "" : ".";
    return new ConfigurationException(
        "Cannot read setting "
            + key
            + " ("
            + setting.origin()
            + "): there is no such setting. "
            + advice
            + end);
  }
}
