package dev.millrace.internal.spec;

import dev.millrace.serde.TypeRef;
import java.lang.reflect.Type;
import java.util.Locale;
import java.util.Optional;

/**
 * The settings of a {@code KafkaSource}.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param topic the topic
 * @param type the type of the stream's values
 * @param values the form of the records' values
 * @param keys the form of the records' keys, if the stream has whole records with their keys,
 *     headers and positions
 * @param start where the first start begins
 * @param times how event times and watermarks are made
 */
public record KafkaSourceSpec(
    String topic,
    Type type,
    Format<?> values,
    Optional<Format<?>> keys,
    Start start,
    SourceTimes times)
    implements SourceSpec {

  /** The place at which a job's first start begins. */
  public enum Start {
    EARLIEST,
    LATEST
  }

  /** {@return the settings of a source of values, all else as by default} */
  public static <T> KafkaSourceSpec of(String topic, TypeRef<T> type, Format<T> values) {
    return new KafkaSourceSpec(
        topic, type.type(), values, Optional.empty(), Start.EARLIEST, SourceTimes.NONE);
  }

  /** {@return this for whole records} */
  public KafkaSourceSpec withRecords(Type records, Format<?> keyFormat, SourceTimes ofRecords) {
    return new KafkaSourceSpec(topic, records, values, Optional.of(keyFormat), start, ofRecords);
  }

  /** {@return this with another form of the values} */
  public KafkaSourceSpec withValues(Format<?> other) {
    return new KafkaSourceSpec(topic, type, other, keys, start, times);
  }

  /** {@return this with another place to begin at} */
  public KafkaSourceSpec withStart(Start other) {
    return new KafkaSourceSpec(topic, type, values, keys, other, times);
  }

  /** {@return this with other times} */
  public KafkaSourceSpec withTimes(SourceTimes other) {
    return new KafkaSourceSpec(topic, type, values, keys, start, other);
  }

  @Override
  public String name() {
    return topic.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-+|-+$", "");
  }
}
