package dev.millrace.internal.connector;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The time for which a sink's topic keeps records by their timestamps, and the warning about
 * results that are too old for it, once per topic and instance.
 *
 * <p><b>Threads.</b> Safe for any thread; shared by the tasks that write to the topic.
 */
public final class Retention {

  private static final Logger LOGGER = LoggerFactory.getLogger(Retention.class);

  private final String topic;
  private final Duration kept;
  private final AtomicBoolean warned = new AtomicBoolean();

  /** Creates the retention of a topic that deletes what is older than {@code kept}. */
  public Retention(String topic, Duration kept) {
    this.topic = topic;
    this.kept = kept;
  }

  /** {@return the smallest timestamp that the topic keeps; what is older may be deleted at once} */
  long oldestMs(long nowMs) {
    return nowMs - kept.toMillis();
  }

  /** Warns about a record that is too old, the first time. */
  void warn(long timestampMs, String origin) {
    if (!warned.getAndSet(true)) {
      LOGGER.atWarn().log(warning(timestampMs, origin));
    }
  }

  /** {@return what to do about results with this timestamp, which comes from {@code origin}} */
  String warning(long timestampMs, String origin) {
    return "Topic "
        + topic
        + " deletes results soon after they are written: it keeps records for "
        + kept.toMillis()
        + " ms from their timestamp on (retention.ms), and a result has the timestamp "
        + Instant.ofEpochMilli(timestampMs)
        + ", "
        + origin
        + ". To keep such results set the topic's retention.ms to -1 or to more than their age"
        + " (kafka-configs.sh --alter --topic "
        + topic
        + " --add-config retention.ms=-1), or give them the time of writing with .writeTime() at"
        + " the sink";
  }
}
