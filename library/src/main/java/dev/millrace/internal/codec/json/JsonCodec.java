package dev.millrace.internal.codec.json;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.internal.type.Types;
import java.io.Serializable;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.Calendar;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.cfg.CoercionAction;
import tools.jackson.databind.cfg.CoercionInputShape;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.exc.InvalidDefinitionException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.type.LogicalType;

/**
 * JSON for external topics and for values without a binary codec. Everything that a version of the
 * JSON library might decide differently is pinned here: dates are ISO-8601 text, unknown properties
 * are ignored (but for those that stand for a loss), enums go by name, empty text is nothing but
 * text, and no type names are read from or written to the text.
 *
 * <p><b>Threads.</b> Stateless.
 */
public final class JsonCodec {

  private static final Map<JsonRules, JsonMapper> MAPPERS = new ConcurrentHashMap<>();

  /** The kinds of scalars for which strict rules refuse empty text: it is neither null nor zero. */
  private static final List<LogicalType> SCALARS =
      List.of(
          LogicalType.Boolean,
          LogicalType.DateTime,
          LogicalType.Enum,
          LogicalType.Float,
          LogicalType.Integer,
          LogicalType.OtherScalar);

  private static final List<Class<?>> COUNTED_TIMES =
      List.of(Instant.class, OffsetDateTime.class, ZonedDateTime.class, Duration.class);

  /** {@return the library's reader and writer for the rules, made once} */
  public static JsonMapper mapper(JsonRules rules) {
    return MAPPERS.computeIfAbsent(rules, JsonCodec::build);
  }

  private static JsonMapper build(JsonRules rules) {
    if (rules.isStored()) {
      return pinned(withoutLimits())
          .addHandler(new FormerProperties())
          .addModule(new SimpleModule("keys").setSerializerModifier(new StoredKeys()))
          .build();
    }
    JsonMapper.Builder builder = pinned(new JsonFactory());
    builder.addModule(
        new SimpleModule("times").setDeserializerModifier(JsonTimeReader.modifier(rules.times())));
    // Where times are asked for as numbers, they are written as those that are read back.
    for (Class<?> type : COUNTED_TIMES) {
      builder.withConfigOverride(
          type,
          override ->
              override.setFormat(
                  JsonFormat.Value.empty()
                      .withoutFeature(JsonFormat.Feature.WRITE_DATE_TIMESTAMPS_AS_NANOSECONDS)));
    }
    for (Class<?> type : List.of(Date.class, Calendar.class)) {
      builder.withConfigOverride(
          type, override -> override.setFormat(JsonFormat.Value.forLeniency(false)));
    }
    if (rules.isStrict()) {
      for (LogicalType scalar : SCALARS) {
        builder.withCoercionConfig(
            scalar,
            coercion -> coercion.setCoercion(CoercionInputShape.EmptyString, CoercionAction.Fail));
      }
      builder.addModule(new MissingParts.Module());
    }
    return builder.build();
  }

  /**
   * {@return what reads all that was written} By itself the library refuses long numbers and names
   * when it reads them, but not when it writes them. What is stored is limited as a record is.
   */
  private static JsonFactory withoutLimits() {
    return JsonFactory.builder()
        .streamReadConstraints(
            StreamReadConstraints.builder()
                .maxNumberLength(Integer.MAX_VALUE)
                .maxNameLength(Integer.MAX_VALUE)
                .maxStringLength(Integer.MAX_VALUE)
                .build())
        .build();
  }

