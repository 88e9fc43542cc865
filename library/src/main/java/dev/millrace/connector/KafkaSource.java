package dev.millrace.connector;

import dev.millrace.error.ConfigurationException;
import dev.millrace.function.TimestampFunction;
import dev.millrace.internal.spec.Format;
import dev.millrace.internal.spec.KafkaSourceSpec;
import dev.millrace.internal.spec.SourceTimes;
import dev.millrace.internal.spec.Specs;
import dev.millrace.internal.spec.WatermarkStrategy;
import dev.millrace.internal.type.Types;
import dev.millrace.serde.JsonTimes;
import dev.millrace.serde.TypeRef;
import dev.millrace.time.WatermarkGenerator;
import dev.millrace.time.WatermarkOutput;
import dev.millrace.time.Watermarks;
import java.lang.reflect.Type;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * A source that reads a Kafka topic or several, read_committed, each record exactly once.
 *
 * <p><b>Contract.</b> The topic must exist. A job's first start begins at the earliest offsets
 * unless {@link #fromLatest()} sets the latest; from then on the offsets belong to the job's
 * transactions.
 *
 * <p><b>Time.</b> A record's event time is its Kafka timestamp, or what {@link
 * #eventTime(TimestampFunction)} reads. Without {@link #watermarks(Watermarks)} windows go by
 * processing time.
 *
 * <p><b>Threads.</b> Immutable; every method returns a changed copy that keeps all else.
 *
 * <p><b>Errors.</b> A record that cannot be decoded goes to the error policy, with its original
 * bytes. A record without a value, as compacted topics have it for deleted keys, is skipped unless
 * {@link #rejectTombstones} makes it one that cannot be decoded.
 *
 * <p><b>Example.</b>
 *
 * <pre>{@code
 * KafkaSource.json("payments", Payment.class)
 *     .eventTime(Payment::at)
 *     .watermarks(Watermarks.boundedOutOfOrderness(Duration.ofSeconds(10)))
 * }</pre>
 *
 * @param <T> the values of the stream
 */
public final class KafkaSource<T> implements Source<T> {

  static {
    Specs.grant(KafkaSource.class, source -> source.spec);
  }

  private final KafkaSourceSpec spec;

  private KafkaSource(KafkaSourceSpec spec) {
    this.spec = spec;
  }

  private static <T> KafkaSource<T> of(String topic, TypeRef<T> type, Format<T> values) {
    return new KafkaSource<>(KafkaSourceSpec.of(topic, type, values));
  }

  /** {@return a source of JSON values} */
  public static <T> KafkaSource<T> json(String topic, Class<T> type) {
    return json(topic, TypeRef.of(type));
  }

  /** {@return a source of JSON values of a generic type} */
  public static <T> KafkaSource<T> json(String topic, TypeRef<T> type) {
    return of(topic, type, new Format.Json<>(type));
  }

  /** {@return a source of text in UTF-8} */
  public static KafkaSource<String> strings(String topic) {
    return of(topic, TypeRef.of(String.class), new Format.Utf8<>());
  }

  /** {@return a source of values as bytes} */
  public static KafkaSource<byte[]> bytes(String topic) {
    return of(topic, TypeRef.of(byte[].class), new Format.Bytes());
  }

  /**
   * {@return a source of values that a Kafka deserializer reads (Avro, Protobuf, ...)}
   *
   * <p>Example: {@code KafkaSource.of("counts", Long.class, LongDeserializer::new)}.
   *
   * @param deserializers makes a new deserializer, configured, at each call. It is called whenever
   *     a task opens, also again after an abort; the task is the only one to use what it gets, and
   *     closes it. It is also called when the job is built, to see that each call makes a new one;
   *     these are closed at once
   */
  public static <T> KafkaSource<T> of(
      String topic, Class<T> type, Supplier<? extends Deserializer<? super T>> deserializers) {
    return of(topic, TypeRef.of(type), deserializers);
  }

  /** {@return as {@link #of(String, Class, Supplier)}, for values of a generic type} */
  public static <T> KafkaSource<T> of(
      String topic, TypeRef<T> type, Supplier<? extends Deserializer<? super T>> deserializers) {
    return of(topic, type, new Format.Decoded<>(type, deserializers));
  }

  /**
   * {@return the same source, reading further topics too}
   *
   * <p>Each topic is read by a stage of its own, named after it, with as many tasks as it has
   * partitions; later steps see one stream, as after a union, with the smallest of the topics'
   * watermarks after the next shuffle. {@link Watermarks#maxDrift} holds within a topic.
   *
   * @throws ConfigurationException if a topic is named twice
   */
  public KafkaSource<T> and(String... topics) {
    Set<String> all = new LinkedHashSet<>(spec.topics());
    for (String topic : topics) {
      if (!all.add(topic)) {
        throw new ConfigurationException(
            "Cannot read topic '" + topic + "' twice in one source. Name each topic once");
      }
    }
    return new KafkaSource<>(spec.withTopics(List.copyOf(all)));
  }

  /**
   * {@return the same source with each value in its {@link KafkaRecord}: key, headers, topic,
   * partition, offset and timestamp}
   *
   * <p>Functions for event time and watermarks that were set before get the value in the record;
   * those that are set after this call get the whole record.
   */
  public KafkaSource<KafkaRecord<byte[], T>> records() {
    return records(byte[].class, new Format.Bytes());
  }

  /**
   * {@return the same as {@link #records()} with the keys decoded}
   *
   * @param keys {@code String} for text in UTF-8 and {@code byte[]} for bytes; any other type is
   *     read from JSON, as {@link KafkaSink#key} writes it. A record without key has the key null
   */
  public <K> KafkaSource<KafkaRecord<K, T>> records(Class<K> keys) {
    return records(keys, keyFormat(keys));
  }

  /** {@return the form that keys of a type have unless a deserializer is given} */
  static Format<?> keyFormat(Class<?> keys) {
    if (keys == String.class) {
      return new Format.Utf8<>();
    }
    return keys == byte[].class ? new Format.Bytes() : new Format.Json<>(TypeRef.of(keys));
  }

  /**
   * {@return the same as {@link #records()} with keys that a Kafka deserializer reads}
   *
   * @param deserializers makes a new deserializer at each call, as for {@link #of(String, Class,
   *     Supplier)}
   */
  public <K> KafkaSource<KafkaRecord<K, T>> records(
      Class<K> keys, Supplier<? extends Deserializer<? super K>> deserializers) {
    return records(keys, new Format.Decoded<>(TypeRef.of(keys), deserializers));
  }

  private <K> KafkaSource<KafkaRecord<K, T>> records(Class<K> keys, Format<?> format) {
    if (spec.keys().isPresent()) {
      throw new ConfigurationException(
          "Cannot put the records of "
              + spec.origin()
              + " into records: they are whole records already. Call records(...) once");
    }
    Type records = Types.parameterized(KafkaRecord.class, keys, spec.type());
    return new KafkaSource<>(spec.withRecords(records, format, timesOfRecords()));
  }

  /** Makes what was set for values apply to the records that they are in. */
  private SourceTimes timesOfRecords() {
    @SuppressWarnings("unchecked") // set by eventTime(..), whose argument has this type
    TimestampFunction<T> ofValues = (TimestampFunction<T>) spec.times().eventTime();
    SourceTimes times = SourceTimes.NONE;
    if (ofValues != null) {
      TimestampFunction<KafkaRecord<?, T>> ofRecords = record -> ofValues.timestamp(record.value());
      times = times.withEventTime(ofRecords);
    }
    WatermarkStrategy strategy = spec.times().watermarks();
    if (strategy != null) {
      @Nullable Supplier<?> generators = strategy.generators();
      times =
          times.withWatermarks(
              generators == null
                  ? strategy
                  : strategy.withGenerators(() -> new OfValues<>(generator(generators))));
    }
    return times;
  }

  @SuppressWarnings("unchecked") // set by watermarks(..), whose argument has this type
  private static <T> WatermarkGenerator<T> generator(Supplier<?> generators) {
    return (WatermarkGenerator<T>) generators.get();
  }

  /** {@return the same source, beginning after the records present at the job's first start} */
  public KafkaSource<T> fromLatest() {
    return new KafkaSource<>(spec.withStart(KafkaSourceSpec.Start.LATEST));
  }

  /**
   * {@return the same source with another unit of numbers that stand for times, in values and keys
   * that are JSON; by default they are milliseconds}
   *
   * @throws ConfigurationException if neither its values nor its keys are JSON
   */
  public KafkaSource<T> times(JsonTimes unit) {
    checkJson("times");
    return new KafkaSource<>(spec.withJson(spec.json().times(unit)));
  }

  /**
   * {@return the same source, in which what values and keys in JSON lack is null, zero or false, as
   * if that were its default}
   *
   * <p>Without it a missing component of a record, or of a class that is made by a constructor with
   * arguments, is the same as a null, an error for a primitive for example; a property with a
   * setter or a public field keeps the value that it has in a new object. For all of them it is an
   * error if none of the type's fields is there, or one of them under nearly its name only.
   *
   * @throws ConfigurationException if neither its values nor its keys are JSON
   */
  public KafkaSource<T> lenient() {
    checkJson("lenient");
    return new KafkaSource<>(spec.withJson(spec.json().lenient()));
  }

  private void checkJson(String method) {
    if (!spec.isJson()) {
      throw new ConfigurationException(
          "Cannot call "
              + method
              + "() on the source of "
              + spec.origin()
              + ": it concerns JSON only. Leave it out, read the topic with json(..), or call it"
              + " after records(..) if the keys are JSON");
    }
  }

  /**
   * {@return the same source, with records without a value (tombstones) going to the error policy;
   * otherwise they are skipped, and counted in {@code StageCounters.tombstones}}
   */
  public KafkaSource<T> rejectTombstones() {
    return new KafkaSource<>(spec.withTombstones(KafkaSourceSpec.Tombstones.REJECT));
  }

  /** {@return the same source with event times read from the values} */
  public KafkaSource<T> eventTime(TimestampFunction<T> timestamp) {
    return new KafkaSource<>(spec.withTimes(spec.times().withEventTime(timestamp)));
  }

  /** {@return the same source with watermarks, so that windows go by event time} */
  public KafkaSource<T> watermarks(Watermarks<? super T> strategy) {
    return new KafkaSource<>(
        spec.withTimes(spec.times().withWatermarks(Specs.of(strategy, WatermarkStrategy.class))));
  }

  /** A generator that is shown the values in records. */
  private record OfValues<T>(WatermarkGenerator<T> generator)
      implements WatermarkGenerator<KafkaRecord<?, T>> {

    @Override
    public void onRecord(KafkaRecord<?, T> record, Instant eventTime, WatermarkOutput output)
        throws Exception {
      generator.onRecord(record.value(), eventTime, output);
    }

    @Override
    public void onPeriod(WatermarkOutput output) throws Exception {
      generator.onPeriod(output);
    }
  }
}
