package dev.millrace.internal.spec;

import dev.millrace.internal.codec.json.JsonRules;
import dev.millrace.internal.util.DerivedName;
import dev.millrace.serde.TypeRef;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The settings of a {@code KafkaSource}.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param topics the topics, at least one
 * @param type the type of the stream's values
 * @param values the form of the records' values
 * @param keys the form of the records' keys, if the stream has whole records with their keys,
 *     headers and positions, or the topic is that of a table
 * @param json the rules for those of the two that are JSON
 * @param tombstones the treatment of records without a value
 * @param start where the first start begins
 * @param times how event times and watermarks are made
 */
public record KafkaSourceSpec(
    List<String> topics,
    Type type,
    Format<?> values,
    Optional<Format<?>> keys,
    JsonRules json,
    Tombstones tombstones,
    Start start,
    SourceTimes times)
    implements SourceSpec {

  /** Copies the list. */
  public KafkaSourceSpec {
    topics = List.copyOf(topics);
  }

  /** The treatment of records without a value. */
  public enum Tombstones {
    /** They are counted and skipped. */
    SKIP,
    /** They are treated as records that cannot be read. */
    REJECT,
    /** They delete rows: the topic is that of a table, and its stream has the changes of rows. */
    DELETE
  }

  /** The place at which a job's first start begins. */
  public enum Start {
    EARLIEST,
    LATEST
  }

  /** {@return the settings of a source of values, all else as by default} */
  public static <T> KafkaSourceSpec of(String topic, TypeRef<T> type, Format<T> values) {
    return new KafkaSourceSpec(
        List.of(topic),
        type.type(),
        values,
        Optional.empty(),
        JsonRules.DEFAULT,
        Tombstones.SKIP,
        Start.EARLIEST,
        SourceTimes.NONE);
  }

  /** {@return the settings of a table's topic, whose keys have this form} */
  public static <T> KafkaSourceSpec ofTable(
      String topic, TypeRef<T> rows, Format<T> values, Format<?> keyFormat) {
    return of(topic, rows, values).withKeys(keyFormat).withTombstones(Tombstones.DELETE);
  }

  /** {@return whether the topic is that of a table} */
  public boolean isTable() {
    return tombstones == Tombstones.DELETE;
  }

  /** {@return this for keys of another form} */
  public KafkaSourceSpec withKeys(Format<?> keyFormat) {
    return new KafkaSourceSpec(
        topics, type, values, Optional.of(keyFormat), json, tombstones, start, times);
  }

  /** {@return this for whole records} */
  public KafkaSourceSpec withRecords(Type records, Format<?> keyFormat, SourceTimes ofRecords) {
    return new KafkaSourceSpec(
        topics, records, values, Optional.of(keyFormat), json, tombstones, start, ofRecords);
  }

  /** {@return this with other tombstones} */
  public KafkaSourceSpec withTombstones(Tombstones other) {
    return new KafkaSourceSpec(topics, type, values, keys, json, other, start, times);
  }

  /** {@return this with other rules for JSON} */
  public KafkaSourceSpec withJson(JsonRules other) {
    return new KafkaSourceSpec(topics, type, values, keys, other, tombstones, start, times);
  }

  /** {@return whether the rules for JSON concern anything} */
  public boolean isJson() {
    return values instanceof Format.Json<?>
        || keys.filter(Format.Json.class::isInstance).isPresent();
  }

  /** {@return this with another place to begin at} */
  public KafkaSourceSpec withStart(Start other) {
    return new KafkaSourceSpec(topics, type, values, keys, json, tombstones, other, times);
  }

  /** {@return this with other times} */
  public KafkaSourceSpec withTimes(SourceTimes other) {
    return new KafkaSourceSpec(topics, type, values, keys, json, tombstones, start, other);
  }

  /** {@return this for other topics} */
  public KafkaSourceSpec withTopics(List<String> others) {
    return new KafkaSourceSpec(others, type, values, keys, json, tombstones, start, times);
  }

  /** {@return the topic of a source that reads one} */
  public String topic() {
    if (topics.size() != 1) {
      throw new IllegalStateException("A source of several topics has not been taken apart");
    }
    return topics.get(0);
  }

  @Override
  public String name() {
    return topics.stream()
        .map(topic -> DerivedName.of("topic", topic))
        .collect(Collectors.joining("-"));
  }

  @Override
  public String origin() {
    return topics.stream()
        .map(topic -> "'" + topic + "'")
        .collect(Collectors.joining(", ", topics.size() == 1 ? "topic " : "topics ", ""));
  }

  @Override
  public List<SourceSpec> parts() {
    return topics.size() == 1
        ? List.of(this)
        : topics.stream().<SourceSpec>map(topic -> withTopics(List.of(topic))).toList();
  }
}