  /** {@return a builder of what all rules have in common} */
  private static JsonMapper.Builder pinned(JsonFactory factory) {
    return JsonMapper.builder(factory)
        .annotationIntrospector(new IgnoredByName())
        .addModule(new SimpleModule("missing").setDeserializerModifier(new MissingIsZero()))
        .enable(EnumFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
        .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .disable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
        .disable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
        .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
        .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .disable(SerializationFeature.INDENT_OUTPUT)
        .disable(DateTimeFeature.WRITE_DATES_AS_TIMESTAMPS)
        .disable(DateTimeFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
        .disable(DateTimeFeature.ADJUST_DATES_TO_CONTEXT_TIME_ZONE)
        .disable(DateTimeFeature.TRUNCATE_TO_MSECS_ON_READ)
        .disable(DateTimeFeature.TRUNCATE_TO_MSECS_ON_WRITE)
        .disable(EnumFeature.WRITE_ENUMS_USING_TO_STRING)
        .disable(EnumFeature.READ_ENUMS_USING_TO_STRING)
        .disable(EnumFeature.WRITE_ENUMS_USING_INDEX)
        .enable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
        .enable(MapperFeature.INFER_RECORD_GETTERS_FROM_COMPONENTS_ONLY)
        .enable(MapperFeature.SORT_CREATOR_PROPERTIES_FIRST)
        .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
        .disable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
        .enable(StreamWriteFeature.USE_FAST_DOUBLE_WRITER)
        .disable(JsonWriteFeature.ESCAPE_NON_ASCII)
        .disable(JsonWriteFeature.ESCAPE_FORWARD_SLASHES)
        .enable(JsonWriteFeature.WRITE_HEX_UPPER_CASE)
        .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
        .changeDefaultPropertyInclusion(
            inclusion -> inclusion.withValueInclusion(JsonInclude.Include.ALWAYS));
  }

  /** The types that the library accepts, but reads back as something else than was written. */
  private static final Set<Class<?>> VAGUE =
      Set.of(Object.class, Number.class, Serializable.class, Comparable.class, CharSequence.class);

  private JsonCodec() {}

  /** {@return a decoder of JSON text to values of a type} */
  public static <T> JsonDecoder<T> decoder(Type type) {
    return decoder(type, JsonRules.DEFAULT);
  }

  /** {@return a decoder of JSON text to values of a type, by rules of its own} */
  public static <T> JsonDecoder<T> decoder(Type type, JsonRules rules) {
    return new JsonDecoder<>(Types.box(Types.canonical(type)), rules);
  }

  /** {@return a decoder for values that only we write} */
  public static <T> JsonDecoder<T> internalDecoder(Type type) {
    return decoder(type, JsonRules.STORED);
  }

  /** {@return an encoder of values of a type to JSON text} */
  public static <T> JsonEncoder<T> encoder(Type type) {
    Type canonical = Types.box(Types.canonical(type));
    JsonMapper mapper = mapper(JsonRules.DEFAULT);
    return new JsonEncoder<>(canonical, mapper.writerFor(mapper.constructType(canonical)));
  }

  /**
   * {@return an encoder for values that only we read: it keeps the names of time zones, which few
   * others understand}
   */
  public static <T> JsonEncoder<T> internalEncoder(Type type) {
    Type canonical = Types.box(Types.canonical(type));
    JsonMapper mapper = mapper(JsonRules.STORED);
    return new JsonEncoder<>(
        canonical,
        mapper
            .writerFor(mapper.constructType(canonical))
            .with(DateTimeFeature.WRITE_DATES_WITH_ZONE_ID),
        new Subclasses(mapper, canonical));
  }

  /** {@return whether a type does not show what its values contain} */
  public static boolean isVague(Type type) {
    return VAGUE.contains(Types.raw(type));
  }

  /** {@return why values of a type cannot be read from JSON, or null} */
  public static @Nullable String reasonAgainst(Type type, Class<?> raw) {
    if (VAGUE.contains(raw)) {
      return raw.getSimpleName() + " does not show what it contains";
    }
    JsonMapper mapper = mapper(JsonRules.STORED);
    try {
      mapper
          .readerFor(mapper.constructType(type))
          .readValue("{}".getBytes(StandardCharsets.US_ASCII));
    } catch (InvalidDefinitionException e) {
      String name = Types.name(type instanceof JavaType ? raw : type);
      return "JSON has no way to make a " + name + " (" + JsonErrors.cleaned(e) + ")";
    } catch (JacksonException e) {
      // The type is known, only {} is no value of it.
    }
    return null;
  }
}
