package dev.millrace.connector;

import dev.millrace.error.ConfigurationException;
import dev.millrace.function.TimestampFunction;
import dev.millrace.internal.type.Types;
import dev.millrace.serde.JsonTimes;
import dev.millrace.serde.TypeRef;
import dev.millrace.time.Watermarks;
import java.util.Locale;
import java.util.Optional;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a Kafka topic, read_committed, each record exactly once.
 *
 * <p><b>Contract.</b> The topic must exist. A job's first start begins at the earliest offsets
 * unless {@link #fromLatest()} says otherwise; from then on the offsets belong to the job's
 * transactions.
 *
 * <p><b>Time.</b> A record's event time is its Kafka timestamp, or what {@link
 * #eventTime(TimestampFunction)} reads. Without {@link #watermarks(Watermarks)} windows go by
 * processing time.
 *
 * <p><b>Threads.</b> Immutable; every method returns a changed copy.
 *
 * <p><b>Errors.</b> A record that cannot be decoded goes to the error policy, with its original
 * bytes.
 */
public final class KafkaSource<T> implements Source<T> {

  /** Where a job's first start begins. */
  public enum Start {
    EARLIEST,
    LATEST
  }

  private final String topic;
  private final Format<?> format;
  private final TypeRef<T> type;
  private final boolean withMetadata;
  private final Start start;
  private final @Nullable TimestampFunction<T> timestamps;
  private final @Nullable Watermarks<? super T> watermarks;

  private KafkaSource(
      String topic,
      Format<?> format,
      TypeRef<T> type,
      boolean withMetadata,
      Start start,
      @Nullable TimestampFunction<T> timestamps,
      @Nullable Watermarks<? super T> watermarks) {
    this.topic = topic;
    this.format = format;
    this.type = type;
    this.withMetadata = withMetadata;
    this.start = start;
    this.timestamps = timestamps;
    this.watermarks = watermarks;
  }

  private static <T> KafkaSource<T> of(String topic, Format<T> format, TypeRef<T> type) {
    return new KafkaSource<>(topic, format, type, false, Start.EARLIEST, null, null);
  }

  /** {@return a source of JSON values} */
  public static <T> KafkaSource<T> json(String topic, Class<T> type) {
    return json(topic, TypeRef.of(type));
  }

  /** {@return a source of JSON values of a generic type} */
  public static <T> KafkaSource<T> json(String topic, TypeRef<T> type) {
    return of(topic, new Format.Json<>(type), type);
  }

  /** {@return a source of text in UTF-8} */
  public static KafkaSource<String> strings(String topic) {
    return of(topic, new Format.Utf8<>(), TypeRef.of(String.class));
  }

  /** {@return a source of values as bytes} */
  public static KafkaSource<byte[]> bytes(String topic) {
    return of(topic, new Format.Bytes(), TypeRef.of(byte[].class));
  }

  /** {@return a source of values that a Kafka deserializer reads (Avro, Protobuf, ...)} */
  public static <T> KafkaSource<T> of(String topic, Class<T> type, Deserializer<T> deserializer) {
    return of(topic, new Format.Decoded<>(deserializer), TypeRef.of(type));
  }

  /**
   * {@return the same source with each value in its {@link KafkaRecord}: key, headers, topic,
   * partition, offset and timestamp}
   *
   * <p>Timestamps and watermarks are to be stated after this call.
   */
  public KafkaSource<KafkaRecord<T>> records() {
    return new KafkaSource<>(
        topic,
        format,
        TypeRef.ofType(Types.parameterized(KafkaRecord.class, type.type())),
        true,
        start,
        null,
        null);
  }

  /** {@return the same source, beginning behind what is there at the job's first start} */
  public KafkaSource<T> fromLatest() {
    return new KafkaSource<>(
        topic, format, type, withMetadata, Start.LATEST, timestamps, watermarks);
  }

  /**
   * {@return the same source with another unit of numbers that stand for times; by default they are
   * milliseconds}
   *
   * @throws ConfigurationException if its values are not JSON
   */
  public KafkaSource<T> times(JsonTimes unit) {
    Format.Json<?> json = json("times");
    return with(new Format.Json<>(json.type(), unit, json.lenient()));
  }

  /**
   * {@return the same source, but a component that a record lacks is null, zero or false, as if
   * that were its default}
   *
   * <p>Without it a missing component is the same as a null, an error for a primitive say, and so
   * is a record that has none of the type's fields, or one of them under nearly its name.
   *
   * @throws ConfigurationException if its values are not JSON
   */
  public KafkaSource<T> lenient() {
    Format.Json<?> json = json("lenient");
    return with(new Format.Json<>(json.type(), json.times(), true));
  }

  private Format.Json<?> json(String method) {
    if (format instanceof Format.Json<?> json) {
      return json;
    }
    throw new ConfigurationException(
        "Cannot call "
            + method
            + "() on the source of topic '"
            + topic
            + "': it concerns JSON only. Leave it out, or read the topic with json(..)");
  }

  private KafkaSource<T> with(Format<?> other) {
    return new KafkaSource<>(topic, other, type, withMetadata, start, timestamps, watermarks);
  }

  /** {@return the same source with event times read from the values} */
  public KafkaSource<T> eventTime(TimestampFunction<T> timestamp) {
    return new KafkaSource<>(topic, format, type, withMetadata, start, timestamp, watermarks);
  }

  /** {@return the same source with watermarks, so that windows go by event time} */
  public KafkaSource<T> watermarks(Watermarks<? super T> strategy) {
    return new KafkaSource<>(topic, format, type, withMetadata, start, timestamps, strategy);
  }

  /** {@return the topic} */
  public String topic() {
    return topic;
  }

  /** {@return how the values look} */
  public Format<?> format() {
    return format;
  }

  /** {@return whether the stream's values are {@link KafkaRecord}s} */
  public boolean withMetadata() {
    return withMetadata;
  }

  /** {@return where the first start begins} */
  public Start start() {
    return start;
  }

  @Override
  public String name() {
    return topic.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-+|-+$", "");
  }

  @Override
  public TypeRef<T> type() {
    return type;
  }

  @Override
  public Optional<TimestampFunction<T>> eventTime() {
    return Optional.ofNullable(timestamps);
  }

  @Override
  public Optional<Watermarks<? super T>> watermarks() {
    return Optional.ofNullable(watermarks);
  }
}
