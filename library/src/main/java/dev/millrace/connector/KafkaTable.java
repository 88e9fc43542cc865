package dev.millrace.connector;

import dev.millrace.error.ConfigurationException;
import dev.millrace.function.TimestampFunction;
import dev.millrace.internal.spec.Format;
import dev.millrace.internal.spec.KafkaSourceSpec;
import dev.millrace.internal.spec.KafkaTableSpec;
import dev.millrace.internal.spec.Specs;
import dev.millrace.internal.spec.WatermarkStrategy;
import dev.millrace.internal.table.TopicRow;
import dev.millrace.internal.util.Arguments;
import dev.millrace.serde.JsonTimes;
import dev.millrace.serde.TypeRef;
import dev.millrace.time.WatermarkGenerator;
import dev.millrace.time.WatermarkOutput;
import dev.millrace.time.Watermarks;
import java.time.Instant;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * A Kafka topic whose records are the rows of a table, typically a compacted one.
 *
 * <p><b>Contract.</b> The key of a record is the key of its row, and the newest record of a key, by
 * offset, is the row; a record without a value (a tombstone) deletes it. All records of a key have
 * to be in one partition, as Kafka's producers write them: a partition has a table of its own. The
 * topic must exist; it is read from its beginning, read_committed, each record exactly once.
 *
 * <p>A topic that gets more partitions is refused, since its keys would be in other partitions from
 * then on; read one that may grow with {@code job.source(...).toTable(key, row)}. A table that is
 * only used with {@code broadcast()} accepts more partitions.
 *
 * <p><b>Time.</b> A change has the Kafka timestamp of its record, or what {@link
 * #eventTime(TimestampFunction)} reads from the value. A record without a value always has the
 * Kafka timestamp; if event times are read from values, it leaves the watermark where it is.
 *
 * <p><b>State.</b> The rows, as those of any table. What Kafka's cleaner removes is still a row
 * here, so {@code delete.retention.ms} of the topic has to be longer than a job may stand still:
 * otherwise the deletion of a row could be gone before it is read.
 *
 * <p><b>Threads.</b> Immutable; every method returns a changed copy that keeps all else.
 *
 * <p><b>Errors.</b> A record that cannot be decoded, or that has no key, goes to the error policy
 * of the table; if that drops it, the row stays as it was.
 *
 * <p><b>Example.</b>
 *
 * <pre>{@code
 * Table<String, Profile> profiles =
 *     job.table(KafkaTable.json("profiles", String.class, Profile.class));
 * }</pre>
 *
 * @param <K> the keys
 * @param <V> the rows
 */
public final class KafkaTable<K, V> {

  static {
    Specs.grant(KafkaTable.class, table -> table.spec);
  }

  private final KafkaTableSpec spec;

  private KafkaTable(KafkaTableSpec spec) {
    this.spec = spec;
  }

  private static <K, V> KafkaTable<K, V> of(
      String topic, Class<K> keys, TypeRef<V> rows, Format<V> values) {
    String cannot = "Cannot read a table";
    Arguments.given(cannot, "topic", topic);
    Arguments.given(cannot + " from topic '" + topic + "'", "type of the keys", keys);
    return new KafkaTable<>(
        new KafkaTableSpec(
            KafkaSourceSpec.ofTable(topic, rows, values, KafkaSource.keyFormat(keys)), keys));
  }

  /**
   * {@return a table of JSON values}
   *
   * @param keys {@code String} for text in UTF-8 and {@code byte[]} for bytes; any other type is
   *     read from JSON, as {@link KafkaSink#upsert} writes it
   */
  public static <K, V> KafkaTable<K, V> json(String topic, Class<K> keys, Class<V> rows) {
    return json(topic, keys, TypeRef.of(rows));
  }

  /** {@return as {@link #json(String, Class, Class)}, for values of a generic type} */
  public static <K, V> KafkaTable<K, V> json(String topic, Class<K> keys, TypeRef<V> rows) {
    return of(topic, keys, rows, new Format.Json<>(rows));
  }

  /**
   * {@return a table of text in UTF-8}
   *
   * @param keys as for {@link #json(String, Class, Class)}
   */
  public static <K> KafkaTable<K, String> strings(String topic, Class<K> keys) {
    return of(topic, keys, TypeRef.of(String.class), new Format.Utf8<>());
  }

  /**
   * {@return a table of values that a Kafka deserializer reads (Avro, Protobuf, ...)}
   *
   * @param keys as for {@link #json(String, Class, Class)}
   * @param deserializers makes a new deserializer, configured, at each call, as for {@link
   *     KafkaSource#of(String, Class, Supplier)}; it has to return a new object for each record
   */
  public static <K, V> KafkaTable<K, V> of(
      String topic,
      Class<K> keys,
      Class<V> rows,
      Supplier<? extends Deserializer<? super V>> deserializers) {
    return of(topic, keys, TypeRef.of(rows), deserializers);
  }

  /** {@return as {@link #of(String, Class, Class, Supplier)}, for values of a generic type} */
  public static <K, V> KafkaTable<K, V> of(
      String topic,
      Class<K> keys,
      TypeRef<V> rows,
      Supplier<? extends Deserializer<? super V>> deserializers) {
    return of(topic, keys, rows, new Format.Decoded<>(rows, deserializers));
  }

  /**
   * {@return the same table with keys that a Kafka deserializer reads}
   *
   * @param deserializers makes a new deserializer at each call, as for {@link
   *     KafkaSource#of(String, Class, Supplier)}
   */
  @SuppressWarnings("unchecked") // the type was given as that of the keys
  public KafkaTable<K, V> keys(Supplier<? extends Deserializer<? super K>> deserializers) {
    TypeRef<K> type = TypeRef.of((Class<K>) spec.keyType());
    return with(source -> source.withKeys(new Format.Decoded<>(type, deserializers)));
  }

  /**
   * {@return the same table with another unit of numbers that stand for times, in values and keys
   * that are JSON; by default they are milliseconds}
   *
   * @throws ConfigurationException if neither its values nor its keys are JSON
   */
  public KafkaTable<K, V> times(JsonTimes unit) {
    checkJson("times");
    return with(source -> source.withJson(source.json().times(unit)));
  }

  /**
   * {@return the same table, in which what values and keys in JSON lack is null, zero or false, as
   * with {@link KafkaSource#lenient}}
   *
   * @throws ConfigurationException if neither its values nor its keys are JSON
   */
  public KafkaTable<K, V> lenient() {
    checkJson("lenient");
    return with(source -> source.withJson(source.json().lenient()));
  }

  private void checkJson(String method) {
    if (!spec.source().isJson()) {
      throw new ConfigurationException(
          "Cannot call "
              + method
              + "() on the table of "
              + spec.source().origin()
              + ": it concerns JSON only. Leave it out, or read the topic with json(..)");
    }
  }

  /** {@return the same table with event times read from the values} */
  @SuppressWarnings("unchecked") // what the decoder makes of a record with a value
  public KafkaTable<K, V> eventTime(TimestampFunction<V> timestamp) {
    Arguments.given("Cannot read event times", "function", timestamp);
    TimestampFunction<TopicRow> ofRows =
        row -> timestamp.timestamp((V) Objects.requireNonNull(row.value()));
    return with(source -> source.withTimes(source.times().withEventTime(ofRows)));
  }

  /**
   * {@return the same table with watermarks, so that what joins it or windows its changes can go by
   * event time}
   */
  public KafkaTable<K, V> watermarks(Watermarks<? super V> strategy) {
    WatermarkStrategy ofValues = Specs.of(strategy, WatermarkStrategy.class);
    @Nullable Supplier<?> generators = ofValues.generators();
    WatermarkStrategy ofRows =
        generators == null
            ? ofValues
            : ofValues.withGenerators(() -> new OfRows<>(generator(generators)));
    return with(source -> source.withTimes(source.times().withWatermarks(ofRows)));
  }

  @SuppressWarnings("unchecked") // that of a strategy for the values
  private static <V> WatermarkGenerator<V> generator(Supplier<?> generators) {
    return (WatermarkGenerator<V>) generators.get();
  }

  private KafkaTable<K, V> with(UnaryOperator<KafkaSourceSpec> change) {
    return new KafkaTable<>(spec.with(change));
  }

  /** A generator that is shown the values of rows; there is none to show of one that is deleted. */
  private record OfRows<V>(WatermarkGenerator<V> generator)
      implements WatermarkGenerator<TopicRow> {

    @Override
    @SuppressWarnings("unchecked") // what the decoder makes of a record
    public void onRecord(TopicRow row, Instant eventTime, WatermarkOutput output) throws Exception {
      V value = (V) row.value();
      if (value != null) {
        generator.onRecord(value, eventTime, output);
      }
    }

    @Override
    public void onPeriod(WatermarkOutput output) throws Exception {
      generator.onPeriod(output);
    }
  }
}
